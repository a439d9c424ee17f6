import itertools
import os
import shutil
import signal

import pytest

from tests.runs.landscape.making import equal, request, surface_of
from wnin_desktop.errors import InputError, TrainingError
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.landscape.worker import LandscapeWorker, evaluate_in_process
from wnin_desktop.schema.landscape import Doing, SurfaceDone, SurfaceStopped


def test_that_one_process_serves_one_request_after_the_other_with_the_same_bits_and_errors(recorded):
    asked = request(recorded.run(), size=21, sigma=[0.05], draws=2)
    with LandscapeWorker() as worker:
        told = list(worker.evaluate(asked, store=recorded.folder, keep=False))
        process = worker._process.pid
        assert [type(event).__name__ for event in told if not isinstance(event, Doing)] == (
            ["PlaneReady"] + ["SurfaceLevel"] * 3 + ["SmoothedLevel"] * 2 + ["SurfaceDone"]
        )
        assert equal(told[-1].surface, surface_of(recorded.folder, asked))
        with pytest.raises(InputError, match="kept step") as found:
            list(worker.evaluate(request(f"{recorded.run()}@77"), store=recorded.folder, keep=False))
        assert [problem.field for problem in found.value.problems] == ["runs"]
        *_, last = worker.evaluate(request(recorded.run()), store=recorded.folder, keep=False)
        assert isinstance(last, SurfaceDone)
        assert worker._process.pid == process


def test_that_cancelling_and_leaving_keep_what_was_done_and_the_worker_serves_on(recorded, tmp_path):
    own = shutil.copytree(recorded.folder, tmp_path / "store")
    folder = own / "checkpoints" / recorded.small
    large, larger = (request(recorded.run(), size=size, samples=None) for size in (301, 401))
    with LandscapeWorker() as worker:
        control = LandscapeControl()
        running = worker.evaluate(large, control, store=own)
        seen = list(itertools.islice(running, 4))
        control.cancel()
        seen += list(running)
        assert isinstance(seen[-1], SurfaceStopped)
        assert 0 < seen[-1].done < 1
        assert (folder / seen[-1].file.rpartition(os.sep)[2]).is_file()
        running = worker.evaluate(larger, store=own)
        list(itertools.islice(running, 4))
        running.close()
        *_, last = worker.evaluate(request(recorded.run()), store=own)
        assert isinstance(last, SurfaceDone)
    assert len(list(folder.glob("surface-*.part.npz"))) == 2


def test_that_a_process_that_dies_is_told_and_replaced(recorded):
    with LandscapeWorker() as worker:
        running = worker.evaluate(request(recorded.run(), size=501), store=recorded.folder, keep=False)
        next(running)
        os.kill(worker._process.pid, signal.SIGKILL)
        with pytest.raises(TrainingError, match="the landscape process ended unexpectedly"):
            list(running)
    *_, last = evaluate_in_process(request(recorded.run()), store=recorded.folder, keep=False)
    assert isinstance(last, SurfaceDone)
