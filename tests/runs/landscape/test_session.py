import itertools
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.engine.comparisons import arm, comparison
from tests.runs.landscape.making import equal, events_of, request, surface_of
from wnin_desktop.engine.checkpoint import read_snapshot
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import CheckpointError, DataError, InputError
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.landscape.session import evaluate
from wnin_desktop.runs.landscape.surface_file import write_surface
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.landscape import (
    PLANES,
    RUNS,
    Doing,
    PlaneReady,
    SmoothedLevel,
    SurfaceDone,
    SurfaceLevel,
    SurfaceStopped,
)


def runs_for(recorded, plane):
    every = [recorded.run(), recorded.run("adamw-none"), recorded.run(seed=1)]
    return every[: RUNS.get(plane, 2)]


@pytest.mark.parametrize("plane", PLANES)
def test_that_every_plane_is_evaluated_with_its_words_cost_and_data(recorded, plane):
    asked = request(*runs_for(recorded, plane), plane=plane)
    first, *_, last = [e for e in events_of(recorded.folder, asked) if not isinstance(e, Doing)]
    assert isinstance(first, PlaneReady)
    assert isinstance(last, SurfaceDone)
    surface = last.surface
    rows = 1 if plane == "line" else 9
    assert surface.values.shape == (rows, 9) == (len(surface.b), len(surface.a))
    assert np.isfinite(surface.values).all()
    assert 0.0 in surface.a
    assert 0.0 in surface.b
    assert surface.plane.kind == plane
    assert surface.plane.vectors.shape == (3, surface.plane.parameters)
    assert surface.cost.examples == 60
    assert surface.cost.data == "60 of 320 training examples of digits"
    assert surface.cost.forwards >= 9 * rows
    assert (surface.cost.gradients > 0) == (plane == "hessian")
    assert surface.normalization == "none"
    known = {"sgd-sgld": 0, "adamw-none": 1}
    assert [path.place for path in surface.paths] == [known[path.arm] for path in surface.paths]
    assert len(surface.paths) == len(asked.runs)
    assert (surface.barrier is not None) == (plane == "line")
    for path in surface.paths:
        assert len(path.steps) == len(path.coordinates) == len(path.distance) == 41
        assert np.isfinite(path.values[[0, -1]]).all()


def test_that_the_centre_of_a_surface_is_the_run_at_its_end(recorded):
    surface = surface_of(recorded.folder, request(recorded.run(), plane="random"))
    path = surface.paths[0]
    assert surface.values[4, 4] == pytest.approx(path.values[-1], rel=1e-6)
    assert path.coordinates[-1].tolist() == [0, 0]
    assert path.distance[-1] == 0
    assert path.distance[0] > 0.1
    with Store.open(recorded.folder, read_only=True) as store:
        manifest = store.latest_checkpoint(recorded.small)
        snapshot = read_snapshot(store.checkpoint_dir(recorded.small) / manifest.file, manifest)
    assert snapshot.step == 40
    assert surface.plane.center == f"{recorded.run()} at its end (step 40)"


def test_that_points_and_lines_of_planes_are_where_they_should_be(recorded):
    three = surface_of(recorded.folder, request(*runs_for(recorded, "three"), plane="three"))
    ends = np.stack([path.coordinates[-1] for path in three.paths])
    assert ends == pytest.approx(np.array(three.plane.points), abs=1e-6)
    assert max(path.distance[-1] for path in three.paths) < 1e-5
    assert three.a[0] < ends[:, 0].min() < ends[:, 0].max() < three.a[-1]
    line = surface_of(recorded.folder, request(*runs_for(recorded, "line"), plane="line", size=33))
    for at, path in zip((0.0, 1.0), line.paths, strict=True):
        assert line.values[0, line.a == at] == pytest.approx(path.values[-1], rel=1e-5)
    assert line.barrier.from_first >= 0
    assert line.barrier.points == int(((line.a >= 0) & (line.a <= 1)).sum())


def test_that_the_plane_of_paths_explains_them_and_covers_them(recorded):
    surface = surface_of(recorded.folder, request(*runs_for(recorded, "pca"), plane="pca"))
    assert 0.5 < sum(surface.plane.explained) <= 1
    for path in surface.paths:
        assert (path.coordinates[:, 0] > surface.a[0]).all()
        assert (path.coordinates[:, 1] < surface.b[-1]).all()
    assert "the mean of where the 2 runs were at step" in surface.plane.center
    alone = surface_of(recorded.folder, request(recorded.run(), plane="pca"))
    assert alone.paths[0].coordinates[-1].tolist() == [0, 0]
    assert sum(alone.plane.explained) > sum(surface.plane.explained) - 0.05


def test_that_pictures_come_coarse_first_and_smoothed_ones_with_each_pair(recorded):
    asked = request(recorded.run(), size=21, sigma=[0.01, 0.1], draws=3)
    told = events_of(recorded.folder, asked)
    levels = [event for event in told if isinstance(event, SurfaceLevel)]
    assert [(level.stride, level.last) for level in levels] == [(4, False), (2, False), (1, True)]
    for level in levels:
        assert (np.isfinite(level.values) == level.known).all()
    pairs = [(event.sigma, event.pairs) for event in told if isinstance(event, SmoothedLevel)]
    assert pairs == [(sigma, pair) for pair in (1, 2, 3) for sigma in (0.01, 0.1)]
    surface = told[-1].surface
    assert surface.smoothed.shape == surface.smoothed_se.shape == (2, 21, 21)
    assert (surface.smoothed_se > 0).all()
    assert surface.cost.forwards > 441 * (1 + 2 * 2 * 3)
    assert all(0 <= event.done <= 1 for event in told if isinstance(event, Doing))


def test_that_numbers_do_not_depend_on_threads(recorded):
    one, two = (
        surface_of(recorded.folder, request(recorded.run(), sigma=[0.05], draws=2, threads=threads))
        for threads in (1, 2)
    )
    assert one.fingerprint == two.fingerprint
    assert equal(one, two)


# --- keeping, cancelling, going on --------------------


@pytest.fixture
def own(recorded, tmp_path):
    """A copy of the store that a test may write into."""
    shutil.copytree(recorded.folder, tmp_path / "store")
    return tmp_path / "store"


def files_in(own, recorded):
    return sorted(path.name for path in (own / "checkpoints" / recorded.small).glob("surface-*"))


def cancelled_after(own, asked, events):
    control = LandscapeControl()
    running = evaluate(asked, control, store=own)
    seen = list(itertools.islice(running, events))
    control.cancel()
    return seen + list(running)


def test_that_a_surface_that_was_kept_is_not_evaluated_again(recorded, own):
    asked = request(recorded.run(), sigma=[0.1], draws=2)
    first = events_of(own, asked, keep=True)[-1]
    assert files_in(own, recorded) == [first.file.rpartition("/")[2]]
    again = [event for event in events_of(own, asked, keep=True) if not isinstance(event, Doing)]
    assert [type(event).__name__ for event in again] == ["PlaneReady", "SurfaceLevel", "SurfaceDone"]
    assert again[0].resumed == 1
    assert equal(again[-1].surface, first.surface)
    assert again[-1].surface.created == first.surface.created


def test_that_a_cancelled_surface_goes_on_where_it_was_and_ends_with_the_same_bits(recorded, own):
    asked = request(recorded.run(), size=31, sigma=[0.1], draws=3)
    whole = surface_of(recorded.folder, asked)
    stopped = cancelled_after(own, asked, 4)[-1]
    assert isinstance(stopped, SurfaceStopped)
    assert 0 < stopped.done < 1
    assert files_in(own, recorded) == [stopped.file.rpartition("/")[2]]
    told = events_of(own, asked, keep=True)
    ready = next(event for event in told if isinstance(event, PlaneReady))
    assert ready.resumed == stopped.done
    assert equal(told[-1].surface, whole)
    assert not any(name.endswith(".part.npz") for name in files_in(own, recorded))


def test_that_leaving_the_iteration_keeps_what_was_done(recorded, own):
    asked = request(recorded.run(), size=31)
    running = evaluate(asked, store=own)
    list(itertools.islice(running, 4))
    running.close()
    assert any(name.endswith(".part.npz") for name in files_in(own, recorded))


def test_that_another_question_does_not_go_on_from_it(recorded, own):
    cancelled_after(own, request(recorded.run(), size=31), 4)
    told = events_of(own, request(recorded.run(), size=31, seed=1), keep=True)
    assert next(event for event in told if isinstance(event, PlaneReady)).resumed == 0


def test_that_a_damaged_file_of_ours_is_evaluated_again(recorded, own):
    asked = request(recorded.run())
    first = events_of(own, asked, keep=True)[-1]
    path = own / "checkpoints" / recorded.small / first.file.rpartition("/")[2]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    again = events_of(own, asked, keep=True)[-1]
    assert equal(again.surface, first.surface)
    assert again.surface.created > first.surface.created


def test_that_nothing_is_kept_where_it_is_not_wanted_or_cannot_be(recorded, own, monkeypatch):
    surface_of(own, request(recorded.run()))
    assert files_in(own, recorded) == []

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wnin_desktop.runs.landscape.session.write_surface", full)
    monkeypatch.setattr("wnin_desktop.runs.landscape.session.write_arrays", full)
    assert events_of(own, request(recorded.run()), keep=True)[-1].file == ""
    assert cancelled_after(own, request(recorded.run(), size=31), 4)[-1].file == ""


# --- points, data, statistics --------------------


def test_that_a_run_may_be_taken_at_a_step_or_a_snapshot(recorded):
    at = surface_of(recorded.folder, request(f"{recorded.run()}@7", plane="random"))
    assert at.plane.center == f"{recorded.run()} after step 7"
    assert at.paths[0].distance[7] == 0
    assert at.values[4, 4] == pytest.approx(at.paths[0].values[7], rel=1e-6) or np.isnan(
        at.paths[0].values[7]
    )
    best = surface_of(recorded.folder, request(f"{recorded.run()}@best"))
    assert "best (step 40)" in best.plane.center
    inside = request(f"{recorded.run()}@0", f"{recorded.run()}@40", plane="line")
    assert surface_of(recorded.folder, inside).barrier.from_first >= 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing/x/s0", "no id in the store begins so"),
        ("{run}@41", "allowed after the @: best, matched or a kept step, near: @38, @39, @40"),
        ("{run}@soon", "allowed after the @"),
        ("{run}@matched", "this run has no matched snapshot"),
    ],
)
def test_that_a_run_or_point_that_is_not_there_is_refused(recorded, name, words):
    with pytest.raises(InputError, match=words):
        events_of(recorded.folder, request(name.format(run=recorded.run())))


def test_that_runs_of_different_networks_share_no_plane(recorded):
    asked = request(recorded.run(), f"{recorded.batch}/sgd-none/s0", plane="line")
    with pytest.raises(InputError, match="its network is not that of"):
        events_of(recorded.folder, asked)


def test_that_one_point_twice_is_no_line(recorded):
    with pytest.raises(InputError, match="they have the same parameters"):
        events_of(recorded.folder, request(recorded.run(), f"{recorded.run()}@best", plane="line"))


def test_that_a_plane_of_paths_needs_paths(recorded, own):
    (own / "checkpoints" / recorded.small / NAME).unlink()
    with pytest.raises(InputError, match="was not kept"):
        events_of(own, request(recorded.run(), plane="pca"))
    surface = surface_of(own, request(recorded.run(), plane="random"))
    assert surface.paths[0].steps.tolist() == [40]


def test_that_damaged_files_of_the_store_are_refused_in_a_sentence(recorded, own):
    folder = own / "checkpoints" / recorded.small
    trajectory = bytearray((folder / NAME).read_bytes())
    trajectory[20] ^= 1
    (folder / NAME).write_bytes(trajectory)
    with pytest.raises(DataError, match="is damaged at its beginning"):
        events_of(own, request(recorded.run()))
    (folder / NAME).unlink()
    final = next(folder.glob("final*"))
    content = bytearray(final.read_bytes())
    content[-3] ^= 1
    final.write_bytes(content)
    with pytest.raises(CheckpointError, match="has SHA-256"):
        events_of(own, request(recorded.run()))


def test_that_the_training_loss_is_on_the_labels_that_were_trained_on(recorded):
    run = f"{recorded.labels}/sgd-none/s4"
    noisy = surface_of(recorded.folder, request(run, samples=None))
    assert noisy.cost.data.endswith("labels with the noise of seed 4")
    assert noisy.cost.examples == 200
    other = surface_of(recorded.folder, request(run, metric="accuracy"))
    assert other.cost.data == "60 of 60 validation examples of digits"
    assert ((other.values >= 0) & (other.values <= 1)).all()


def test_that_batch_normalization_is_fixed_or_recomputed_and_says_so(recorded):
    run = f"{recorded.batch}/sgd-none/s0"
    fixed = surface_of(recorded.folder, request(run))
    again = surface_of(recorded.folder, request(run, statistics="recomputed"))
    assert "fixed at those of the centre" in fixed.normalization
    assert "made again" in again.normalization
    assert not np.allclose(fixed.values, again.values)
    with pytest.raises(InputError, match="has none, allowed: recomputed"):
        events_of(recorded.folder, request(f"{run}@3"))
    surface_of(recorded.folder, request(f"{run}@3", statistics="recomputed"))


def test_that_layers_without_running_statistics_are_told(tmp_path):
    network = {"kind": "mlp", "hidden": [6], "normalization": "layer"}
    with Store.open(tmp_path / "store") as store:
        drive(store, comparison(arm("sgd"), steps=3, seeds=[0], network=network, name="layers"))
        surface = surface_of(store, request(store.runs()[0].run_id))
    assert surface.normalization == "without running statistics"


def test_that_a_kept_surface_of_an_older_version_learns_what_it_did_not_know(recorded, tmp_path):
    shutil.copytree(recorded.folder, tmp_path / "store")
    asked = request(recorded.run("adamw-none"))
    with Store.open(tmp_path / "store") as store:
        *_, done = events_of(store, asked, keep=True)
        old = [msgspec.structs.replace(path, place=-1) for path in done.surface.paths]
        words = "none with running statistics"
        surface = msgspec.structs.replace(done.surface, paths=tuple(old), normalization=words)
        write_surface(Path(done.file), surface)
        ready, *_, again = [e for e in events_of(store, asked) if not isinstance(e, Doing)]
    assert ready.resumed == 1
    for found in (ready, again.surface):
        assert ([path.place for path in found.paths], found.normalization) == ([1], "none")


def test_that_escape_events_are_steps_of_the_path_with_their_cost(recorded):
    plain = surface_of(recorded.folder, request(recorded.run()))
    found = surface_of(recorded.folder, request(recorded.run(), escapes=True))
    assert set(found.paths[0].escapes) <= set(found.paths[0].steps.tolist())
    assert found.cost.gradients > 1000
    assert found.cost.forwards > plain.cost.forwards
    assert found.fingerprint != plain.fingerprint


def test_that_a_running_comparison_can_be_looked_at(tmp_path):
    config = comparison(arm("sgd", "sgld"), steps=60, name="live")
    seen = []

    def look(event):
        if isinstance(event, StepMetrics) and event.step == 30 and not seen:
            with Store.open(tmp_path, read_only=True) as other:
                run = other.runs()[0].run_id
                asked = request(run, plane="pca", size=5)
                seen.append(surface_of(other, asked))

    with Store.open(tmp_path) as store:
        drive(store, config, watchers=Watchers(live=[look]))
    assert seen[0].paths[0].steps[-1] >= 28
    assert "after step" in seen[0].plane.center
    assert seen[0].paths[0].distance[-1] == 0


def test_that_training_weights_are_never_touched(recorded):
    """Slices have networks of their own; what the store holds stays bit for bit."""
    folder = recorded.folder / "checkpoints" / recorded.small
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    surface_of(recorded.folder, request(recorded.run(), sigma=[0.3], draws=2, escapes=True))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_that_shapes_and_names_describe_the_vectors(recorded):
    surface = surface_of(recorded.folder, request(recorded.run()))
    plane = surface.plane
    config = comparison(arm("sgd", "sgld"), arm("adamw"), steps=40)
    module = build_network(config.network, load_task(config.task))
    assert plane.names == tuple(name for name, _ in module.named_parameters())
    assert [tuple(s) for s in plane.shapes] == [tuple(p.shape) for p in module.parameters()]
    file = TrajectoryFile(recorded.folder / "checkpoints" / recorded.small / NAME)
    assert (plane.vectors[0] == file.path_of(file.row(recorded.run()))[-1]).all()
