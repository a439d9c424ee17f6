"""`scripts/Run-WNIN.ps1` hands each of its parameters to a flag that `wnin-train` has."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from wnin_desktop.cli.train import command

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "Run-WNIN.ps1"
TEXT = SCRIPT.read_text(encoding="utf-8")
PARAMETERS = ["Ws", "Optimizer", "Steps", "NoiseMode", "NoiseMag", "NoiseSchedule", "NoisePeriod"]


def mapped():
    return dict(re.findall(r"^    (\w+) += '(--[\w-]+)'$", TEXT, re.MULTILINE))


def test_that_it_takes_the_seven_parameters_and_explains_each():
    assert re.findall(r"^    \[string\] \$(\w+),$", TEXT, re.MULTILINE) == PARAMETERS
    assert re.findall(r"^\.PARAMETER (\w+)$", TEXT, re.MULTILINE) == PARAMETERS


def test_that_every_parameter_is_a_flag_of_wnin_train():
    flags = {flag for option in command.params if isinstance(option, click.Option) for flag in option.opts}
    assert list(mapped()) == PARAMETERS
    assert set(mapped().values()) <= flags


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed here")
def test_that_powershell_runs_it_and_passes_the_exit_code_on():
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-File", str(SCRIPT), "-Steps", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "steps" in done.stderr
