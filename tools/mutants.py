"""Do the tests bite? Changes one operator of a module at a time and lets the module's own tests look for it.

    python tools/mutants.py [--each 16] [--seed 0] [MODULE ...]

The changes are Cosmic Ray's (https://cosmic-ray.readthedocs.io): of every place in the module one, drawn by the seed,
without those in type annotations, which no program runs. Each is tried in a copy of the package, in a process that is
forked from this one, so that torch is loaded once. Those that no test saw are printed; those that nobody could see
stand in tests/mutants.txt, each with its reason, and are counted apart.
"""

import argparse
import ast
import os
import random
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import hypothesis  # noqa: F401  # what takes long to load is loaded before the first fork
import playwright.sync_api  # noqa: F401
import pytest
import transformers  # noqa: F401
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
REASONS = ROOT / "tests" / "mutants.txt"
TESTS = {
    "attention": ["test_attention.py"],
    "masks": ["test_attention.py"],
    "transformer": ["test_transformer.py"],
    "trace": ["test_trace.py"],
    "recorder": ["test_recorder.py"],
    "selection": ["test_selection.py"],
    "edits": ["test_edits.py"],
    "editing": ["test_editing.py"],
    "tokens": ["test_tokens.py"],
    "engine/seam": ["engine/test_seam.py"],
    "analysis/regroup": ["analysis/test_regroup.py"],
    "analysis/strongest": ["analysis/test_strongest.py"],
    "packing": ["test_packing.py", "test_survey.py"],
    "survey": ["test_survey.py"],
    "figures/heads": ["figures/test_heads.py"],
    "figures/letters": ["figures/test_letters.py"],  # the scale of colours, and what is read on it
    "view": ["test_view.py"],
    "events": ["test_events.py"],
}
PARTS = {"figures/heads": ("FLOOR", "_weights", "_masked", "_caption", "heads_said")}  # the rest is pixels of a layout
KINDS = (
    *("ReplaceBinary", "ReplaceUnary", "ReplaceComparison", "ReplaceAnd", "ReplaceOr"),
    *("ReplaceTrue", "ReplaceFalse", "Number", "AddNot"),
)
SECONDS = 120  # of computing, which are the same on a busy machine: a change that makes a loop without end is seen
Span: TypeAlias = tuple[tuple[int, int], tuple[int, int]]  # begin and end, as (line, column)
HOW = (
    *("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-profile", "mutants"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what is loaded already
)


@dataclass(frozen=True)
class Change:
    """A line of a module, before and after, and the whole module with it."""

    module: str
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        """As tests/mutants.txt names it."""
        return f"{self.module}: {self.before} → {self.after}"


def changes(module: str, draw: random.Random) -> Iterator[Change]:
    """The changes of a module, one for every place and kind of operator, in an order that is drawn."""
    source = (ROOT / "attnviz" / f"{module}.py").read_text(encoding="utf-8")
    tree, hidden = get_ast(source), [*annotations(source), *left_out(source, PARTS.get(module))]
    places: dict[tuple[str, tuple[int, int]], list[tuple[str, int]]] = {}
    for name in sorted(operator_names()):
        kind = name.split("/")[-1].split("_")[0]
        if kind.startswith(KINDS):
            found = [at for node in ast_nodes(tree) for at, _ in get_operator(name)().mutation_positions(node)]
            for number, at in enumerate(found):
                if not any(first <= at < last for first, last in hidden):
                    places.setdefault((kind, at), []).append((name, number))
    for operators in draw.sample(list(places.values()), len(places)):
        name, number = draw.choice(operators)
        after = mutate_code(source, get_operator(name)(), number) or ""
        if is_program(after):
            lines = list(ndiff(source.splitlines(), after.splitlines()))
            was, now = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
            yield Change(module, was, now, after)


def is_program(source: str) -> bool:
    """Whether Python can read it, and no parameters changed: the star of `f(a, *, b)` is no product."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return False
    return not any(node.posonlyargs for node in ast.walk(tree) if isinstance(node, ast.arguments))


def annotations(source: str) -> list[Span]:
    """Where type annotations begin and end."""
    nodes = [getattr(node, name, None) for node in ast.walk(ast.parse(source)) for name in ("annotation", "returns")]
    return [span(node) for node in nodes if node]


def left_out(source: str, parts: tuple[str, ...] | None) -> list[Span]:
    """Where those statements of a module begin and end that make none of these names; none where no names are given."""

    def is_part(node: ast.stmt) -> bool:
        names = [getattr(node, "name", ""), *(getattr(target, "id", "") for target in getattr(node, "targets", ()))]
        return parts is None or any(name in parts for name in names)

    return [span(node) for node in ast.parse(source).body if not is_part(node)]


def span(node: ast.expr | ast.stmt) -> Span:
    """Where a part of a program begins and ends."""
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def passes(module: str, folder: Path) -> bool:
    """Whether the module's own tests pass on the package in this folder."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        os._exit(pytest.main([*HOW, *(f"tests/{name}" for name in TESTS[module])]))
    return os.waitpid(child, 0)[1] == 0


def seen(change: Change, folder: Path) -> bool:
    """Whether the module's own tests fail on this change."""
    place = folder / "attnviz" / f"{change.module}.py"
    original = place.read_text(encoding="utf-8")
    place.write_text(change.source, encoding="utf-8")
    try:
        return not passes(change.module, folder)
    finally:
        place.write_text(original, encoding="utf-8")


def main() -> int:
    """Print how many changes were seen, and those that were not; 1 where fewer than 95 of 100 were."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}; all unless named")
    parser.add_argument("--each", type=int, default=16, help="changes of each module")
    parser.add_argument("--seed", type=int, default=0, help="which of them")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.dont_write_bytecode = True  # a change of the same second and length would not be read
    harmless = {line for line in REASONS.read_text(encoding="utf-8").splitlines() if line and line[0] not in "# "}
    tried = caught = equal = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("attnviz", "tests", "tools"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
        for module in asked.modules or TESTS:
            if not passes(module, folder):
                sys.exit(f"{module}: its tests fail as it is")
            drawn = list(islice(changes(module, random.Random(f"{asked.seed} {module}")), asked.each))
            alive = [str(change) for change in drawn if not seen(change, folder)]
            open_ones = [change for change in alive if change not in harmless]
            listed = len(alive) - len(open_ones)
            print(f"{module}: {len(drawn) - len(alive)} of {len(drawn)} seen, {listed} that nobody could see")
            print(*(f"    {change}\n" for change in open_ones), sep="", end="", flush=True)
            tried, caught, equal = tried + len(drawn), caught + len(drawn) - len(alive), equal + listed
    share = caught / (tried - equal)
    print(f"{caught} of {tried} seen, {equal} that nobody could see: {share:.1%} of the others")
    print(f"{sum(os.times()[:4]):.0f} seconds of computing")
    return 0 if share >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
