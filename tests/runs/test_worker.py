"""The worker process from outside: without a guard, left alone by its program, short of space."""

import os
import subprocess
import sys

import msgspec
import psutil
import pytest

from tests.engine.comparisons import arm, comparison
from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import DataError, DiskFullError, InputError, StoppedByUser
from wnin_desktop.runs import job as job_module
from wnin_desktop.runs import worker
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.priority import NICENESS
from wnin_desktop.runs.session import Session
from wnin_desktop.runs.source import train_here
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.worker import train_in_process


@pytest.mark.parametrize("source", [train_here, train_in_process])
def test_that_a_full_disk_at_a_manifest_pauses_the_run(tmp_path, monkeypatch, source):
    monkeypatch.setattr(job_module, "RETRY_S", 0.01)
    refused, notices, real = [], [], Store.add_checkpoint

    def scarce(*args):
        if len(refused) < 2:
            refused.append(args)
            raise DiskFullError("No space is left.")
        return real(*args)

    monkeypatch.setattr(Store, "add_checkpoint", scarce)
    config = comparison(arm("sgd"), budget={"checkpoint_every": 5})
    with Store.open(tmp_path) as store:
        experiment = drive(store, config, watchers=Watchers(notice=notices.append), source=source)
        assert {run.status for run in store.runs(experiment_id=experiment)} == {"completed"}
        assert store.latest_checkpoint(experiment).step == 12
    assert ["space" in notice for notice in notices] == [True, True]


def test_that_watchers_given_twice_hear_both_and_mailboxes_only_their_own(tmp_path):
    heard = []
    watchers = Watchers(live=[heard.append])
    with Store.open(tmp_path) as store:
        session = Session(store, executor="inline")
        handles = [session.start(comparison(steps=2, seeds=[0]), watchers) for _ in range(2)]
        ids = [handle.wait(60) for handle in handles]
    for handle, experiment in zip(handles, ids, strict=True):
        assert {event.run_id.split("/")[0] for event in handle.mailbox.drain()} == {experiment}
    assert {event.run_id.split("/")[0] for event in heard} == set(ids)


SCRIPT = """
import sys
from pathlib import Path
from wnin_desktop.runs.session import Session
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.run import ArmConfig, BudgetConfig, CompareConfig

def main():
    config = CompareConfig(
        arms=(ArmConfig(name="a"),), seeds=(0,), device="cpu", budget=BudgetConfig(steps=10_000_000)
    )
    with Store.open(Path(sys.argv[1])) as store:
        handle = Session(store).start(config)
        while handle.is_live:
            if any(type(event).__name__ == "StepMetrics" for event in handle.mailbox.drain()):
                print("stepping", flush=True)
                break
        handle.wait()

"""


def test_that_a_script_without_a_guard_fails_in_a_sentence_that_says_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + "main()\n")
    command = [sys.executable, str(script), str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert '`if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


def test_that_a_worker_ends_when_its_program_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + 'if __name__ == "__main__":\n    main()\n')
    command = [sys.executable, str(script), str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "stepping\n"
        children = psutil.Process(program.pid).children(recursive=True)
        program.kill()
    assert children
    _, alive = psutil.wait_procs(children, timeout=3)
    assert alive == []
    with Store.open(tmp_path / "store") as store:
        assert {run.status for run in store.runs()} == {"interrupted"}


def test_that_a_worker_that_waits_takes_the_next_job_and_gives_the_same_numbers(tmp_path):
    losses = []
    for warm in (False, True):
        if warm:
            worker.warm_up()
            (waiting,) = worker._spares
        with Store.open(tmp_path / str(warm)) as store:
            experiment_id = drive(store, comparison(arm("sgd")), source=train_in_process)
            runs = store.runs(experiment_id=experiment_id)
            losses.append([store.series(run.run_id, ["train_loss"])["train_loss"].tolist() for run in runs])
    assert losses[0] == losses[1]
    assert worker._spares == []
    with pytest.raises(ValueError, match="closed"):
        waiting[0].is_alive()  # it was this one that worked


def test_that_a_worker_that_died_while_it_waited_is_replaced(tmp_path):
    worker.warm_up()
    worker._spares[0][0].kill()
    worker._spares[0][0].join()
    with Store.open(tmp_path / "store") as store:
        experiment_id = drive(store, comparison(arm("sgd")), source=train_in_process)
        assert store.experiment(experiment_id).status == "completed"


def test_that_a_worker_nobody_needs_goes():
    worker.warm_up()
    worker.warm_up()
    ((process, _),) = worker._spares
    worker.cool_down()
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="other systems count priorities otherwise")
@pytest.mark.parametrize("for_window", [True, False])
def test_that_a_worker_gives_way_to_its_window(tmp_path, monkeypatch, for_window):
    worker.cool_down()
    monkeypatch.setattr(worker, "_for_window", False)
    if for_window:
        worker.work_for_a_window()
    control, own = RunControl(), os.nice(0)
    seen = []

    def look(_event):
        if not seen:
            seen.append(psutil.Process(worker._working[control].pid).nice())

    with Store.open(tmp_path) as store:
        drive(store, comparison(steps=2, seeds=[0]), control, Watchers(live=[look]), source=train_in_process)
    assert seen == [own + (NICENESS if for_window else 0)]
    assert os.nice(0) == own


@pytest.mark.parametrize(
    "error",
    [
        DataError("a.csv: it is empty."),
        StoppedByUser("Stopped while reading pictures."),
        InputError.of("lr", -1.0, "at least 0"),
    ],
)
def test_that_an_error_crosses_to_the_parent_as_what_it_is(error):
    crossed = worker.error_of(msgspec.json.decode(msgspec.json.encode(worker.error_parts(error))))
    assert type(crossed) is type(error)
    assert str(crossed) == str(error)
