"""Regenerate the pins: `constraint-dependencies` in pyproject.toml and requirements.lock.

    python scripts/lock.py            pin what a resolution under the present pins gives
    python scripts/lock.py --upgrade  forget the transitive pins first
    python scripts/lock.py --check    change nothing; fail when a fresh resolution differs from the pins

Direct dependencies are pinned by hand in pyproject.toml. A `uv.lock` would hold download addresses, so it
is not kept; these two files hold versions and hashes only, and `uv run` obeys the first.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
REQUIREMENTS = ROOT / "requirements.lock"
OLDEST_PYTHON = "3.11"
HEADER = "# Versions and hashes of what an installation holds, by `python scripts/lock.py`.\n"

_BLOCK = re.compile(r"^constraint-dependencies = \[\n(?:  .*\n)*\]\n", re.MULTILINE)
_PINNED = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[\w,]*\])?==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?"
)


def main(arguments: list[str] | None = None) -> int:
    """Regenerate or check the pins; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--upgrade", action="store_true", help="forget the transitive pins first")
    choice.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    options = parser.parse_args(arguments)
    project = PROJECT.read_text(encoding="utf-8")
    if options.upgrade:
        project = with_constraints(project, [])
    project, requirements = locked(project)
    if options.check:
        return _report(project, requirements)
    PROJECT.write_text(project, encoding="utf-8", newline="\n")
    REQUIREMENTS.write_text(requirements, encoding="utf-8", newline="\n")
    return 0


def locked(project: str) -> tuple[str, str]:
    """Return pyproject.toml with every transitive pin, and requirements.lock, from a fresh resolution."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "pyproject.toml").write_text(project, encoding="utf-8")
        flags = [
            "--all-groups",
            "--all-extras",
            "--no-hashes",
            "--no-emit-project",
            "--no-annotate",
            "--no-header",
        ]
        everything = _uv(here, "export", *flags)
        project = with_constraints(project, constraints(everything, project))
        (here / "pyproject.toml").write_text(project, encoding="utf-8")
        flags = ["--universal", "--python-version", OLDEST_PYTHON, "--all-extras", "--generate-hashes"]
        quiet = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
        requirements = _uv(here, "pip", "compile", "pyproject.toml", *flags, *quiet)
    return project, HEADER + requirements


def _uv(folder: Path, *arguments: str) -> str:
    command = ["uv", "--quiet", *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def constraints(exported: str, project: str) -> list[str]:
    """Return a pin for each package of `exported` that `project` does not pin itself.

    A marker is kept only where it decides between several versions of one package.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for line in exported.splitlines():
        if pinned := _PINNED.match(line):
            found.setdefault(pinned["name"], []).append((pinned["version"], (pinned["marker"] or "").strip()))
    direct = direct_names(project)
    lines = []
    for name, versions in sorted(found.items()):
        several = len(versions) > 1
        for version, marker in versions if name not in direct else ():
            lines.append(f"{name}=={version}" + (f" ; {marker}" if several and marker else ""))
    return lines


def direct_names(project: str) -> set[str]:
    """Return the packages that `project`, the text of pyproject.toml, pins itself."""
    document = tomllib.loads(project)
    lists = [document["project"]["dependencies"]]
    lists += document["project"].get("optional-dependencies", {}).values()
    lists += document.get("dependency-groups", {}).values()
    matches = (_PINNED.match(entry) for entries in lists for entry in entries)
    return {re.sub(r"[-_.]+", "-", found["name"]).lower() for found in matches if found}


def with_constraints(project: str, pins: list[str]) -> str:
    """Return `project`, the text of pyproject.toml, with `pins` as its constraints."""
    block = "constraint-dependencies = [\n" + "".join(f'  "{pin}",\n' for pin in pins) + "]\n"
    if _BLOCK.search(project):
        return _BLOCK.sub(lambda _: block, project)
    return project.replace("[tool.uv]\n", f"[tool.uv]\n{block}", 1)


def _report(project: str, requirements: str) -> int:
    pairs = ((PROJECT, project), (REQUIREMENTS, requirements))
    stale = [path.name for path, fresh in pairs if path.read_text(encoding="utf-8") != fresh]
    for name in stale:
        sys.stderr.write(f"{name} is not what a fresh resolution gives; run `python scripts/lock.py`.\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
