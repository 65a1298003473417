"""A server of the app that a test has started."""

import subprocess
import time
import urllib.request
from pathlib import Path

START_SECONDS = 90


def wait_for(url: str, server: subprocess.Popen, log: Path | None = None) -> None:
    """Return once a server answers that it is well; fail, with what it wrote, if it ended or takes too long."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                assert answer.read() == b"ok"
            return
        except OSError:
            said = log.read_text() if log else ""
            assert server.poll() is None, f"the app ended:\n{said}"
            assert time.monotonic() < end, f"the app does not answer:\n{said}"
            time.sleep(0.2)  # between two questions: a server that is not there yet cannot be waited for
