"""A browser without a screen: it speaks with the server as Streamlit's front end does, and draws nothing."""

import json
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOM = 1290.0  # pixels of the page that it says it has
KEPT_FROM = 10_000  # bytes from which a front end keeps a message, so that the server need not send it again


class Visitor:
    """One visit of a page with a text box, and a picture perhaps.

    n_bytes: what it was sent since somebody set that to 0. digest: names the text that the picture shows.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.n_bytes = 0
        self.digest = ""
        self._socket = socket
        self._boxes: dict[str, str] = {}  # what each text box holds, by its id
        self._ids: dict[str, str] = {}  # of the text boxes by label, and of the "picture"
        self._fragments: dict[str, str] = {}  # that these stand in
        self._kept: set[str] = set()
        self._address = self._page = ""
        self._sequence = 0

    @classmethod
    async def arrive(cls, url: str) -> Self:
        """Open the page, and wait until everything is there: the picture, and then the heat maps below it."""
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        visitor = cls(await connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, compression=None))
        await visitor._ask({})
        if "picture" in visitor._ids:
            await visitor._tell([])  # how much room there is
        return visitor

    async def leave(self) -> None:
        """Close the page."""
        await self._socket.close()

    async def type(self, text: str) -> None:
        """Type another sentence, and wait for its picture."""
        before = self.digest
        await self._ask({"Sentence": text}, fragment=self._fragments["Sentence"])
        assert "picture" not in self._ids or self.digest != before, "the picture is of the sentence before"

    async def choose(self, **event: Any) -> None:
        """Choose something in the picture, and wait until that is taken in."""
        self._sequence += 1
        await self._tell([{"sequence": self._sequence, "digest": self.digest, "event": event}])

    async def _tell(self, events: list[dict[str, Any]]) -> None:
        told = {"event": "told", "value": {"events": events, "room": ROOM}}
        await self._ask({}, fragment=self._fragments["picture"], told=json.dumps([told]))

    async def _ask(self, typed: dict[str, str], *, fragment: str = "", told: str = "") -> None:
        """Have the server run, and take in what it sends until it has ended."""
        self._boxes |= {self._ids[label]: text for label, text in typed.items()}
        back = BackMsg()
        state = back.rerun_script
        state.query_string, state.page_script_hash, state.fragment_id = self._address, self._page, fragment
        state.cached_message_hashes.extend(self._kept)
        for widget, text in self._boxes.items():
            state.widget_states.widgets.add(id=widget, string_value=text)
        if told:
            picture = self._ids["picture"]
            state.widget_states.widgets.add(id=picture, json_value="{}")
            told_by = f"$$STREAMLIT_INTERNAL_KEY_{picture}__events"
            state.widget_states.widgets.add(id=told_by, json_trigger_value=told)
        await self._socket.send(back.SerializeToString())
        while not self._take(await self._socket.recv(decode=False)):
            pass

    def _take(self, received: bytes) -> bool:
        """Take in what the server sent; whether that was the end of a run."""
        self.n_bytes += len(received)
        message = ForwardMsg.FromString(received)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
        elif kind == "page_info_changed":
            self._address = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            if len(received) >= KEPT_FROM:
                self._kept.add(message.hash)
            self._see(message.delta.new_element, message.delta.fragment_id)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _see(self, element: Any, fragment: str) -> None:
        """Take in one element of the page."""
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(element.exception.message)
        if kind == "text_input":
            box = element.text_input
            self._ids[box.label], self._fragments[box.label] = box.id, fragment
            self._boxes.setdefault(box.id, box.default)
        if kind == "bidi_component" and b'"kind": "view"' in element.bidi_component.bytes[:200]:
            self._ids["picture"], self._fragments["picture"] = element.bidi_component.id, fragment
            message = element.bidi_component.bytes.partition(b"\n")[2]
            header = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
            self.digest = header["digest"]
            assert header["sequence"] >= self._sequence, "a choice was not taken in"
