"""How fast does Explore answer? Ours and BertViz's head view, in one browser, in one run.

    python -m benchmarks.explore [--bertviz PYTHON --scripts FOLDER] [--tokens 18 64 128 512] [--rounds 15]

Without them, ours alone is measured, and printed. PYTHON is that of an environment with BertViz 1.4.1; FOLDER is a
`node_modules` with d3 5, jquery 2 and requirejs 2, with which its requests to a content network are answered. The
model is a random BERT of 12 layers and 12 heads, small enough that the time is that of the pictures. The table of both
goes into `benchmarks/README.md`.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import torch
from playwright.sync_api import Browser, Page, Route, sync_playwright
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, BertPreTrainedModel, PreTrainedTokenizerFast

import attnviz
from attnviz.survey import survey
from benchmarks.browser import WATCH, in_frame, longest_task, median_of
from benchmarks.report import megabytes, milliseconds, table, write_section
from benchmarks.serving import serving

HEADING = "Explore beside BertViz"
N_LAYERS = N_HEADS = 12
MOST_BERTVIZ_TOKENS = 128  # at 512 its page has 1.7 GB
SCRIPTS = {"require.min.js": "requirejs/require.js", "d3": "d3/dist/d3.min.js", "jquery": "jquery/dist/jquery.min.js"}
ROWS = (
    "all heads drawn", "model's run in it", "hover", "layer or head", "exact numbers", "bytes",
    "longest task, opening", "longest task, new text", "longest task, choosing",
)  # fmt: skip
# The picture is in a shadow root inside that of its component.
FIND = """window.picture = () => {
    for (const { shadowRoot } of document.querySelectorAll('[data-testid="stBidiComponentIsolated"]'))
        for (const host of shadowRoot?.children ?? [])
            if (host.shadowRoot?.querySelector(".picture")) return host.shadowRoot.querySelector(".picture");
};
window.shows = () => window.picture()?.dataset ?? {};"""


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bertviz", type=Path)
    parser.add_argument("--scripts", type=Path)
    parser.add_argument("--tokens", nargs="+", type=int, default=[18, 64, 128, 512])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    wanted = parser.parse_args()
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder, serving() as server, sync_playwright() as driver:
        model = save_model(Path(folder))
        browser = driver.chromium.launch(executable_path=wanted.browser, args=["--no-sandbox"])
        for n_tokens in wanted.tokens:
            columns[f"ours, {n_tokens}"] = ours(browser, server.url, model, n_tokens, rounds=wanted.rounds)
            if wanted.bertviz and wanted.scripts:
                page = bertviz_page(wanted.bertviz, model, n_tokens, Path(folder))
                columns[f"BertViz, {n_tokens}"] = theirs(browser, page, wanted.scripts, rounds=wanted.rounds)
            print(columns, file=sys.stderr)
    if wanted.bertviz and wanted.scripts:
        write_report(columns)
    else:
        print(lines_of(columns))


def save_model(
    folder: Path,
    *,
    kind: type[BertPreTrainedModel] = BertModel,
    d_model: int = 96,
    inner: int = 96,
    spread: float = 0.2,
) -> str:
    """A random BERT of 12 × 12 heads with a word for every number, in the layout of the hub.

    spread: of its numbers, so that heads differ; large models become unstable with much of it.
    """
    torch.manual_seed(0)
    vocabulary = {
        word: place for place, word in enumerate(("[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(600))))
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=d_model,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=N_HEADS,
        intermediate_size=inner,
        initializer_range=spread,
    )
    kind(config).save_pretrained(folder / "random-bert")
    names = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    written = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)  # type: ignore[no-untyped-call]
    written.save_pretrained(folder / "random-bert")
    return str(folder / "random-bert")


def text_of(n_tokens: int, first: int = 0) -> str:
    """A text of so many tokens, special ones included; another one for every `first`."""
    return " ".join(f"w{(first + place) % 600}" for place in range(n_tokens - 2))


# ------------------------------------------------------------------ ours


def ours(browser: Browser, url: str, model: str, n_tokens: int, *, rounds: int) -> dict[str, str]:
    """The column of the table that is ours."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(f"{WATCH}\n{FIND}")
    page.set_default_timeout(60_000)
    page.goto(f"{url}/?{urlencode({'model': model, 'text': text_of(8)})}")
    page.get_by_role("button", name="Load this model").click()
    page.get_by_text(f"{N_LAYERS * N_HEADS} heads.").wait_for()  # what stands in for it has fewer
    page.wait_for_timeout(2000)
    opening = longest_task(page)
    drawn = median_of(3, lambda number: new_text(page, text_of(n_tokens, number + 1)))
    settle(page)
    of_text = longest_task(page)
    hover = median_of(rounds, lambda number: hover_ours(page, number % (n_tokens - 2) + 1))
    choices = [choose(page, number) for number in range(rounds + 1)][1:]
    stack = attnviz.load(model).run(text_of(n_tokens, 3)).encoder
    assert stack is not None
    found = survey(stack)
    n_bytes = found.codes.nbytes + found.exact([(0, 0)]).nbytes
    run = median_of(5, lambda number: run_time(model, text_of(n_tokens, number)))
    tasks = (opening, of_text, longest_task(page))
    page.close()
    values = (drawn, run, hover, *(statistics.median(times) for times in zip(*choices, strict=True)))
    return dict(zip(ROWS, (*map(milliseconds, values), megabytes(n_bytes), *map(task, tasks)), strict=True))


def new_text(page: Page, text: str) -> float:
    """From Enter to all heads on screen, the model's run included."""
    field = page.get_by_role("textbox", name="Sentence")
    field.fill(text)
    before = page.evaluate("shows().digest")
    field.evaluate(
        "field => field.addEventListener('keydown', () => { window.began = performance.now(); }, {once: true})"
    )
    field.press("Enter")
    return float(
        page.evaluate(
            """async before => await until(() => {
                const { digest } = shows();
                return digest && digest !== before;
            }) - window.began""",
            before,
        )
    )


def settle(page: Page) -> None:
    """Wait until the page is at rest."""
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")
    page.wait_for_timeout(1000)


def hover_ours(page: Page, place: int) -> float:
    """From the pointer on a word to its arcs."""
    token = "picture().querySelectorAll('.st-key-sentence [role=option]')[argument]"
    return in_frame(page, f"{token}.dispatchEvent(new PointerEvent('pointerover', {{bubbles: true}}))", place)


def choose(page: Page, number: int) -> tuple[float, float]:
    """From a click on a small map to the picture of that head, and to its exact numbers."""
    layer, head = number * 5 % N_LAYERS, number * 7 % N_HEADS
    page.evaluate(
        """([layer, head]) => {
            const canvas = picture().querySelector("canvas[data-tiles]"), box = canvas.getBoundingClientRect();
            const [left, top, width, height, gap] = canvas.dataset.tiles.split(" ").map(Number);
            window.at = {bubbles: true, clientX: box.left + left + head * (width + gap) + width / 2,
                         clientY: box.top + top + layer * (height + gap) + height / 2};
            window.clickHead = () => {
                window.began = performance.now();
                canvas.dispatchEvent(new MouseEvent("click", at));
            };
        }""",
        [layer, head],
    )
    shown = f"shows().shows === '{layer}.{head}'"
    drawn, exact = page.evaluate(
        f"""async () => {{
            clickHead();
            const ends = [until(() => {shown}), until(() => {shown} && shows().exact === "true")];
            return (await Promise.all(ends)).map(end => end - window.began);
        }}"""
    )
    settle(page)
    return drawn, exact


def run_time(model: str, text: str) -> float:
    """Milliseconds of the model alone."""
    engine = attnviz.load(model)
    began = time.perf_counter()
    engine.run(text)
    return 1000 * (time.perf_counter() - began)


# ------------------------------------------------------------------ BertViz


def bertviz_page(python: Path, model: str, n_tokens: int, folder: Path) -> Path | None:
    """A page of BertViz's for the same weights; None where it would be too large to open."""
    if n_tokens > MOST_BERTVIZ_TOKENS:
        return None
    stack = attnviz.load(model).run(text_of(n_tokens)).encoder
    assert stack is not None
    stored, page = folder / "weights.npz", folder / f"bertviz-{n_tokens}.html"
    weights = np.stack([stack.weights(layer).numpy() for layer in range(stack.n_layers)])
    np.savez(stored, weights=weights, tokens=[token.text for token in stack.query_tokens])
    subprocess.run([python, Path(__file__).with_name("bertviz_page.py"), stored, page], check=True)
    return page


def theirs(browser: Browser, html: Path | None, scripts: Path, *, rounds: int) -> dict[str, str]:
    """The column of the table that is BertViz's."""
    if html is None:
        return dict.fromkeys(ROWS, "not opened")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.set_default_timeout(120_000)
    page.route("https://cdnjs.cloudflare.com/**", lambda route: answer(route, scripts))
    page.goto(html.as_uri(), wait_until="commit")
    drawn = float(page.evaluate("until(() => document.querySelectorAll('#vis line').length > 0)"))
    page.wait_for_timeout(1000)
    opening = longest_task(page)
    hover = median_of(rounds, lambda number: in_frame(page, _HOVER, number % 10))
    layer = median_of(rounds, lambda number: in_frame(page, _LAYER, number % N_LAYERS))
    tasks = (task(opening), "", task(longest_task(page)))
    page.close()
    values = (milliseconds(drawn), "", milliseconds(hover), milliseconds(layer), "")
    return dict(zip(ROWS, (*values, megabytes(html.stat().st_size), *tasks), strict=True))


_HOVER = """document.querySelectorAll("#left > g:last-child > g")[argument]
    .dispatchEvent(new MouseEvent("mouseover", {bubbles: true}))"""
_LAYER = """const layer = document.querySelector("#layer");
    layer.value = argument; layer.dispatchEvent(new Event("change", {bubbles: true}))"""


def answer(route: Route, scripts: Path) -> None:
    """Answer a request for a library with the file that npm brought."""
    name = next(name for name in SCRIPTS if f"/{name}" in route.request.url)
    route.fulfill(path=scripts / SCRIPTS[name], content_type="text/javascript")


# ------------------------------------------------------------------ the table


def task(longest: float) -> str:
    """The longest task; browsers report those over 50 ms."""
    return "under 50 ms" if longest == 0 else milliseconds(longest)


def write_report(columns: dict[str, dict[str, str]]) -> None:
    """Write the table."""
    explanation = (
        "12 × 12 heads of a random BERT, one Chromium, medians. *All heads drawn*: ours from Enter, the model's run "
        "included; BertViz's from opening the page, its weights computed before. *Hover* and *layer or head*: script, "
        "layout and painting. *Exact numbers*: from the click until the map has those of the server. "
        "*Longest task* of the main thread: opening the page (ours reads Plotly's script of 4.7 MB in one task), "
        "after Enter, and while hovering and choosing."
    )
    write_section(HEADING, f"{explanation}\n\n{lines_of(columns)}")


def lines_of(columns: dict[str, dict[str, str]]) -> str:
    """The table of all that was measured."""
    return table(["", *columns], [[name, *(values[name] for values in columns.values())] for name in ROWS])


if __name__ == "__main__":
    main()
