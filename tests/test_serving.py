"""The app as a server: which names it answers to, below which path, and under which address."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import wait_for

ROOT = Path(__file__).parent.parent
FOREIGN = ["attnviz.example.com", "localhost.example.com", "192.0.2.7", "[2001:db8::7]", "127.0.0.1.example.com", ""]
OWN = ["localhost", "127.0.0.1", "[::1]"]


def free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as free:
        return free.getsockname()[1]


@contextmanager
def served(folder: Path, *command: str, host: str, port: int, path: str = "") -> Iterator[None]:
    """A server of the app, for as long as it is needed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    shown = f"[{host}]" if ":" in host else host
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://{shown}:{port}{path}", server, folder / "log.txt")
        yield
    finally:
        server.terminate()
        server.wait(30)


def handshake(host: str, port: int, name: str, path: str = "") -> int:
    """The status with which a server answers who opens a websocket under a name: 101 lets them in."""
    lines = [
        f"GET {path}/_stcore/stream HTTP/1.1",
        f"Host: {name}:{port}" if name else "Host:",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
    ]
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(connection.recv(4096).split()[1])


def has_ipv6() -> bool:
    try:
        free_port("::1")
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["localhost", pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine"))],
)
def test_an_app_for_this_machine_answers_to_the_names_of_it_alone(tmp_path, host):
    port = free_port(host)
    command = ("attnviz", "app", "--host", host, "--port", str(port), "--no-browser", "--base-path", "/lab/heads")
    with served(tmp_path, *command, host=host, port=port, path="/lab/heads"):
        assert {name: handshake(host, port, name, "/lab/heads") for name in OWN} == dict.fromkeys(OWN, 101)
        assert {name: handshake(host, port, name, "/lab/heads") for name in FOREIGN} == dict.fromkeys(FOREIGN, 403)
    url = f"http://[::1]:{port}/lab/heads" if host == "::1" else f"http://localhost:{port}/lab/heads"
    assert f"on its way to {url} (stop" in (tmp_path / "log.txt").read_text()


def test_an_app_for_everybody_answers_to_any_name(tmp_path):
    """As the container starts it."""
    port = free_port("127.0.0.1")
    command = ("attnviz", "app", "--host", "0.0.0.0", "--port", str(port), "--no-browser")
    with served(tmp_path, *command, host="127.0.0.1", port=port):
        for name in (*OWN, *FOREIGN[:4]):
            assert handshake("127.0.0.1", port, name) == 101


def test_streamlit_run_answers_to_the_names_of_this_machine_alone(tmp_path):
    port = free_port("127.0.0.1")
    command = ("streamlit", "run", str(ROOT / "app.py"), "--server.headless=true", f"--server.port={port}")
    with served(tmp_path, *command, host="localhost", port=port):
        assert handshake("localhost", port, "localhost") == 101
        assert handshake("localhost", port, "attnviz.example.com") == 403
