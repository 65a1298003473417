"""The command line: trace a text into a file, draw a head, list the models, start the web app.

Whatever a person can do something about goes to stderr in one line, with exit status 2. What takes long to import is
imported by the command that needs it.
"""

import argparse
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from attnviz.errors import AttnVizError, TextError

if TYPE_CHECKING:
    from attnviz.protocols import Progress
    from attnviz.trace import Stack, Trace

APP = Path(__file__).parent.parent / "app.py"
PORTS = range(8501, 8601)

EXAMPLES = """\
examples:
  python -m attnviz trace "The cat sat on the mat because it was soft." --out cat.npz
  python -m attnviz trace "She sat by the river bank" --model google-bert/bert-base-uncased --out bank.csv
  python -m attnviz trace "It was too tired" --pair "The animal slept" --out pair.json
  python -m attnviz figure "She ate the apple." --layer 1 --head 2 --out apple.svg
  python -m attnviz models
  python -m attnviz app
"""
TRACE_NOTES = """\
The ending of FILE chooses the format:
  .npz   arrays for Python; attnviz.export.load_trace reads them back
  .json  the same as lists
  .csv   one line for each weight: stack, layer, head, query, key, weight
Layers and heads count from 0.
"""


class CommandError(Exception):
    """The command line itself asks for something that cannot be done; the message says what to do."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with the complaint and where to find help."""
        raise CommandError(f"{message}. See {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    try:
        chosen = parser().parse_args(arguments)
        if chosen.command == "trace":
            trace(chosen)
        elif chosen.command == "figure":
            figure(chosen)
        elif chosen.command == "models":
            models()
        else:
            app(chosen)
    except (AttnVizError, CommandError) as error:
        print(f"attnviz: {one_line(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell reports a program that was interrupted
    return 0


def parser() -> Parser:
    """The commands and their options."""
    commands = Parser(
        prog="python -m attnviz",
        description="See what every attention head of a transformer does with a sentence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command = commands.add_subparsers(dest="command", metavar="COMMAND", required=True)

    tracing = command.add_parser(
        "trace",
        help="write what every head does with a text into a file",
        description="Write what every head does with a text into a file.",
        epilog=TRACE_NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_text(tracing)
    tracing.add_argument("--out", metavar="FILE", required=True, help="file to write: .npz, .json or .csv")

    _add_figure(command)
    command.add_parser("models", help="list the models that can be loaded", description="List the models.")

    serving = command.add_parser("app", help="start the web app", description="Start the web app.")
    serving.add_argument("--host", default="localhost", help="address to listen on (default: this machine only)")
    serving.add_argument("--port", type=int, help="port to listen on (default: 8501 or the next that is free)")
    serving.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return commands


def _add_figure(command: "argparse._SubParsersAction[Parser]") -> None:
    """The command that draws one head."""
    drawing = command.add_parser(
        "figure", help="draw the heat map of one head into a file", description="Draw the heat map of one head."
    )
    _add_text(drawing)
    drawing.add_argument("--layer", type=int, default=0, help="from 0 (default: 0)")
    drawing.add_argument("--head", type=int, default=0, help="from 0 (default: 0)")
    drawing.add_argument(
        "--kind", choices=("encoder", "decoder", "cross"), help="attention of an encoder-decoder model"
    )
    drawing.add_argument("--words", action="store_true", help="merge the pieces of a word")
    drawing.add_argument("--scale", choices=("head", "unit", "log"), default="head", help="colours (default: head)")
    drawing.add_argument("--dark", action="store_true", help="on a dark background")
    drawing.add_argument("--out", metavar="FILE", required=True, help="file to write: .html, .svg, .pdf or .png")


def _add_text(command: argparse.ArgumentParser) -> None:
    """What a text is run through, the same for every command that runs one."""
    command.add_argument("text", metavar="TEXT", help="the text, in quotes")
    command.add_argument("--pair", metavar="TEXT", help="second sentence, or target of an encoder-decoder model")
    command.add_argument("--model", metavar="M", help="built-in name, Hugging Face id or folder (see: attnviz models)")
    command.add_argument(
        "--from-scratch", action="store_true", help="run a BERT-shaped model's weights in attnviz's own transformer"
    )


def trace(chosen: argparse.Namespace) -> None:
    """Run the text through the model and write what its attention did."""
    from attnviz.export import check_target, save

    traced = run(chosen, check_target)
    save(traced, chosen.out)
    for kind, stack in traced.stacks.items():
        n_queries, n_keys = len(stack.query_tokens), len(stack.key_tokens)
        print(f"{kind}: {stack.n_layers} layers, {stack.n_heads} heads, {n_queries} x {n_keys} tokens")
    print(f"{traced.model} wrote {one_line(chosen.out)}")


def figure(chosen: argparse.Namespace) -> None:
    """Run the text through the model and draw one head of it."""
    from attnviz.figures.files import check_figure_target, save_figure
    from attnviz.figures.papers import paper_figure
    from attnviz.figures.theme import DARK, LIGHT

    traced = run(chosen, check_figure_target)
    kind = chosen.kind or next(iter(traced.stacks))
    drawn = paper_figure(
        traced,
        kind,
        layer=chosen.layer,
        head=chosen.head,
        words=chosen.words,
        scale=chosen.scale,
        theme=DARK if chosen.dark else LIGHT,
    )
    save_figure(drawn, chosen.out)
    print(f"{traced.model}, {kind}, layer {chosen.layer}, head {chosen.head}: wrote {one_line(chosen.out)}")


def run(chosen: argparse.Namespace, check_out: Callable[[str], None]) -> "Trace[Stack]":
    """What the model's attention did with the text; the place of the answer is checked before the work."""
    from attnviz.engine import DEFAULT_MODEL, load
    from attnviz.tokens import check_text

    model = DEFAULT_MODEL if chosen.model is None else chosen.model
    for name, value in (("text", chosen.text), ("second text", chosen.pair), ("name of the model", model)):
        check_decoded(name, value or "")
    check_text(chosen.text)
    check_out(chosen.out)
    with ProgressLine() as progress:
        engine = load(model, from_scratch=chosen.from_scratch, progress=progress.show)
    return engine.run(chosen.text, pair=chosen.pair)


def models() -> None:
    """List what can be loaded now, then what a hub would have to be asked for."""
    from attnviz.engine.catalogue import CATALOGUE, available

    catalogued = {
        entry.id: f"{entry.kind}, {entry.n_layers} layers, {entry.n_heads} heads, "
        f"{entry.download_bytes / 1e6:.0f} MB, {entry.licence}"
        for entry in CATALOGUE
    }
    ready = available()
    missing = [name for name in catalogued if name not in ready]
    width = max(map(len, (*ready, *missing)))
    for title, names in (("Ready on this machine", ready), ("Downloaded when first used", missing)):
        print(f"{title}:")
        for name in names:
            print(f"  {name:{width}}  {catalogued.get(name, '')}".rstrip())
    print("Any other Hugging Face id, or a folder with a model, can be given to --model too.")


def app(chosen: argparse.Namespace) -> NoReturn:
    """Start Streamlit in place of this process, so that signals reach it."""
    if chosen.port is not None and not 1 <= chosen.port <= 65535:
        raise CommandError(f"Port {chosen.port} does not exist; ports are 1 to 65535.")
    port = free_port(chosen.host) if chosen.port is None else chosen.port
    if not APP.is_file():
        raise CommandError(f"The web app starts from {APP}, which is missing; start it from a checkout of attnviz.")
    shown_host = "localhost" if chosen.host in ("0.0.0.0", "::") else chosen.host
    print(f"attnviz is on its way to http://{shown_host}:{port} (stop it with Ctrl+C)", flush=True)
    command = streamlit_command(host=chosen.host, port=port, opens_browser=not chosen.no_browser)
    # Many sessions share the cores: one thread for each answers sooner than all cores for one.
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    if sys.platform == "win32":  # a process that replaces itself there loses its console
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    os.execve(sys.executable, command, environment)


def free_port(host: str) -> int:
    """The first port from 8501 on that nobody listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in PORTS:
        try:
            with socket.create_server((host, port), family=family):
                return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = (error.strerror or str(error)).partition(" (while")[0]
                raise CommandError(f"No server can listen on {host}: {reason}.") from error
    raise CommandError(f"Ports {PORTS[0]} to {PORTS[-1]} are all in use; choose another with --port.")


def streamlit_command(*, host: str, port: int, opens_browser: bool) -> list[str]:
    """The command that serves the web app."""
    options = {
        "server.address": host,
        "server.port": port,
        "server.showEmailPrompt": "false",  # it would wait for an answer on the terminal
        "server.fileWatcherType": "none",  # who edits the app wants: streamlit run app.py
        "logger.hideWelcomeMessage": "true",  # to greet, it asks an outside host for this machine's address
        "global.disableWidgetStateDuplicationWarning": "true",  # see .streamlit/config.toml
    }
    if not opens_browser:
        options["server.headless"] = "true"
    return [sys.executable, "-m", "streamlit", "run", str(APP), *(f"--{name}={options[name]}" for name in options)]


class ProgressLine:
    """One line on stderr that tells how far a model has come; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self.shown = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def show(self, progress: "Progress") -> None:
        """Draw the line anew."""
        if not sys.stderr.isatty():
            return
        self.shown = True
        doing = "Downloading" if progress.stage == "download" else "Loading"
        of = "" if progress.total is None else f" of {progress.total / 1e6:.0f}"
        print(f"\r\033[K{doing} {progress.done / 1e6:.0f}{of} MB", end="", file=sys.stderr, flush=True)


def check_decoded(name: str, value: str) -> None:
    """Raise TextError for bytes that the shell passed on and that are no UTF-8."""
    for position, character in enumerate(value):
        if "\udc80" <= character <= "\udcff":  # how Python carries such a byte (PEP 383)
            byte = ord(character) - 0xDC00
            raise TextError(f"The {name} has the byte 0x{byte:02X} at position {position}, which is not UTF-8.")


def one_line(message: str) -> str:
    """The message with line breaks, escapes and other unprintable characters spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
