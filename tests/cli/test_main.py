import os
import statistics
import subprocess
import sys
import time

import click
import pytest

import wnin_desktop
from wnin_desktop import paths
from wnin_desktop.cli import main
from wnin_desktop.errors import InputError, StoppedByUser, StoreError

HEAVY = ("torch", "numpy", "pydantic", "rich", "apsw", "matplotlib")
HELP_S = 0.6
"""Twice the promise of 0.3 s: a machine that runs tests is busy."""


def run(*words):
    return main.run(main.wnin, "wnin", list(words))


def raising(error):
    """Return the exit code of a command that raises `error`."""

    @click.command()
    def command():
        raise error

    return main.run(command, "wnin", [])


def test_that_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom wnin_desktop.cli import main\nassert main.run(main.wnin, 'wnin', ['--help']) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "demo" in done.stdout


def test_that_help_is_instant():
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "wnin_desktop.cli.main", "--help"], capture_output=True, check=True
        )
        times.append(time.perf_counter() - begun)
    assert statistics.median(times) < HELP_S


def test_that_help_and_version_are_answers_and_no_faults(capsys):
    assert run("--version") == 0
    assert wnin_desktop.__version__ in capsys.readouterr().out
    assert run("--help") == 0
    assert all(verb in capsys.readouterr().out for verb in ("train",))


@pytest.mark.parametrize("verb", ["train", "compare", "demo"])
def test_that_a_verb_explains_itself(verb, capsys):
    assert run(verb, "--help") == 0
    assert f"Usage: wnin {verb}" in capsys.readouterr().out


USAGE = [
    (["trian"], "error: verb: 'trian' is not accepted; allowed: demo, train,"),
    (["trian"], "(did you mean train?)"),
    (["train", "--stesp", "3"], "error: No such option '--stesp'"),
    (["train", "--steps"], "error: Option '--steps' requires an argument."),
    (["train", "more"], "error: Got unexpected extra argument"),
    (["--nonsense"], "error: No such option '--nonsense'"),
    (["train", "--executor", "cloud"], "error: Invalid value for '--executor': 'cloud' is not one of"),
]


@pytest.mark.parametrize(("words", "sentence"), USAGE)
def test_that_a_wrong_command_line_is_one_sentence(words, sentence, capsys):
    assert run(*words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_that_no_verb_at_all_shows_the_verbs(capsys):
    assert run() == 2
    assert "doctor" in capsys.readouterr().err


ENDINGS = [
    (
        InputError.of("--steps", 0, "allowed: 1 or more"),
        2,
        "error: --steps: 0 is not accepted; allowed: 1 or more.",
    ),
    (StoreError("The store is gone."), 1, "error: The store is gone."),
    (
        StoppedByUser("stopped; go on with: wnin runs resume x"),
        130,
        "error: stopped; go on with: wnin runs resume x",
    ),
    (KeyboardInterrupt(), 130, "error: interrupted; what was recorded is kept."),
]


@pytest.mark.parametrize(("error", "code", "sentence"), ENDINGS, ids=lambda part: type(part).__name__)
def test_that_every_ending_has_its_code_and_sentence(error, code, sentence, capsys):
    assert raising(error) == code
    assert sentence in capsys.readouterr().err


def test_that_an_unexpected_fault_is_one_line_and_a_log(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    assert raising(ZeroDivisionError("by zero\nand more")) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "Traceback" not in said
    (log,) = (paths.home() / "logs").iterdir()
    assert str(log) in said
    assert "ZeroDivisionError: by zero" in log.read_text()


def test_that_a_fault_is_told_even_where_no_log_can_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "file"))
    assert raising(ZeroDivisionError("by zero")) == 1
    assert "could not be written" in capsys.readouterr().err


def test_that_a_reader_who_leaves_early_is_no_fault():
    child = subprocess.Popen(
        [sys.executable, "-m", "wnin_desktop.cli.main", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )
    child.stdout.close()
    said = child.stderr.read()
    child.wait()
    child.stderr.close()
    assert "Traceback" not in said
