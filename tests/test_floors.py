"""The floors of the house, read from the imports: a module imports from below, and on its own floor from its left."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "attnviz"

# Bottom floor first; on a floor, left before right. A folder stands for all its modules; "" is the package root.
FLOORS = (
    ("errors", "shapes", "tokens", "numbers", "selection", "edits"),
    ("masks", "attention", "editing", "recorder", "trace", "transformer", "prediction", "seeds"),
    ("protocols", "engine", "analysis", "testing"),
    (
        "npz",
        "export",
        "packing",
        "survey",
        "address",
        "events",
        "chosen",
        "drawn",
        "first",
        "view",
        "explained",
        "answered",
        "scene",
    ),
    ("canvas", "figures"),
    ("", "serving", "terminal", "cli", "__main__"),
    ("app",),
    ("learn",),
)
# The rooms of the folders that are large enough to have some, bottom first; side by side, they do not know each other.
# "" stands for every module that no room is named after.
ROOMS = {
    "app": (("shared",), ("",), ("pages",)),
    "learn": (
        ("syllabus",),
        ("questions",),
        ("frame",),
        ("parts",),
        (
            *("what_is_self_attention", "query_key_value", "scale_and_softmax", "many_heads", "masks_and_positions"),
            *("why_not_a_recurrent_network", "meaning_from_context", "what_does_it_mean"),
            "from_attention_to_a_transformer",
        ),
    ),
}
PLACES = {name: (floor, place) for floor, names in enumerate(FLOORS) for place, name in enumerate(names)}
# Where a library may be imported: the lowest and the highest floor.
LIBRARIES = {"torch": (1, 3), "plotly": (4, 4), "streamlit": (6, 7)}
# Shapes are written with torch's Tensor, as words only.
EXCEPTIONS = {("shapes", "torch")}


def modules() -> dict[str, str]:
    """The source of every module by its name below the package, such as `engine.seam`."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts).removesuffix("__init__").removesuffix(".")] = path.read_text(encoding="utf-8")
    return names


def imports(source: str, known: set[str]) -> set[str]:
    """Everything a module imports, anywhere in it: modules of the package as `.name`, libraries as `name`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor they come from"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                found.add(submodule if submodule.removeprefix("attnviz.") in known else str(node.module))
    return {
        name.removeprefix("attnviz") or "." if name.split(".")[0] == "attnviz" else name.split(".")[0] for name in found
    }


def place(module: str) -> tuple[int, int]:
    top = module.split(".")[0]
    assert top in PLACES, f"{module} stands on no floor; give it one"
    return PLACES[top]


def room(module: str) -> tuple[int, str]:
    """The floor of a module's room within its folder, and the room."""
    top, _, inside = module.partition(".")
    name = inside.split(".")[0]
    floors = {name: floor for floor, names in enumerate(ROOMS.get(top, (("",),))) for name in names}
    known = name if name in floors else ""
    assert known in floors or not inside, f"{module} stands in no room; give it one"
    return floors.get(known, 0), known


def may_enter(module: str, target: str) -> bool:
    """Whether a module may import another one of its own folder: from its own room, or from a room below."""
    (floor, name), (below, other) = room(module), room(target)
    return name == other or below < floor


def complaints(sources: dict[str, str]) -> list[str]:
    """Every import that the floors forbid."""
    found = []
    for module, source in sources.items():
        floor, left = place(module)
        for imported in sorted(imports(source, set(sources))):
            if imported.startswith("."):
                target = imported.removeprefix(".")
                below, at = place(target)
                is_in_reach = module.split(".")[0] == target.split(".")[0] and may_enter(module, target)
                sides = {module.split(".")[0], target.split(".")[0]} == {"engine", "analysis"}
                if sides or not (below < floor or (below == floor and at < left) or is_in_reach):
                    found.append(f"{module} imports {target or 'the package root'}")
            elif imported in LIBRARIES and (module, imported) not in EXCEPTIONS:
                lowest, highest = LIBRARIES[imported]
                if not lowest <= floor <= highest:
                    found.append(f"{module} imports {imported}")
            elif imported == "transformers" and not module.startswith("engine"):
                found.append(f"{module} imports transformers")
    return found


def test_every_module_imports_from_its_floor_or_below():
    assert complaints(modules()) == []


def test_every_room_that_is_named_is_there_and_the_others_are_none():
    named = [name for names in FLOORS for name in names if name]
    named += [f"{top}/{name}" for top, floors in ROOMS.items() for names in floors for name in names if name]
    assert [name for name in named if not ((PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file())] == []
    assert len(set(named)) == len(named)


def test_no_modules_import_each_other_in_a_circle():
    sources = modules()
    graph = {
        module: {name[1:] for name in imports(source, set(sources)) if name.startswith(".")}
        for module, source in sources.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(sources)  # raises CycleError at a circle


def test_the_script_of_the_app_is_only_a_router():
    script = (PACKAGE.parent / "app.py").read_text(encoding="utf-8")
    assert len(script.splitlines()) <= 30
    assert {name.split(".")[1] for name in imports(script, set(modules())) if name.startswith(".")} == {"app", "learn"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tokens", "from attnviz.trace import Trace"),
        ("masks", "from attnviz.attention import attend"),
        ("attention", "def f():\n    import attnviz"),
        ("analysis.rollout", "from attnviz.engine import load"),
        ("engine.seam", "import attnviz.analysis.rollout"),
        ("export", "from attnviz import load"),
        ("figures.heads", "import torch.nn"),
        ("figures.heads", "import streamlit as st"),
        ("export", "import plotly.graph_objects"),
        ("app.visit", "from plotly import graph_objects"),
        ("cli", "from transformers import AutoModel"),
        ("analysis.rollout", "import transformers.masking_utils"),
        ("tokens", "from torch import Tensor"),
        ("", "from attnviz import cli"),
        ("app.visit", "from attnviz.learn import syllabus"),
        ("app.shared.words", "from attnviz.app import visit"),
        ("app.visit", "from attnviz.app.pages import explore"),
        ("learn.many_heads.side_by_side", "from attnviz.learn.meaning_from_context import context"),
        ("learn.parts.model", "from attnviz.learn.many_heads import side_by_side"),
        ("learn.syllabus", "from attnviz.learn.frame import text"),
    ],
)
def test_a_forbidden_import_is_seen(module, source):
    found = complaints(dict.fromkeys(modules(), "") | {"analysis.rollout": "", module: source})
    assert len(found) == 1
    assert found[0].startswith(f"{module} imports ")


def test_a_module_without_a_floor_or_a_room_is_seen():
    with pytest.raises(AssertionError, match="stands on no floor"):
        complaints({"loft": ""})
    with pytest.raises(AssertionError, match="stands in no room"):
        complaints({"learn.loft": "from attnviz.learn import frame", "learn.frame": ""})
