"""A script of Streamlit, served as `attnviz app` serves the app."""

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attnviz.serving import APP, streamlit_command

PORT = 8599
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Seconds of CPU that its process has taken, by the kernel's count; Linux alone tells."""
        times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(script: Path = APP, port: int = PORT) -> Iterator[Server]:
    """The server of a script, from when it answers; no page of it has been asked for yet."""
    command = streamlit_command(host="127.0.0.1", port=port, path="", opens_browser=False)
    command[command.index(str(APP))] = str(script)
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(APP.parent), **os.environ}
    server = subprocess.Popen(command, cwd=APP.parent, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield Server(url, server.pid)
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
