"""The web app as a server of this machine: which port, under which names, with which settings of Streamlit."""

import errno
import ipaddress
import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from attnviz.errors import AttnVizError

APP = Path(__file__).parent.parent / "app.py"
PORTS = range(8501, 8601)
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")  # what a browser on this machine calls it


class ServingError(AttnVizError):
    """The app cannot be served there; the message says what to do."""


def serve(*, host: str, port: int | None, base_path: str, opens_browser: bool) -> NoReturn:
    """Start Streamlit in place of this process, so that signals reach it.

    Raises ServingError for an address or a path that cannot be served.
    """
    if port is not None and not 1 <= port <= 65535:
        raise ServingError(f"Port {port} does not exist; ports are 1 to 65535.")
    if not host:
        raise ServingError("The host is empty: give an address of this machine, or 0.0.0.0 for all of them.")
    path = base_path.strip("/")
    if not re.fullmatch(r"([\w.~-]+(/[\w.~-]+)*)?", path, re.ASCII) or {".", ".."} & set(path.split("/")):
        raise ServingError(f"The base path '{base_path}' is none: use letters, digits and . _ ~ - between /.")
    port = free_port(host, PORTS if port is None else (port,))
    if not APP.is_file():
        raise ServingError(f"The web app starts from {APP}, which is missing; start it from a checkout of attnviz.")
    url = f"http://{host_in_url(host)}:{port}{'/' if path else ''}{path}"
    print(f"attnviz is on its way to {url} (stop it with Ctrl+C)", flush=True)
    command = streamlit_command(host=host, port=port, path=path, opens_browser=opens_browser)
    # Many sessions share the cores: one thread for each answers sooner than all cores for one.
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    if sys.platform == "win32":  # a process that replaces itself there loses its console
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    os.execve(sys.executable, command, environment)


def free_port(host: str, ports: Sequence[int] = PORTS) -> int:
    """The first of some ports that nobody listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in ports:
        try:
            with socket.create_server((host, port), family=family):
                return port
        except (OSError, UnicodeError) as error:  # the latter of a name that is none, such as one of 70 letters
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
                raise ServingError(f"No server can listen on {host}, port {port}: {reason}.") from error
    if len(ports) == 1:
        raise ServingError(f"Port {ports[0]} is in use; choose another with --port, or leave it out.")
    raise ServingError(f"Ports {ports[0]} to {ports[-1]} are all in use; choose another with --port.")


def host_in_url(host: str) -> str:
    """How a browser on this machine names what listens on `host`."""
    if host in {"0.0.0.0", "::"}:
        return "localhost"
    return f"[{host.replace('%', '%25')}]" if ":" in host else host


def is_this_machine(host: str) -> bool:
    """Whether what listens on `host` hears this machine alone."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(str(address[0])).is_loopback for *_, address in found)


def streamlit_command(*, host: str, port: int, path: str, opens_browser: bool) -> list[str]:
    """The command that serves the web app."""
    options = {
        "server.address": host,
        "server.port": port,
        "server.baseUrlPath": path,
        "server.showEmailPrompt": "false",  # it would wait for an answer on the terminal
        "server.fileWatcherType": "none",  # who edits the app wants: streamlit run app.py
        "runner.postScriptGC": "false",  # see .streamlit/config.toml
        "browser.serverAddress": host_in_url(host),
        "logger.hideWelcomeMessage": "true",  # to greet, it asks an outside host for this machine's address
        "global.disableWidgetStateDuplicationWarning": "true",  # see .streamlit/config.toml
    }
    if not opens_browser:
        options["server.headless"] = "true"
    # A page of another site whose name leads here would be the same origin: it is let in where everybody is.
    names = dict.fromkeys((*LOCAL_NAMES, host)) if is_this_machine(host) else ("*",)
    flags = [*(f"--{name}={options[name]}" for name in options), *(f"--server.allowedHosts={name}" for name in names)]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *flags]
