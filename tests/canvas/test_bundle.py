"""The modules of the picture as one script."""

import json
import re
from typing import Any

import pytest

from attnviz.canvas import bundle
from attnviz.canvas.bundle import BundleError, bundled
from tests.canvas.javascript import call, run

MOUNT = "export function mount(element, options, made) { return [element, options, made.style]; }\n"


def evaluated(script: str, expression: str) -> Any:
    done = run("-", input=f"{script}\nprocess.stdout.write(JSON.stringify({expression}));")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_mount_is_given_the_style():
    assert evaluated(bundled({"mount": MOUNT}, "p { color: red }"), 'mount("here", 3)') == [
        "here",
        3,
        "p { color: red }",
    ]


def test_modules_keep_their_names_to_themselves():
    sources = {
        "mount": 'import { a } from "./a.js";\nimport { b as other } from "./b.js";\n'
        "const own = 1;\nexport function mount() { return [a(), other, own]; }\n",
        "a": "const own = 2;\nexport function a() { return own; }\n",
        "b": "const own = 3;\nexport const b = own + 10;\nexport class Unused {}\n",
    }
    assert evaluated(bundled(sources, ""), "mount()") == [2, 13, 1]


def test_an_import_may_take_several_lines():
    sources = {
        "mount": 'import {\n  a,\n  b,\n} from "./a.js";\n' + MOUNT,
        "a": "export const a = 1;\nexport const b = 2;\n",
    }
    assert evaluated(bundled(sources, "", ["a"]), "[attnviz.a.a, attnviz.a.b]") == [1, 2]


def test_only_what_is_imported_is_in_the_script():
    assert "never" not in bundled({"mount": MOUNT, "alone": "export const never = 1;\n"}, "")


def test_the_script_can_make_itself_again():
    source = 'import { text } from "./a.js";\nexport function mount(a, b, made) { return [made.source, text]; }\n'
    script = bundled({"mount": source, "a": "export const text = `a %s \\u2028 ${1}`;\n"}, "a { b: '%s' }")
    (again, text) = evaluated(script, "mount()")
    assert text == "a %s \u2028 1"
    assert evaluated(again, "mount()") == [again, text]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('import a from "./a.js";', "import a from"),
        ('import * as a from "./a.js";', "import * as a"),
        ('import "./a.js";', 'import "./a.js";'),
        ("import { a } from './a.js';", "import { a } from './a.js'"),
        ('import { a } from "somewhere";', "somewhere"),
        ("export default function f() {}", "export default"),
        ("export let a = 1;", "export let"),
        ("export { a };", "export { a }"),
        ('export * from "./a.js";', "export *"),
    ],
)
def test_other_forms_are_refused_with_the_line(line, told):
    with pytest.raises(BundleError, match=re.escape(told)) as caught:
        bundled({"mount": MOUNT + line, "a": "export const a = 1;\n"}, "")
    assert str(caught.value).startswith("mount.js")


def test_an_import_of_what_is_not_there_is_refused():
    with pytest.raises(BundleError, match=r"mount\.js imports \./b\.js, which does not exist"):
        bundled({"mount": 'import { a } from "./b.js";\n' + MOUNT}, "")
    with pytest.raises(BundleError, match=r"imports c from \./a\.js, which exports no such name"):
        bundled({"mount": 'import { c } from "./a.js";\n' + MOUNT, "a": "export const a = 1;\n"}, "")


def test_a_circle_is_refused():
    circle = {
        "mount": 'import { a } from "./a.js";\n' + MOUNT,
        "a": 'import { mount } from "./mount.js";\nexport const a = 1;\n',
    }
    with pytest.raises(BundleError, match="in a circle"):
        bundled(circle, "")


def test_the_script_of_the_picture_may_stand_in_a_page():
    for forbidden in ("</script", "<!--", "<script"):
        assert forbidden not in bundle.script().lower()


def test_the_picture_asks_nobody_for_anything():
    hosts = set(re.findall(r"https?://[^\"'\s)]+", bundle.script()))
    assert hosts <= {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|importScripts)\b", bundle.script())


def test_the_bundle_is_the_modules():
    names = sorted(path.stem for path in bundle.FOLDER.glob("*.js") if path.stem != "types")  # that one has types alone
    urls = json.dumps([(bundle.FOLDER / f"{name}.js").as_uri() for name in names])
    keys = "Object.keys(module).sort()"
    modules = run(
        "--input-type=module",
        "--eval",
        f"const told = []; for (const url of {urls}) {{ const module = await import(url); told.push({keys}); }}"
        "process.stdout.write(JSON.stringify(told));",
    )
    assert modules.returncode == 0, modules.stderr
    script = bundle.script(*names)
    assert evaluated(script, f"{json.dumps(names)}.map((name) => attnviz[name]).map((module) => {keys})") == json.loads(
        modules.stdout
    )


def test_a_function_of_the_bundle_does_what_the_module_does():
    weights = [0, 0.004, 0.25, 0.91, 0.996, 1]
    bundled_text = evaluated(bundle.script("numbers"), f"{json.dumps(weights)}.map(attnviz.numbers.numberText)")
    assert bundled_text == call("numbers", "numberText", weights)
