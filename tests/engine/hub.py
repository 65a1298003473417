"""A small hub on the loopback address: it serves the files of local folders as the real one does."""

import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LATER = "89abcdef0123456789abcdef0123456789abcdef"
PIECE = 4096


@dataclass
class Hub:
    """Models by id, and how the hub misbehaves.

    moves_to: what the models' main branch holds at a later commit, which it moves to once a file was delivered.
    breaks_off: end the connection in the middle of files larger than a piece.
    status: answer every question about a model with this status instead, `code` naming the error.
    """

    models: dict[str, Path] = field(default_factory=dict)
    revisions: tuple[str, ...] = ("main", COMMIT)
    moves_to: Path | None = None
    has_moved: bool = False
    breaks_off: bool = False
    status: int = 200
    code: str = ""
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> "Hub":
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args):
                pass

            def do_HEAD(self):
                self.answer(with_body=False)

            def do_GET(self):
                self.answer(with_body=True)

            def answer(self, *, with_body):
                path = unquote(self.path.split("?")[0])
                hub.requests.append(f"{self.command} {path}")
                if hub.status != 200:
                    return self.send(hub.status, b"{}", {"X-Error-Code": hub.code})
                parts = path.strip("/").split("/")
                if parts[:2] == ["api", "models"] and parts[4:5] == ["tree"]:
                    return self.list_files("/".join(parts[2:4]), parts[5])
                if parts[:2] == ["api", "models"]:
                    return self.describe("/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main")
                return self.deliver("/".join(parts[:2]), parts[3], "/".join(parts[4:]), with_body=with_body)

            def commit_of(self, revision):
                return LATER if revision == LATER or (revision == "main" and hub.has_moved) else COMMIT

            def folder_of(self, model_id, revision):
                return hub.moves_to if self.commit_of(revision) == LATER else hub.models.get(model_id, Path("/nowhere"))

            def files_of(self, model_id, revision):
                folder = self.folder_of(model_id, revision)
                return [(str(path.relative_to(folder)), path) for path in sorted(folder.rglob("*")) if path.is_file()]

            def describe(self, model_id, revision):
                if model_id not in hub.models:
                    return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
                if revision not in (*hub.revisions, LATER):
                    return self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
                files = self.files_of(model_id, revision)
                siblings = [{"rfilename": name, "size": path.stat().st_size} for name, path in files]
                info = {"id": model_id, "modelId": model_id, "sha": self.commit_of(revision), "siblings": siblings}
                info |= {"tags": [], "private": False, "downloads": 0, "likes": 0}
                return self.send(200, json.dumps(info).encode())

            def list_files(self, model_id, revision):
                files = [
                    {"type": "file", "path": name, "size": path.stat().st_size, "oid": blob(path.read_bytes())}
                    for name, path in self.files_of(model_id, revision)
                ]
                return self.send(200, json.dumps(files).encode())

            def deliver(self, model_id, revision, name, *, with_body):
                path = self.folder_of(model_id, revision) / name
                if revision not in (*hub.revisions, LATER) or not path.is_file():
                    return self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
                body = path.read_bytes()
                headers = {"ETag": f'"{blob(body)}"', "X-Repo-Commit": self.commit_of(revision)}
                if with_body and hub.moves_to is not None:
                    hub.has_moved = True
                if hub.breaks_off and with_body and len(body) > PIECE:
                    self.send(200, body[:PIECE], headers, length=len(body))
                    self.close_connection = True
                    return None
                return self.send(200, body if with_body else b"", headers, length=len(body))

            def send(self, status, body, headers=None, *, length=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_args) -> None:
        self._server.shutdown()
        self._server.server_close()


def blob(body: bytes) -> str:
    """The name of a file's content, as the hub has it."""
    return hashlib.sha1(body).hexdigest()
