"""The command line: trace a text into a file, draw a head, ask for an answer, list the models, start the web app.

Whatever a person can do something about goes to stderr in one line, with exit status 2. What takes long to import is
imported by the command that needs it.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from attnviz import __version__
from attnviz.errors import AttnVizError
from attnviz.numbers import size_text, weight_text
from attnviz.serving import serve
from attnviz.terminal import CommandError, check_decoded, explained, one_line, progress_line, typed

if TYPE_CHECKING:
    from attnviz.protocols import Engine
    from attnviz.tokens import Token
    from attnviz.trace import Stack, Trace

Command: TypeAlias = Callable[[argparse.Namespace], None]

INTERRUPTED, READER_LEFT = 130, 141  # as a shell reports a program that SIGINT or SIGPIPE ended

EXAMPLES = """\
examples:
  python -m attnviz trace "The cat sat on the mat because it was soft." --out cat.npz
  cat poem.txt | python -m attnviz trace - --out poem.npz
  python -m attnviz trace "She sat by the river bank" --model google-bert/bert-base-uncased --out bank.csv
  python -m attnviz trace "It was too tired" --pair "The animal slept" --out pair.json
  python -m attnviz figure "She ate the apple." --layer 1 --head 2 --out apple.svg
  python -m attnviz predict "The animal didn't cross the street because it was too tired." --at it
  python -m attnviz predict "The cat sat on the mat because it was soft." --at it --edit "cut 3 it mat"
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
    asking = _add(command, "predict", predict, "say what the model answers at a word, and how likely")
    _add_text(asking)
    asking.add_argument("--at", metavar="WORD", help="a word of the text (of the target, if any), or a token's number")
    asking.add_argument("--head", type=int, help="of the built-in model's last layer (default: the one for all links)")
    asking.add_argument("--top", metavar="N", type=int, default=5, help="how many answers (default: 5)")
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


def _add_text(command: Parser, *, endings: str = "") -> None:
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
    command.add_argument(
        "--edit",
        metavar="EDIT",
        action="append",
        default=[],
        help='change the attention: "mute 3.0", "cut 3 it animal"',
    )
    if endings:
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

    _, traced = run(chosen, check_target)
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

    _, traced = run(chosen, check_target)
    kind = chosen.kind or next(iter(traced.stacks))
    if kind not in traced.stacks:
        raise SelectionError(f"{traced.model} has no attention '{kind}', only {' and '.join(traced.stacks)}.")
    stack = traced.stacks[kind]
    layer = stack.layers[0] if chosen.layer is None else chosen.layer
    stack.weights(layer, chosen.head, rows=range(1))  # where there is none, this says which there are
    view = View(
        stack=kind, layer=layer, head=chosen.head, words=chosen.words, special=chosen.special, scale=chosen.scale
    )
    title = ", ".join([traced.model, kind, f"layer {layer}", f"head {chosen.head}", *map(str, traced.edits)])
    drawn = scene(resolve(view, traced, survey), examples=())
    save_picture(drawn, chosen.out, part=chosen.part, title=title, theme="dark" if chosen.dark else "light")
    print(f"{title}: wrote {one_line(chosen.out)}")


def predict(chosen: argparse.Namespace) -> None:
    """Say what the model answers at a word of the text, the likeliest first, or why it answers nothing."""
    from attnviz.first import opening
    from attnviz.selection import place_of

    engine, traced = run(chosen)
    tokens = list(traced.stacks.values())[-1].query_tokens
    at = opening(traced).first if chosen.at is None else place_of(chosen.at, tokens)
    before, after = engine.predictions(traced, variants=[(), traced.edits], at=at, head=chosen.head)
    print(f"{traced.model}: {one_line(after.about)}")
    for edit in traced.edits:
        print(one_line(edit.said(*_sides(traced, edit.kind))))
    answers = dict.fromkeys((*after.likeliest(chosen.top), *(before.likeliest(chosen.top) if traced.edits else ())))
    if traced.edits and answers:
        print("  before  after")
    for answer in answers:
        chances = [weight_text(float(each.probabilities()[answer])) for each in (before, after)]
        shown = f"{chances[0]:>6}  {chances[1]:>5}" if traced.edits else f"{chances[1]:>4}"
        print(f"  {shown}  {one_line(after.name_of(answer))}")
    if after.note:
        print(after.note)
    if traced.edits and not answers:
        print(f"1 − cosine: {weight_text(before.effect(after))}")


def run(chosen: argparse.Namespace, check_out: Callable[[str], None] | None = None) -> "tuple[Engine, Trace[Stack]]":
    """The model, and what its attention did with the text; the place of the answer is checked before the work."""
    from attnviz.edits import read_edit
    from attnviz.engine import DEFAULT_MODEL, load
    from attnviz.tokens import check_texts

    model = DEFAULT_MODEL if chosen.model is None else chosen.model
    text, pair = typed(chosen.text, chosen.pair)
    for name, value in (("text", text), ("second text", pair), ("name of the model", model)):
        check_decoded(name, value or "")
    check_texts(text, pair)
    if check_out is not None:
        check_out(chosen.out)
    with progress_line() as show:
        engine = load(model, from_scratch=chosen.from_scratch, progress=show)
    languages = {"source_language": chosen.source_language, "target_language": chosen.target_language}
    traced = engine.run(text, pair=pair, **languages)
    if chosen.edit:  # in the words of the text, which are known now
        edits = [read_edit(edit, places=partial(_place, traced, edit)) for edit in chosen.edit]
        traced = engine.run(text, pair=pair, **languages, edits=edits)
    if traced.note:
        print(f"attnviz: {traced.note}", file=sys.stderr)
    return engine, traced


def _place(traced: "Trace[Stack]", edit: str, side: str, written: str) -> int:
    """The token that an edit names by a word or a number on one side: the query's or the key's."""
    from attnviz.selection import place_of

    queries, keys = _sides(traced, edit.split(maxsplit=1)[0])
    return place_of(written, queries if side == "query" else keys)


def _sides(traced: "Trace[Stack]", kind: str | None) -> "tuple[tuple[Token, ...], tuple[Token, ...]]":
    """The queries and the keys of a kind of attention, of the first where no kind is named."""
    stack = traced.stacks.get(kind or "") or next(iter(traced.stacks.values()))
    return stack.query_tokens, stack.key_tokens


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
