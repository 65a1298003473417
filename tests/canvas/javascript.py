"""Functions of the picture's modules, called from Python: what both must know is compared in one place."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attnviz.canvas import bundle
from tools import node

_CALL = """
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { module, expression, inputs } = JSON.parse(Buffer.concat(chunks).toString());
const exported = await import(module);
const called = new Function(...Object.keys(exported), "inputs", `return inputs.map(${expression});`);
process.stdout.write(JSON.stringify(called(...Object.values(exported), inputs)));
"""


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run node."""
    return subprocess.run(
        node.command(["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", *arguments]),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        **options,
    )


def call(module: str, expression: str, inputs: Iterable[Any], *, folder: Path = bundle.FOLDER) -> list[Any]:
    """What a function gives for each input; it is an expression over what the module exports, such as `numberText`."""
    asked = {"module": (folder / f"{module}.js").as_uri(), "expression": expression, "inputs": list(inputs)}
    done = run("--input-type=module", "--eval", _CALL, input=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
