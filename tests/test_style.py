"""The habits of this code base that a reader relies on, held for every file that is kept."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 500
RARELY_OVER = 400
MEDIAN_FUNCTION_LINES = 10
LONGEST_FUNCTION = 60
FOLDERS = ("wnin_desktop", "optimizers", "tests", "scripts", "benchmarks")


def kept_files() -> list[Path]:
    """Return what version control holds; without it, everything in the folders."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode == 0 and listing.stdout:
        found = [ROOT / name for name in listing.stdout.split("\0") if name]
        return [path for path in found if path.is_file()]
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]


FILES = kept_files()
SOURCES = [path for path in FILES if path.suffix == ".py"]
SHIPPED = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("wnin_desktop", "optimizers")]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node for node in ast.walk(TREES[path]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def places(pattern: str, paths: list[Path]) -> list[str]:
    """Return where `pattern` occurs, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]


def ruff(*arguments: str, paths: list[Path]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_that_the_linter_finds_nothing():
    done = ruff("check", "--no-cache", "--output-format", "concise", paths=SOURCES)
    assert done.returncode == 0, done.stdout


def test_that_every_file_is_formatted():
    done = ruff("format", "--check", "--no-cache", paths=SOURCES)
    assert done.returncode == 0, done.stdout


@pytest.mark.full
def test_that_the_types_hold():
    done = subprocess.run(
        [sys.executable, "-m", "pyright"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_that_files_and_functions_stay_short():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert [path.name for path, count in lines.items() if count > MOST_LINES] == []
    assert sum(count > RARELY_OVER for count in lines.values()) <= len(lines) / 20
    lengths = [length(function) for path in SHIPPED for function in functions(path)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES
    assert max(lengths) <= LONGEST_FUNCTION


def test_that_tests_are_named_as_laws():
    tests = [path for path in SOURCES if path.name.startswith("test_")]
    names = [
        function.name for path in tests for function in functions(path) if function.name.startswith("test")
    ]
    assert [name for name in names if not re.match(r"test_(\w\d_)?that_", name)] == []


def test_that_nothing_is_left_for_later():
    others = [path for path in SOURCES if path.name != "test_style.py"]
    assert places(r"\b(TODO|FIXME|XXX|HACK)\b", others) == []


def test_that_no_path_of_one_machine_is_written_down():
    own = r"(?<![\w.])/(work|tmp|root|home|opt)/"
    mine = [place for place in places(own, FILES) if not place.startswith("tests/test_style.py")]
    assert mine == []


def test_that_a_rule_is_set_aside_only_with_its_reason():
    """Each code that a file sets aside has its reason there at least once."""
    missing = []
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        aside = re.findall(r"# (?:noqa|type: ignore|pyright: ignore)[:\[ ]*([\w,]*)\]?(.*)", text)
        explained = {code for code, rest in aside if " - " in rest}
        missing += [(path.name, code) for code, _ in aside if not code or code not in explained]
    assert missing == []


def blind_handlers(path: Path) -> list[int]:
    """Return the lines of handlers that swallow everything and do not say why."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    for node in ast.walk(TREES[path]):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ast.unparse(node.type) if node.type else "BaseException"
        raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        said = any("#" in line for line in lines[node.lineno - 1 : node.body[0].lineno])
        if caught in ("Exception", "BaseException") and not raises and not said:
            found.append(node.lineno)
    return found


def test_that_no_handler_swallows_everything_without_saying_why():
    blind = {path.name: lines for path in SHIPPED if (lines := blind_handlers(path))}
    assert blind == {}
