"""Calls `wnin` as a shell would, in this process, and reads what it wrote and returned."""

import json
import sys
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner

from wnin_desktop.cli.main import run, wnin


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


def call(*args: object, answer: str | None = None) -> Said:
    """Run `wnin ARGS`; with an `answer` somebody sits at the terminal and types it."""
    with CliRunner().isolation(input=answer) as (out, err, _):
        if answer is not None:
            sys.stdin.isatty = lambda: True
        code = run(wnin, "wnin", [str(arg) for arg in args])
        sys.stdout.flush()
        sys.stderr.flush()
        return Said(code, out.getvalue().decode(), err.getvalue().decode())


def refusal(said: Said, code: int = 2) -> str:
    """Return the one sentence of a refused call, and see that there was nothing else."""
    assert said.code == code, said
    assert len(said.errors) == 1, said
    assert said.out == "", said
    assert "Traceback" not in said.err, said
    return said.errors[0]
