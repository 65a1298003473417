"""The modules of this folder as one script, for every host: the app, a file, a notebook.

Nothing is built and no tool is needed: each module becomes a function of its own, in the order of the imports, and what
it exports is what that function returns. So two modules may use one name for two things, as in the browser's own
modules. Only these forms are read, each at the beginning of a line:

    import { a, b as c } from "./other.js";
    export function f(…) {       export async function f(…) {       export class C {       export const c = …
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from attnviz.errors import AttnVizError

FOLDER = Path(__file__).parent
ENTRY = "mount"
_IMPORT = re.compile(r'^import \{([^{}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^ *(?:import\b(?! *[.])|export\b).*", re.MULTILINE)


class BundleError(AttnVizError):
    """A module of the picture is written in a form that the bundle does not read."""


@cache
def script(*names: str) -> str:
    """One script that declares `mount(element, options)`; it may stand in a module or in a page.

    names: modules of which every export is handed out as well, such as "drawing", as `attnviz.drawing`.
    """
    return bundled({path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}, css(), names)


@cache
def css() -> str:
    """The style of the picture; it applies within the picture alone."""
    return (FOLDER / "picture.css").read_text(encoding="utf-8")


def bundled(sources: Mapping[str, str], style: str, names: Sequence[str] = ()) -> str:
    """Modules, by name, as one script; the entry's `mount` is given the style.

    Raises BundleError for other forms of import and export than this file names, for an import of what does not
    exist, and for modules that import each other in a circle.
    """
    functions = [f"modules.{name} = {_function(name, sources)}" for name in _order(sources, (ENTRY, *names))]
    body = "\n".join(functions)
    call = "const attnviz = (%s)();\nconst { mount } = attnviz;\n"
    return call % (
        f'function make() {{\n"use strict";\nconst modules = {{}};\n{body}\n'
        f"const source = {json.dumps(call)}.replace('%s', () => String(make));\n"
        f"const made = {{ source, style: {json.dumps(style)} }};\n"
        f"const mount = (element, options) => modules.{ENTRY}.mount(element, options, made);\n"
        f"return {{ mount, {', '.join(f'{name}: modules.{name}' for name in names)} }};\n}}"
    )


def _order(sources: Mapping[str, str], entries: Sequence[str]) -> list[str]:
    """What the entries need, each module after those that it imports."""
    graph: dict[str, list[str]] = {}
    to_visit = [*entries]
    while to_visit:
        name = to_visit.pop()
        if name in graph:
            continue
        graph[name] = [target for _, target in _IMPORT.findall(sources[name])]
        for target in graph[name]:
            if target not in sources:
                raise BundleError(f"{name}.js imports ./{target}.js, which does not exist.")
        to_visit += graph[name]
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BundleError(f"Modules import each other in a circle: {' → '.join(error.args[1])}.") from error


def _function(name: str, sources: Mapping[str, str]) -> str:
    """A module as a function that is called once and returns what it exports."""

    def taken(found: re.Match[str]) -> str:
        names = [each.strip() for each in found[1].split(",") if each.strip()]
        exported = set(_EXPORT.findall(sources[found[2]]))
        for each in names:
            if each.split(" as ")[0] not in exported:
                raise BundleError(f"{name}.js imports {each} from ./{found[2]}.js, which exports no such name.")
        return f"const {{ {', '.join(each.replace(' as ', ': ') for each in names)} }} = modules.{found[2]};"

    source = _IMPORT.sub(taken, sources[name])
    exports = _EXPORT.findall(source)
    source = _EXPORT.sub("", source)
    if other := _OTHER.search(source):
        raise BundleError(
            f"{name}.js: the bundle does not read “{other[0].strip()}”. Write "
            'import { a } from "./other.js"; or export function, export class, export const.'
        )
    return f"(() => {{\n{source}\nreturn {{ {', '.join(exports)} }};\n}})();"
