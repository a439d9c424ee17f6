"""The borders between the rooms, as import-linter contracts, and proof that each of them can break."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

PLANTED = {
    "imports run downwards only": ("schema", "import wnin_desktop.analysis"),
    "Qt lives in one folder": ("runs", "import PySide6"),
    "no torch in schema, stream and viewer": ("stream", "import torch"),
    "the schema needs numpy, pydantic and msgspec only": ("schema", "import yaml"),
    "the command line's root imports no room": ("cli", "import pydantic"),
    "an optimizer file sees the engine and what lies below it": ("optimizers", "import wnin_desktop.runs"),
}


def lint(root: Path) -> str:
    command = [sys.executable, "-c", LINT, "--no-cache", "--config", str(root / "pyproject.toml")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    return f"{done.stdout}{done.stderr}\nexit {done.returncode}"


@pytest.fixture
def copied_tree(tmp_path):
    for package in ("wnin_desktop", "optimizers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(root: Path, room: str, line: str) -> None:
    package = root / room if room == "optimizers" else root / "wnin_desktop" / room
    # The contract on the command line's root names that one module.
    target = package / ("main.py" if room == "cli" else "planted_violation.py")
    text = target.read_text() if target.exists() else '"""Planted."""\n\n'
    target.write_text(f"{text}\n{line}\n")


def test_that_every_border_holds():
    report = lint(ROOT)
    assert report.endswith("exit 0"), report


def test_that_every_border_is_seen_when_it_breaks(copied_tree):
    for room, line in PLANTED.values():
        plant(copied_tree, room, line)
    report = lint(copied_tree)
    assert report.endswith("exit 1"), report
    missed = [name for name in PLANTED if f"{name} BROKEN" not in report]
    assert missed == []


def test_that_a_new_room_must_be_placed_on_purpose(copied_tree):
    (copied_tree / "wnin_desktop" / "attic").mkdir()
    (copied_tree / "wnin_desktop" / "attic" / "__init__.py").touch()
    assert lint(copied_tree).endswith("exit 1")


def test_that_every_contract_is_shown_to_break():
    text = (ROOT / "pyproject.toml").read_text()
    assert text.count("[[tool.importlinter.contracts]]") == len(PLANTED)
    assert all(f'name = "{name}"' in text for name in PLANTED)
