"""The pins: exact, complete, without addresses, and the same in every place that holds them."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DOCUMENT = tomllib.loads(PROJECT)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("lock_script", ROOT / "scripts" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries():
    """Return name, version and the rest of each entry of requirements.lock."""
    logical = REQUIREMENTS.replace("\\\n", " ").splitlines()
    return [
        re.fullmatch(r"([\w.-]+)==(\S+)(.*)", line).groups() for line in logical if not line.startswith("#")
    ]


def pinned(lines):
    found = {}
    for line in lines:
        if match := re.match(r"([\w.-]+)==(\S+)", line):
            found.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), set()).add(match[2])
    return found


def test_that_every_direct_dependency_is_pinned():
    groups = DOCUMENT["dependency-groups"]
    lines = [*DOCUMENT["project"]["dependencies"], *DOCUMENT["project"]["optional-dependencies"]["export"]]
    lines += [line for group in groups.values() for line in group if not line.startswith("wnin-desktop[")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_that_the_lock_and_the_constraints_name_the_same_versions():
    direct = pinned(
        [*DOCUMENT["project"]["dependencies"], *DOCUMENT["project"]["optional-dependencies"]["export"]]
    )
    allowed = direct | pinned(DOCUMENT["tool"]["uv"]["constraint-dependencies"])
    locked = pinned(f"{name}=={version}" for name, version, _ in entries())
    assert {name: versions for name, versions in locked.items() if allowed.get(name) != versions} == {}
    assert set(direct) <= set(locked)


def test_that_every_entry_has_hashes_and_none_an_address():
    assert entries()
    assert all("--hash=sha256:" in rest for _, _, rest in entries())
    for text in (REQUIREMENTS, PROJECT):
        assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_that_no_constraint_repeats_a_direct_pin(script):
    constraints = pinned(DOCUMENT["tool"]["uv"]["constraint-dependencies"])
    assert set(constraints) & script.direct_names(PROJECT) == set()


def test_that_a_marker_is_kept_only_where_versions_differ(script):
    old, new = "python_version < '3.12'", "python_version >= '3.12'"
    exported = f"b==2 ; sys_platform == 'linux'\na==1 ; {old}\na==3 ; {new}\nclick==8\n"
    project = '[project]\ndependencies = ["click==8"]\n'
    assert script.constraints(exported, project) == [
        f"a==1 ; {old}",
        f"a==3 ; {new}",
        "b==2",
    ]


def test_that_constraints_are_replaced_as_a_whole(script):
    emptied = script.with_constraints(PROJECT, [])
    assert tomllib.loads(emptied)["tool"]["uv"]["constraint-dependencies"] == []
    assert script.with_constraints(emptied, DOCUMENT["tool"]["uv"]["constraint-dependencies"]) == PROJECT
    without = "[tool.uv]\ndefault-groups = []\n"
    assert tomllib.loads(script.with_constraints(without, ["a==1"]))["tool"]["uv"] == {
        "constraint-dependencies": ["a==1"],
        "default-groups": [],
    }
