"""What is promised outside the code: pins, commands of the README, the public names, what an import costs."""

import importlib.metadata
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import attnviz
from attnviz import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(name):
    """The pins of a requirements file: (direct, brought by these), each by canonical name."""
    direct, _, brought = (ROOT / name).read_text(encoding="utf-8").partition("# Brought by these")
    parts = []
    for part in (direct, brought):
        lines = (line.partition("#")[0].strip() for line in part.splitlines())
        requirements = [Requirement(line) for line in lines if line]
        named = {canonicalize_name(requirement.name): requirement for requirement in requirements}
        assert len(named) == len(requirements), f"{name} pins something twice"
        parts.append(named)
    assert not parts[0].keys() & parts[1].keys()
    return parts


RUNTIME, BROUGHT = pins("requirements.txt")
TOOLS, TOOLS_BROUGHT = pins("requirements-dev.txt")


@pytest.mark.parametrize(
    ("declared", "pinned"),
    [(PROJECT["dependencies"], RUNTIME), (PROJECT["optional-dependencies"]["dev"], TOOLS)],
    ids=["runtime", "dev"],
)
def test_the_project_accepts_what_is_pinned_directly(declared, pinned):
    accepted = {canonicalize_name(Requirement(line).name): Requirement(line) for line in declared}
    assert accepted.keys() == pinned.keys()
    for name, requirement in accepted.items():
        (pin,) = pinned[name].specifier
        assert pin.version in requirement.specifier


def test_every_line_is_an_exact_pin_and_the_files_agree():
    versions = {}
    for name, requirement in [pin for part in (RUNTIME, BROUGHT, TOOLS, TOOLS_BROUGHT) for pin in part.items()]:
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        assert versions.setdefault(name, pin.version) == pin.version


def test_what_runs_here_is_what_is_pinned():
    for requirement in [*RUNTIME.values(), *BROUGHT.values()]:
        if requirement.marker is None or requirement.marker.evaluate():
            installed = importlib.metadata.version(requirement.name)
            assert requirement.specifier.contains(installed), f"{requirement}, but {installed} is installed"


def test_all_that_the_direct_ones_bring_is_pinned_and_nothing_else():
    found, to_visit = set(), [(name, frozenset(pin.extras)) for name, pin in RUNTIME.items()]
    while to_visit:
        name, extras = to_visit.pop()
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                to_visit.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    here = {name for name, pin in (RUNTIME | BROUGHT).items() if pin.marker is None or pin.marker.evaluate()}
    assert {name for name, _ in found} == here


def test_the_public_names_are_these():
    assert sorted(attnviz.__all__) == sorted(
        [
            *("DEFAULT_MODEL", "AttnVizError", "Engine", "Prediction", "Progress", "Stack", "Step", "Token", "Trace"),
            *("load", "cut", "look", "mute", "patch", "set_row", "take_away"),
        ]
    )
    for name in attnviz.__all__:
        assert getattr(attnviz, name) is not None


def test_the_models_that_come_along_need_neither_transformers_nor_the_app(tmp_path):
    program = (
        "import sys, attnviz, attnviz.export\n"
        f"for model in ('untrained', {attnviz.DEFAULT_MODEL!r}):\n"
        "    trace = attnviz.load(model).run('The cat sat')\n"
        f"    attnviz.export.save(trace, {str(tmp_path / 'a.npz')!r})\n"
        "print(sorted({'transformers', 'streamlit', 'plotly', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "['torch']"


def test_neither_the_import_nor_help_waits_for_torch():
    program = (
        "import sys, attnviz\n"
        "from attnviz import cli\n"
        "cli.parser().format_help()\n"
        "assert attnviz.AttnVizError and attnviz.Token and attnviz.DEFAULT_MODEL\n"
        "print(sorted({'transformers', 'streamlit', 'plotly', 'torch', 'huggingface_hub'} & set(sys.modules)))\n"
        "assert attnviz.Stack and 'torch' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_the_package_lacks_is_an_error():
    assert set(attnviz.__all__) <= set(dir(attnviz))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        attnviz.nothing


def fenced(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shell_lines():
    lines = "\n".join(fenced("sh")).splitlines()
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def test_the_readme_opens_with_the_two_commands():
    assert shell_lines()[:2] == [["make", "run"], ["make", "test"]]


def test_every_command_of_the_readme_leads_somewhere():
    for words in shell_lines():
        match words:
            case ["make", target]:
                assert subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True).returncode == 0
            case ["python", "-m", "attnviz", *arguments]:
                assert cli.parser().parse_args(arguments).command
            case ["python3", script, *_]:
                assert (ROOT / script).is_file()
            case [program, "run", script] if program.endswith("streamlit"):
                assert (ROOT / script).is_file()
            case ["docker", *_]:
                assert (ROOT / "Dockerfile").is_file()
            case _:
                pytest.fail(f"no test knows what {words} leads to")


def test_the_python_of_the_readme_runs(capsys):
    (program,) = fenced("python")
    exec(program, {})
    assert capsys.readouterr().out.startswith("torch.Size([13, 13]) ['[CLS]', 'The', 'animal', \"didn't\"")


def test_every_link_to_a_file_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\((?!https://)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_help_lists_every_target_with_what_it_does():
    command = ["make", "--no-print-directory", "help"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (targets,) = re.findall(r"^\.PHONY: (run .*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(line.split()[1] for line in listed.splitlines()) == sorted(targets.split())
    assert all(len(line.split()) > 3 for line in listed.splitlines())
