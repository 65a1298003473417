"""The command line as a shell sees it: files, one line on stderr, exit status."""

import csv
import importlib.metadata
import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import attnviz
from attnviz import cli, mute, serving
from attnviz.engine.catalogue import CATALOGUE
from attnviz.errors import NotTraceableError
from attnviz.export import load_trace
from attnviz.numbers import weight_text
from attnviz.protocols import Progress
from tests.engine.tiny import save_tiny
from tests.engine.translators import save_translator
from tests.server import wait_for

ROOT = Path(__file__).parent.parent
SENTENCE = "The animal didn't cross the street because it was too tired"


def shell(*arguments, **changes):
    """What `python -m attnviz` does in a process of its own."""
    command = [sys.executable, "-m", "attnviz", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **changes.pop("env", {})}
    return subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False, **changes)


def complaint(capsys, *arguments):
    """The one line that a refused command writes to stderr."""
    assert cli.main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert written.err.startswith("attnviz: ")
    return written.err.removeprefix("attnviz: ").rstrip("\n")


def test_a_traced_sentence_lies_in_the_file(tmp_path):
    done = shell("trace", SENTENCE, "--out", "a.npz", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"a.npz" in done.stdout
    expected = attnviz.load().run(SENTENCE).encoder
    found = load_trace(tmp_path / "a.npz").encoder
    assert found.query_tokens == expected.query_tokens
    for layer in range(expected.n_layers):
        assert torch.equal(found.weights(layer), expected.weights(layer))


def test_the_ending_chooses_the_format(tmp_path, capsys):
    for ending in ("npz", "json", "csv"):
        arguments = ["trace", "The cat sat", "--pair", "It was soft", "--model", "untrained"]
        assert cli.main([*arguments, "--out", str(tmp_path / f"a.{ending}")]) == 0
    assert "encoder: 4 layers, 4 heads, 9 x 9 tokens" in capsys.readouterr().out
    with np.load(tmp_path / "a.npz") as arrays:
        assert str(arrays["pair"]) == "It was soft"
        n_weights = arrays["weights"].size
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["pair"] == "It was soft"
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == n_weights + 1


def test_a_translator_is_told_its_languages(tmp_path, capsys):
    folder, out = save_translator("nllb", tmp_path / "nllb", target=None), str(tmp_path / "a.npz")
    capsys.readouterr()  # transformers tells what it saves
    arguments = ("trace", "the cat", "--pair", "die Katze", "--model", folder, "--out", out)
    assert "--target-language on the command line" in complaint(capsys, *arguments)
    assert "nearest of its 4 are deu_Latn" in complaint(capsys, *arguments, "--target-language", "deu")
    chosen = {"source_language": "fra_Latn", "target_language": "deu_Latn"}
    assert cli.main([*arguments, "--source-language", "fra_Latn", "--target-language", "deu_Latn"]) == 0
    expected, found = attnviz.load(folder).run("the cat", pair="die Katze", **chosen), load_trace(out)
    assert torch.equal(found.cross.weights(1), expected.cross.weights(1))
    assert (found.cross.key_tokens[0].text, found.cross.query_tokens[1].text) == ("fra_Latn", "deu_Latn")


def test_an_answer_is_printed_with_its_probabilities(capsys):
    assert cli.main(["predict", SENTENCE, "--at", "it", "--top", "2"]) == 0
    about, first, *others = capsys.readouterr().out.splitlines()
    assert about == "builtin: the word that head 0 of the last layer names at “it”"
    assert first == "  >.99  animal"
    assert len(others) == 1
    assert cli.main(["predict", SENTENCE]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [about, first], "where an example looks first"
    assert cli.main(["predict", SENTENCE, "--at", "too", "--head", "4", "--top", "1"]) == 0
    expected = attnviz.load().predict(SENTENCE, at=10, head=4).top(1)[0][0]
    assert capsys.readouterr().out.split()[-1] == expected


def test_without_a_head_there_are_vectors_and_no_answers(capsys):
    assert cli.main(["predict", SENTENCE, "--model", "untrained"]) == 0
    about, note = capsys.readouterr().out.splitlines()
    assert about == "untrained: the mean of the final vectors"
    assert note.startswith("untrained has no head that answers.")


def test_the_place_of_an_answer_is_a_word_of_the_target_where_there_is_one(capsys, tmp_path):
    folder = str(save_tiny("t5", tmp_path))
    assert cli.main(["predict", "A soft mat", "--pair", "The cat sat", "--at", "cat", "--model", folder]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: the next token of the target after “cat”\n")


def test_an_edit_is_told_and_the_answers_stand_before_and_after_it(capsys):
    assert cli.main(["predict", SENTENCE, "--at", "it", "--top", "1", "--edit", "cut 3 it animal"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "builtin: the word that head 0 of the last layer names at “it”",
        "In all heads of layer 3, “it” no longer looks at “animal”; what it still sees shares that weight.",
        "  before  after",
        "    <.01    .99  street",
        "    >.99   <.01  animal",
    ]
    assert (
        cli.main(["predict", SENTENCE, "--model", "untrained", "--at", "it", "--edit", "mute 3", "--edit", "mute 2"])
        == 0
    )
    *told, effect = capsys.readouterr().out.splitlines()
    assert told[1:3] == ["What all heads of layer 3 would add is 0.", "What all heads of layer 2 would add is 0."]
    engine = attnviz.load("untrained")
    vectors = [engine.predict(SENTENCE, at=8, edits=edits).values for edits in ((), (mute(layer=3), mute(layer=2)))]
    expected = 1 - torch.nn.functional.cosine_similarity(*vectors, dim=0)
    assert effect == f"1 − cosine: {weight_text(float(expected))}"


def test_the_words_of_an_edit_are_of_the_texts_that_its_attention_reads(capsys, tmp_path):
    folder = str(save_tiny("t5", tmp_path))
    texts = ["A soft mat", "--pair", "The cat sat", "--model", folder]
    assert cli.main(["predict", *texts, "--at", "sat", "--edit", "cross cut 1.0 sat mat", "--top", "1"]) == 0
    about, told, *_ = capsys.readouterr().out.splitlines()
    assert about == f"{folder}: the next token of the target after “sat”"
    assert told.startswith("In cross head 1.0, “sat” no longer looks at “mat”")
    says = complaint(capsys, "predict", *texts, "--edit", "encoder cut 1.0 sat mat")
    assert says == "'sat' is no word of this text. Give one that is, or the number of a token."


def test_a_trace_and_a_figure_are_made_with_edits(capsys, tmp_path):
    file = str(tmp_path / "a.npz")
    assert cli.main(["trace", SENTENCE, "--edit", "cut 1.2 it animal", "--out", file]) == 0
    weights = load_trace(file).encoder.weights(1)
    assert weights[2, 8, 2] == 0
    expected = attnviz.load().run(SENTENCE).encoder.weights(1)[2, 8]
    rest = expected.clone()
    rest[2] = 0
    torch.testing.assert_close(weights[2, 8], rest / rest.sum(), atol=1e-6, rtol=0)
    picture = str(tmp_path / "a.html")
    assert cli.main(["figure", SENTENCE, "--edit", "mute 3.0", "--layer", "3", "--out", picture]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("builtin, encoder, layer 3, head 0, mute 3.0: wrote ")


def test_models_are_listed_with_what_they_cost():
    done = shell("models")
    assert (done.returncode, done.stderr) == (0, b"")
    ready, missing = done.stdout.decode().split("Downloaded when first used:\n")
    assert ready.startswith("Ready on this machine:\n  builtin")
    for entry in CATALOGUE:
        (line,) = (line for line in (ready + missing).splitlines() if line.split()[:1] == [entry.id])
        assert f"{entry.n_layers} layers, {entry.n_heads} heads" in line
        megabytes = entry.download_bytes / 1e6
        assert (f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB") in line
        assert line.endswith(entry.licence)
    (line,) = (line for line in ready.splitlines() if line.split()[:1] == ["minilm"])
    assert line.endswith("encoder, 6 layers, 12 heads, 91 MB, Apache-2.0")
    assert "  minilm" not in missing


def test_help_shows_examples_that_can_be_parsed(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out.split("examples:\n")[1].splitlines()
    assert len(shown) >= 5
    for line in shown:
        _, _, command = line.partition("python -m attnviz ")
        assert cli.parser().parse_args(shlex.split(command)).command == command.split()[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The text is empty"),
        (" \t\n", "The text is empty"),
        ("word " * 5_000, "5002 tokens; builtin reads at most 512"),
        ("word " * 20_000, "has 100,000 characters; attnviz reads at most 40,960"),
        ("a\0b", "NUL character at position 1"),
        ("a\ud83d", "half of a surrogate pair"),
        ("caf\udce9", "the byte 0xE9 at position 3, which is not UTF-8"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_sentence(capsys, tmp_path, text, says):
    assert says in complaint(capsys, "trace", text, "--out", str(tmp_path / "a.npz"))
    pair = complaint(capsys, "trace", "fine", "--pair", text, "--out", str(tmp_path / "a.npz"))
    assert says.replace("The text", "The second text") in pair or "not two" in pair
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["שלום עולם", "👩‍👩‍👧 family", "<script>alert(1)</script>", "a\tb", "ﷺ", "--" + "x"])
def test_unusual_text_is_traced_as_it_is(capsys, tmp_path, text):
    assert cli.main(["trace", "--out", str(tmp_path / "a.npz"), "--", text]) == 0
    assert load_trace(tmp_path / "a.npz").text == text


def test_bytes_that_are_not_utf8_are_one_sentence(tmp_path):
    done = shell(b"trace", b"caf\xe9", b"--out", b"a.npz", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == b"attnviz: The text has the byte 0xE9 at position 3, which is not UTF-8.\n"


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_dash_is_standard_input_without_its_last_line_break(tmp_path, monkeypatch, ending):
    def traced(*arguments, given):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given + ending)))
        out = tmp_path / "a.npz"
        assert cli.main(["trace", *arguments, "--model", "untrained", "--out", str(out)]) == 0
        trace = load_trace(out)
        return trace.text, trace.pair

    assert traced("-", "--pair", "was soft", given=b" The\n\ncat") == (" The\n\ncat", "was soft")
    assert traced("The cat", "--pair", "-", given="schön".encode()) == ("The cat", "schön")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"caf\xe9", "The text has the byte 0xE9 at position 3, which is not UTF-8."),
        (b"\xff\xfea\0", "The text has the byte 0xFF at position 0, which is not UTF-8."),
        (b"", "The text is empty. Type a sentence."),
        (b"a\0b", "The text has a NUL character at position 1. Remove it."),
    ],
)
def test_standard_input_that_cannot_be_read_is_one_sentence(monkeypatch, capsys, tmp_path, given, says):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert complaint(capsys, "trace", "-", "--out", str(tmp_path / "a.npz")) == says
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_standard_input_without_end_is_one_sentence(tmp_path):
    with Path("/dev/zero").open("rb") as endless:
        done = shell("trace", "-", "--out", "a.npz", cwd=tmp_path, stdin=endless)
    assert done.returncode == 2
    assert done.stderr == b"attnviz: Standard input has more than 163,840 bytes, which no text here has. Shorten it.\n"


def test_what_a_run_refuses_is_one_sentence(monkeypatch, capsys, tmp_path):
    class Engine:
        def run(self, *_, **__):
            raise NotTraceableError("Its attention\ncannot be recorded.")

    monkeypatch.setattr("attnviz.engine.load", lambda *_, **__: Engine())
    says = complaint(capsys, "trace", "The cat", "--out", str(tmp_path / "a.npz"))
    assert says == "Its attention\\ncannot be recorded."


def test_a_closed_standard_input_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of `<&-`
    assert "Standard input is closed" in complaint(capsys, "trace", "-", "--out", "a.npz")


def test_attnviz_alone_is_the_help(capsys):
    assert cli.main([]) == 0
    assert capsys.readouterr().out == cli.parser().format_help()


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"attnviz {attnviz.__version__}\n"
    assert importlib.metadata.version("attnviz") == attnviz.__version__


@pytest.mark.parametrize("is_buffered", [True, False])
@pytest.mark.parametrize("arguments", [["models"], [], ["--help"], ["--version"]])
def test_a_reader_that_leaves_early_is_no_error(arguments, is_buffered):
    reading, writing = os.pipe()
    os.close(reading)  # as `head -1` does when it has its line
    command = [sys.executable, "-m", "attnviz", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "" if is_buffered else "1"}
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, env=environment, timeout=120, check=False
    )
    os.close(writing)
    assert done.stderr == b""
    by_argparse = arguments != ["models"] and not is_buffered  # which says nothing of a help that nobody reads
    assert done.returncode == (0 if by_argparse else cli.READER_LEFT)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attnviz", "models"], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"attnviz: This machine refused to read or write: No space left on device.\n"


def test_a_name_that_the_terminal_cannot_show_is_spelled_out(tmp_path):
    done = shell("trace", "The cat", "--out", "ü.npz", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"wrote \\xfc.npz" in done.stdout


@pytest.mark.parametrize(
    ("host", "path", "url"),
    [
        ("localhost", "", "http://localhost:8765"),
        ("0.0.0.0", "", "http://localhost:8765"),
        ("::", "", "http://localhost:8765"),
        ("::1", "", "http://[::1]:8765"),
        ("127.0.0.1", "/lab/attnviz/", "http://127.0.0.1:8765/lab/attnviz"),
    ],
)
def test_the_address_that_is_printed_is_one_that_a_browser_opens(monkeypatch, capsys, host, path, url):
    started = []

    def replaced(program, command, environment):
        started.append(command)
        sys.exit(0)

    monkeypatch.setattr(serving, "free_port", lambda *_: 8765)  # the host may not exist on this machine
    monkeypatch.setattr(os, "execve", replaced)
    with pytest.raises(SystemExit):
        cli.main(["app", "--host", host, "--base-path", path])
    assert capsys.readouterr().out == f"attnviz is on its way to {url} (stop it with Ctrl+C)\n"
    (command,) = started
    assert f"--server.address={host}" in command
    assert f"--server.baseUrlPath={path.strip('/')}" in command
    assert f"--browser.serverAddress={url.split('//')[1].partition(':8765')[0]}" in command


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("localhost", ["localhost", "127.0.0.1", "::1"]),
        ("127.0.0.1", ["localhost", "127.0.0.1", "::1"]),
        ("::1", ["localhost", "127.0.0.1", "::1"]),
        ("127.0.0.2", ["localhost", "127.0.0.1", "::1", "127.0.0.2"]),
        ("0.0.0.0", ["*"]),
        ("::", ["*"]),
        ("192.0.2.7", ["*"]),
    ],
)
def test_where_the_app_hears_its_own_machine_alone_it_answers_to_its_names_alone(host, names):
    command = serving.streamlit_command(host=host, port=8765, path="", opens_browser=False)
    assert [flag.partition("=")[2] for flag in command if flag.startswith("--server.allowedHosts=")] == names


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("fly",), "invalid choice: 'fly'"),
        (("trace",), "required: TEXT, --out"),
        (("trace", "a"), "required: --out"),
        (("trace", "a", "--out", "a.txt"), "use .npz, .json or .csv"),
        (("trace", "a", "--out", "missing/a.npz"), "there is no folder missing"),
        (("trace", "a", "--out", "a.npz", "--model", "bad\n\x1b[31mname"), "bad\\n\\x1b[31mname"),
        (("trace", "a", "--out", "a.npz", "--model", "caf\udce9"), "not UTF-8"),
        (("trace", "a", "--out", "a.npz", "--model", "./missing"), "./missing"),
        (("trace", "a", "--out", "a.npz", "--head", "3"), "unrecognized arguments: --head 3"),
        (("app", "--port", "abc"), "invalid int value: 'abc'"),
        (("trace", "a", "--out", "a.npz", "--from-scratch"), "builtin is attnviz's own code already"),
        (("trace", "a", "--out", "a.npz", "--from-scratch", "--model", "untrained"), "untrained is attnviz's own"),
        (("trace", "-", "--pair", "-", "--out", "a.npz"), "only one of TEXT and --pair can be -"),
        (("trace", "a", "--out", "folder.npz"), "folder.npz"),
        (("figure", "a", "--out", "folder.npz/a.html", "--head", "-1"), "Head -1 does not exist"),
        (("figure", "a", "--out", "a.html", "--kind", "cross"), "no attention 'cross'"),
        (("predict", "a b", "--at", "c"), "'c' is no word of this text"),
        (("predict", "a a", "--at", "a"), "“a” stands in this text more than once, at 1 and 2"),
        (("predict", "a b"), "Say at which one"),
        (("predict", "a b", "--at", "b", "--head", "9"), "Head 9 does not exist"),
        (("predict", "a b", "--at", "b", "--edit", "cut 3 b"), "The edit 'cut 3 b' cannot be read"),
        (("predict", "a b", "--at", "b", "--edit", "cut 3 b c"), "'c' is no word of this text"),
        (("trace", "a b", "--out", "a.npz", "--edit", "mute 9"), "names layer 9"),
        (("app", "--port", "0"), "ports are 1 to 65535"),
        (("app", "--host", "999.1.1.1"), "No server can listen on 999.1.1.1"),
        (("app", "--host", "999.1.1.1", "--port", "8765"), "No server can listen on 999.1.1.1"),
        (("app", "--host", ""), "The host is empty"),
        (("app", "--host", "a" * 80), "No server can listen on aaa"),
        (("app", "--base-path", "../up"), "The base path '../up' is none"),
        (("app", "--base-path", "a b"), "The base path 'a b' is none"),
        (("app", "--base-path", "a//b"), "The base path 'a//b' is none"),
        (("app", "--base-path", "é"), "The base path 'é' is none"),
        (("models", "now"), "unrecognized arguments: now"),
    ],
)
def test_a_wrong_command_is_one_line(capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npz").mkdir()
    assert says in complaint(capsys, *arguments)


def test_a_bug_is_not_hidden_as_a_complaint(monkeypatch):
    monkeypatch.setattr(cli, "models", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["models"])


def test_an_interrupt_leaves_quietly(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "models", interrupted)
    assert cli.main(["models"]) == 130
    assert capsys.readouterr().err == ""


def test_progress_is_drawn_on_a_terminal_and_taken_away(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with cli.progress_line() as show:
        show(Progress("download", 12_300_000, 440_000_000))
        show(Progress("load", 1_000_000))
    first, second, third, last = capsys.readouterr().err.split("\r\033[K")
    assert (first, second, third, last) == ("", "Downloading 12 MB of 440 MB", "Loading 1 MB", "")


def test_progress_is_silent_where_nobody_looks(capsys):
    with cli.progress_line() as show:
        show(Progress("download", 1, 2))
    assert capsys.readouterr().err == ""


def test_a_taken_port_is_passed_over(capsys):
    first = serving.free_port("localhost")
    with socket.create_server(("localhost", first)):
        assert first < serving.free_port("localhost") <= serving.PORTS[-1]
        assert f"Port {first} is in use" in complaint(capsys, "app", "--port", str(first))


def test_the_app_answers_until_it_is_told_to_stop(tmp_path):
    """Started from another folder, with a browser refused, and stopped by the signal that containers send."""
    command = [sys.executable, "-m", "attnviz", "app", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[6]
            wait_for(url, process)
            environ = Path(f"/proc/{process.pid}/environ")
            if environ.exists():
                assert b"OMP_NUM_THREADS=1" in environ.read_bytes().split(b"\0")
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "You can now view your Streamlit app" not in rest  # the greeting, which asks an outside host


def test_layers_of_a_hybrid_are_named_and_the_first_that_attends_is_drawn(tmp_path, capsys):
    model = str(save_tiny("lfm2", tmp_path / "lfm2"))
    assert cli.main(["trace", "a cat", "--model", model, "--out", str(tmp_path / "a.npz")]) == 0
    assert "decoder: layers 2 and 4, 4 heads" in capsys.readouterr().out
    command = ["figure", "a cat", "--model", model, "--out", str(tmp_path / "a.html")]
    assert cli.main(command) == 0
    assert "decoder, layer 2, head 0" in capsys.readouterr().out
    written = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert ", decoder, layer 2, head 0</title>" in written
    assert len(written) < 400_000, "without Plotly's own script"
    assert cli.main([*command, "--layer", "0"]) == 2
    assert "Layer 0 does not attend; of this model layers 2 and 4 attend." in capsys.readouterr().err
