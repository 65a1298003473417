"""What is kept of one browser, and what changes it. Back, Forward and the menu are tested in a real browser."""

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.address import Place, View
from attnviz.app.visit import MAX_ROOM, Visit


def told(*events: tuple[int, str, object], room: object = None) -> dict[str, object]:
    """What a picture sends."""
    listed = [{"sequence": sequence, "digest": digest, "event": event} for sequence, digest, event in events]
    return {"events": listed} if room is None else {"events": listed, "room": room}


def layer(number: int) -> dict[str, object]:
    return {"type": "layer", "layer": number}


def test_an_event_of_a_widget_changes_its_own_field_alone():
    here = Visit(view=View(layer=2, query=Place(3, "dog")))
    here.send({"type": "text", "text": "The dog slept"})
    assert here.view == View(text="The dog slept", layer=2, query=Place(3, "dog"))


def test_choices_that_come_together_are_all_kept_and_none_is_taken_twice():
    here = Visit(digests={"now"})
    here.take(told((1, "now", layer(1)), (2, "now", {"type": "direction", "direction": "from"})))
    here.take(told((2, "now", {"type": "direction", "direction": "to"}), (3, "now", {"type": "words", "on": True})))
    assert here.view == View(layer=1, direction="from", words=True)
    assert here.sequence == 3


@pytest.mark.parametrize("event", [layer(-1), {"type": "no such"}, "layer", None, {"type": "head", "layer": 1}])
def test_a_choice_that_is_refused_is_acknowledged(event):
    here = Visit(digests={"now"})
    here.take(told((7, "now", event)))
    assert (here.view, here.sequence) == (View(), 7)


def test_a_choice_in_the_picture_of_another_text_is_acknowledged_and_left():
    here = Visit(digests={"now"})
    here.send({"type": "text", "text": "The dog slept"})
    here.take(told((1, "now", layer(1))))
    assert (here.view, here.sequence) == (View(text="The dog slept"), 1)


def test_the_number_of_the_last_event_only_grows():
    here = Visit(sequence=9)
    here.take(told((4, "", {"type": "words", "on": True})))
    here.take(told())
    here.take("anything")
    assert (here.view, here.sequence) == (View(), 9)


def test_what_the_address_could_not_say_is_told_until_something_is_done():
    here = Visit(complaints=("The address has layer=x.",), digests={"now"})
    here.take(told(room=900))
    assert here.complaints
    here.take(told((1, "now", layer(1)), room=900))
    assert not here.complaints


def test_the_room_is_a_width_that_a_screen_can_have():
    here = Visit()
    here.take(told(room=1290.4))
    for room in (None, "900", True, -3, 20, MAX_ROOM * 2, float("nan"), [900]):
        here.take(told(room=room))
    assert here.room == 1290


def test_what_is_to_be_opened_is_opened_once():
    here = Visit()
    here.take(told((1, "", {"type": "open", "what": "card"})))
    here.take(told())
    assert [here.open_now(), here.open_now()] == ["card", None]


def test_a_model_that_a_person_asks_for_is_looked_for_again_each_time():
    here = Visit()
    here.ask("a/b")
    here.again.clear()
    here.ask("a/b")
    assert (here.asked, here.again) == ({"a/b"}, {"a/b"})


def box() -> None:
    """A page with a text box and a button that puts another text there."""
    import streamlit as st

    from attnviz.app.visit import begin, end, tied, visit

    begin("explore")
    shown = visit().view.value("text")
    st.text_input("Sentence", shown, **tied("text", shown))
    st.button("Example", on_click=visit().send, args=({"type": "text", "text": "An example"},))
    st.markdown(visit().view.value("text"))
    end()


def test_a_box_shows_the_view_and_the_view_what_is_typed():
    page = AppTest.from_function(box, default_timeout=30)
    page.query_params["text"] = "From a link"
    page.run()
    assert page.text_input[0].value == page.markdown[0].value == "From a link"
    page.text_input[0].set_value("Typed").run()
    assert page.text_input[0].value == page.markdown[0].value == "Typed"
    page.button[0].click().run()
    assert page.text_input[0].value == page.markdown[0].value == "An example"
    page.text_input[0].set_value("Typed").run()  # what it held before the example came
    assert page.text_input[0].value == page.markdown[0].value == "Typed"
    assert page.query_params["text"] == "Typed"


def test_an_address_from_before_a_click_does_not_undo_it():
    """A browser sends with each run the address that it has, and it may not have the newest."""
    page = AppTest.from_function(box, default_timeout=30)
    page.query_params["text"] = "From a link"
    page.run()
    page.text_input[0].set_value("Typed").run()
    page.query_params["text"] = "From a link"
    page.run()
    assert page.markdown[0].value == "Typed"
    assert page.query_params["text"] == "Typed"


CUTS = "cut 3.0 8 2; cut 3.0 8 6; mute 3.1"
WENT = "2 of your edits went with the text before. Back brings both again."


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"type": "text", "text": "The dog slept"}, (WENT,)),
        ({"type": "pair", "pair": "It slept"}, (WENT,)),
        ({"type": "model", "model": "minilm"}, (WENT.replace("text", "model").replace("2", "3"),)),
        ({"type": "edits", "edits": None}, ()),
        ({"type": "edits", "edits": "mute 3.1"}, ()),
        ({"type": "words", "on": True}, ()),
    ],
)
@pytest.mark.parametrize("is_of_a_picture", [True, False])
def test_where_edits_went_is_said_unless_somebody_took_them_back(event, said, is_of_a_picture):
    here = Visit(view=View(edits=CUTS), digests={"now"})
    if is_of_a_picture:
        here.take(told((1, "now", event)))
    else:
        here.send(event)
    assert here.complaints == said
