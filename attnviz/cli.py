"""The command line: trace a text into a file, draw a head, list the models, start the web app.

Whatever a person can do something about goes to stderr in one line, with exit status 2. What takes long to import is
imported by the command that needs it.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from attnviz import __version__
from attnviz.errors import AttnVizError, TextError
from attnviz.numbers import size_text
from attnviz.serving import serve

if TYPE_CHECKING:
    from attnviz.protocols import Progress
    from attnviz.trace import Stack, Trace

Command: TypeAlias = Callable[[argparse.Namespace], None]

STDIN = "-"
INTERRUPTED, READER_LEFT = 130, 141  # as a shell reports a program that SIGINT or SIGPIPE ended

EXAMPLES = """\
examples:
  python -m attnviz trace "The cat sat on the mat because it was soft." --out cat.npz
  cat poem.txt | python -m attnviz trace - --out poem.npz
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

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Leave after the help or the version, if somebody reads them to the end."""
        print(end="", flush=True)
        super().exit(status, message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters that a terminal has not
    try:
        chosen = parser().parse_args(arguments)
        chosen.do(chosen)
        print(end="", flush=True)  # here, where it can be told that the reader left or that the disk is full
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return READER_LEFT
    except (AttnVizError, CommandError, OSError) as error:
        print(f"attnviz: {one_line(explained(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def explained(error: Exception) -> str:
    """What went wrong, and of what this machine refused, where."""
    if not isinstance(error, OSError):
        return str(error)
    place = "" if error.filename is None else f"{error.filename}: "
    return f"This machine refused to read or write: {place}{error.strerror or error}."


def parser() -> Parser:
    """The commands and their options."""
    commands = Parser(
        prog="python -m attnviz",
        description="See what every attention head of a transformer does with a sentence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_argument("--version", action="version", version=f"attnviz {__version__}")
    commands.set_defaults(do=lambda _: commands.print_help())  # where no command is given
    command = commands.add_subparsers(dest="command", metavar="COMMAND")
    tracing = _add(command, "trace", trace, "write what every head does with a text into a file", epilog=TRACE_NOTES)
    _add_text(tracing, endings=".npz, .json or .csv")
    drawing = _add(command, "figure", figure, "draw the heat map of one head into a file")
    _add_text(drawing, endings=".html, .svg, .pdf or .png")
    _add_head(drawing)
    _add(command, "models", models, "list the models that can be loaded")
    serving = _add(command, "app", app, "start the web app")
    serving.add_argument("--host", default="localhost", help="address to listen on (default: this machine only)")
    serving.add_argument("--port", type=int, help="port to listen on (default: 8501 or the next that is free)")
    serving.add_argument("--base-path", metavar="PATH", default="", help="serve below http://HOST:PORT/PATH")
    serving.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return commands


def _add(to: "argparse._SubParsersAction[Parser]", name: str, do: Command, does: str, *, epilog: str = "") -> Parser:
    """A command: `do` is called with what was chosen, `does` is said of it."""
    form = argparse.RawDescriptionHelpFormatter
    made = to.add_parser(name, help=does, description=f"{does.capitalize()}.", epilog=epilog, formatter_class=form)
    made.set_defaults(do=do)
    return made


def _add_text(command: Parser, *, endings: str) -> None:
    """What a text is run through, and where to, the same for every command that runs one."""
    command.add_argument("text", metavar="TEXT", help="the text, in quotes; - reads it from standard input")
    command.add_argument(
        "--pair", metavar="TEXT", help="second sentence, or target of an encoder-decoder model; - as for TEXT"
    )
    for side, of in (("source", "the text"), ("target", "the target")):
        command.add_argument(
            f"--{side}-language", metavar="CODE", help=f"of {of}, for a model of many languages, as eng_Latn"
        )
    command.add_argument("--model", metavar="M", help="built-in name, Hugging Face id or folder (see: attnviz models)")
    command.add_argument(
        "--from-scratch", action="store_true", help="run a BERT-shaped model's weights in attnviz's own transformer"
    )
    command.add_argument("--out", metavar="FILE", required=True, help=f"file to write: {endings}")


def _add_head(command: Parser) -> None:
    """Which head is drawn, and how."""
    add = command.add_argument
    add("--layer", type=int, help="from 0 (default: the first that attends)")
    add("--head", type=int, default=0, help="from 0 (default: 0)")
    add("--kind", choices=("encoder", "decoder", "cross"), help="attention of an encoder-decoder model")
    add("--words", action="store_true", help="merge the pieces of a word")
    add("--special", choices=("keep", "hide", "renormalise"), default="keep", help="special tokens (default: keep)")
    parts = ("map", "heads", "sentence")
    add("--part", choices=parts, default="map", help="of an image; a page has all (default: map)")
    add("--scale", choices=("head", "unit", "log"), default="head", help="colours (default: head)")
    add("--dark", action="store_true", help="on a dark background")


def trace(chosen: argparse.Namespace) -> None:
    """Run the text through the model and write what its attention did."""
    from attnviz.analysis.dropped import dropped, told
    from attnviz.export import check_target, save
    from attnviz.trace import named_layers

    traced = run(chosen, check_target)
    save(traced, chosen.out)
    for kind, stack in traced.stacks.items():
        n_queries, n_keys = len(stack.query_tokens), len(stack.key_tokens)
        print(f"{kind}: {named_layers(stack.layers)}, {stack.n_heads} heads, {n_queries} x {n_keys} tokens")
    if lost := told(dropped(traced)):
        print(one_line(lost))
    print(f"{traced.model} wrote {one_line(chosen.out)}")


def figure(chosen: argparse.Namespace) -> None:
    """Run the text through the model and draw the picture of one head, or a part of it.

    Raises SelectionError for attention, a layer or a head that the model does not have.
    """
    from attnviz.canvas.files import check_target, save_picture
    from attnviz.errors import SelectionError
    from attnviz.scene import scene
    from attnviz.survey import survey
    from attnviz.view import View, resolve

    traced = run(chosen, check_target)
    kind = chosen.kind or next(iter(traced.stacks))
    if kind not in traced.stacks:
        raise SelectionError(f"{traced.model} has no attention '{kind}', only {' and '.join(traced.stacks)}.")
    stack = traced.stacks[kind]
    layer = stack.layers[0] if chosen.layer is None else chosen.layer
    stack.weights(layer, chosen.head, rows=range(1))  # where there is none, this says which there are
    view = View(
        stack=kind, layer=layer, head=chosen.head, words=chosen.words, special=chosen.special, scale=chosen.scale
    )
    title = f"{traced.model}, {kind}, layer {layer}, head {chosen.head}"
    drawn = scene(resolve(view, traced, survey), examples=())
    save_picture(drawn, chosen.out, part=chosen.part, title=title, theme="dark" if chosen.dark else "light")
    print(f"{title}: wrote {one_line(chosen.out)}")


def run(chosen: argparse.Namespace, check_out: Callable[[str], None]) -> "Trace[Stack]":
    """What the model's attention did with the text; the place of the answer is checked before the work."""
    from attnviz.engine import DEFAULT_MODEL, load
    from attnviz.tokens import check_texts

    model = DEFAULT_MODEL if chosen.model is None else chosen.model
    text, pair = typed(chosen.text, chosen.pair)
    for name, value in (("text", text), ("second text", pair), ("name of the model", model)):
        check_decoded(name, value or "")
    check_texts(text, pair)
    check_out(chosen.out)
    with progress_line() as show:
        engine = load(model, from_scratch=chosen.from_scratch, progress=show)
    traced = engine.run(text, pair=pair, source_language=chosen.source_language, target_language=chosen.target_language)
    if traced.note:
        print(f"attnviz: {traced.note}", file=sys.stderr)
    return traced


def typed(text: str, pair: str | None) -> tuple[str, str | None]:
    """Text and second text, the one that is "-" read from standard input without the line break at its end."""
    from attnviz.tokens import MAX_CHARACTERS

    if STDIN not in (text, pair):
        return text, pair
    if text == pair:
        raise CommandError("Standard input is one text: only one of TEXT and --pair can be -.")
    if sys.stdin is None:
        raise CommandError("Standard input is closed. Give the text in quotes.")
    most = 4 * MAX_CHARACTERS  # bytes in UTF-8, a line break beside them
    given = sys.stdin.buffer.read(most + 3)
    if len(given) > most + 2:
        raise TextError(f"Standard input has more than {most:,} bytes, which no text here has. Shorten it.")
    # A byte that is no UTF-8 is carried along as the shell would, and named with its position.
    read = given.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    return (read, pair) if text == STDIN else (text, read)


def models(_: argparse.Namespace) -> None:
    """List what can be loaded now, then what a hub would have to be asked for."""
    from attnviz.engine.catalogue import CATALOGUE, MINILM, available

    catalogued = {
        entry.id: f"{entry.kind}, {entry.n_layers} layers, {entry.n_heads} heads, "
        f"{size_text(entry.download_bytes)}, {entry.licence}"
        for entry in (MINILM, *CATALOGUE)
    }
    ready = available()
    missing = [entry.id for entry in CATALOGUE if entry.id not in ready]
    width = max(map(len, (*ready, *missing)))
    for title, names in (("Ready on this machine", ready), ("Downloaded when first used", missing)):
        print(f"{title}:")
        for name in names:
            print(f"  {name:{width}}  {catalogued.get(name, '')}".rstrip())
    print("Any other Hugging Face id, or a folder with a model, can be given to --model too.")


def app(chosen: argparse.Namespace) -> None:
    """Start the web app."""
    serve(host=chosen.host, port=chosen.port, base_path=chosen.base_path, opens_browser=not chosen.no_browser)


@contextmanager
def progress_line() -> Iterator[Callable[["Progress"], None]]:
    """What draws, anew each time, a line on stderr that tells how far a model has come; silent without a terminal."""
    is_seen = sys.stderr.isatty()

    def show(progress: "Progress") -> None:
        doing = "Downloading" if progress.stage == "download" else "Loading"
        of = "" if progress.total is None else f" of {size_text(progress.total)}"
        if is_seen:
            print(f"\r\033[K{doing} {size_text(progress.done)}{of}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if is_seen:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def check_decoded(name: str, value: str) -> None:
    """Raise TextError for bytes that the shell passed on and that are no UTF-8."""
    for position, character in enumerate(value):
        if "\udc80" <= character <= "\udcff":  # how Python carries such a byte (PEP 383)
            byte = ord(character) - 0xDC00
            raise TextError(f"The {name} has the byte 0x{byte:02X} at position {position}, which is not UTF-8.")


def one_line(message: str) -> str:
    """The message with line breaks, escapes and other unprintable characters spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
