from itertools import pairwise

import msgspec
import numpy as np
import pytest

from wnin_desktop.engine.landscape.trajectory_file import (
    AUTO_BYTES,
    AUTO_PARAMETERS,
    AUTO_POINTS,
    FEWEST_POINTS,
    TrajectoryFile,
    TrajectoryHeader,
    header_bytes,
    plan,
    planned_steps,
    record_bytes,
)
from wnin_desktop.errors import DataError

HEADER = TrajectoryHeader(
    experiment_id="x",
    run_ids=("x/a/s0", "x/b/s0"),
    names=("w", "b"),
    shapes=((3, 2), (3,)),
    steps=tuple(range(0, 50, 5)),
    fingerprint="f",
)


def numbers(step):
    return np.random.default_rng(step).normal(size=(2, 9)).astype(np.float32)


def record(step):
    return b"".join(bytes(part) for part in record_bytes(step, numbers(step)))


def written(path, steps=(0, 5, 10), header=HEADER):
    path.write_bytes(header_bytes(header) + b"".join(record(step) for step in steps))
    return path


def test_that_what_was_written_is_read_bit_for_bit(tmp_path):
    file = TrajectoryFile(written(tmp_path / "t"))
    assert file.header == HEADER
    assert file.steps == [0, 5, 10]
    for row in range(2):
        assert (file.path_of(row) == np.stack([numbers(step)[row] for step in file.steps])).all()
    assert file.row("x/b/s0") == 1
    assert file.row("x/c/s0") is None


def test_that_a_reader_sees_the_file_grow(tmp_path):
    path = written(tmp_path / "t", ())
    file = TrajectoryFile(path)
    assert file.steps == []
    with path.open("ab") as handle:
        handle.write(record(0))
        handle.flush()
        assert [step for step, _ in file.new_records()] == [0]
        whole = record(5)
        handle.write(whole[:20])
        handle.flush()
        assert file.poll() == 1
        handle.write(whole[20:])
        handle.flush()
        ((step, found),) = file.new_records()
    assert step == 5
    assert (found == numbers(5)).all()


@pytest.mark.parametrize("lost", [1, 20, 50, 87, 88])
def test_that_what_a_crash_tore_off_is_passed_over(tmp_path, lost):
    path = written(tmp_path / "t")
    path.write_bytes(path.read_bytes()[:-lost])
    file = TrajectoryFile(path)
    assert file.steps == [0, 5]
    assert (file.path_of(0)[1] == numbers(5)[0]).all()


def test_that_a_changed_byte_ends_the_path_before_its_record(tmp_path):
    path = written(tmp_path / "t")
    whole = bytearray(path.read_bytes())
    begin = len(header_bytes(HEADER)) + HEADER.record_size
    for place in range(begin, begin + HEADER.record_size):
        if begin + 12 <= place < begin + 16:
            continue  # four bytes that mean nothing
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert TrajectoryFile(path).steps == [0], place


def test_that_a_damaged_header_is_refused_in_one_sentence(tmp_path):
    path = written(tmp_path / "t")
    whole = path.read_bytes()
    end = 12 + int.from_bytes(whole[8:12], "little") + 4
    for place in range(end):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="was not read") as found:
            TrajectoryFile(path)
        assert "\n" not in str(found.value)
    for cut in (0, 5, 11, 40):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="was not read"):
            TrajectoryFile(path)


def test_that_a_file_of_a_later_version_is_refused(tmp_path):
    path = written(tmp_path / "t", header=msgspec.structs.replace(HEADER, version=9))
    with pytest.raises(DataError, match="has format version 9; this program reads 1"):
        TrajectoryFile(path)


def test_that_a_file_that_was_cut_back_is_begun_anew(tmp_path):
    path = written(tmp_path / "t")
    file = TrajectoryFile(path)
    written(path, (0,))
    assert file.poll() == 1
    assert file.restarts == 1
    file.steps.append(5)  # as if it had been cut between looking and reading
    with pytest.raises(DataError, match="was cut back while it was read"):
        file.path_of(0)


@pytest.mark.parametrize("steps", [1, 2, 7, 95, 96, 300, 5000, 10**8])
@pytest.mark.parametrize("points", [2, 3, 16, 96])
def test_that_planned_steps_begin_at_the_start_end_at_the_end_and_are_bounded(steps, points):
    found = planned_steps(steps, points)
    assert found[0] == 0
    assert found[-1] == steps
    assert len(found) <= max(points, 2)
    assert sorted(set(found)) == list(found)
    if steps < points:
        assert found == tuple(range(steps + 1))


def test_that_half_of_the_points_show_the_beginning():
    found = planned_steps(10_000, 96)
    assert sum(step <= 100 for step in found) > 20
    assert max(b - a for a, b in pairwise(found)) < 10_000 / 40


def test_that_auto_is_bounded_in_points_bytes_and_network():
    small = plan("auto", 10_000, 1000, 4, 5)
    assert len(small.steps) <= AUTO_POINTS
    assert small.seeds == 3
    for parameters, arms, seeds in ((9000, 4, 5), (200_000, 4, 9), (200_000, 1, 1), (50_000, 64, 100)):
        found = plan("auto", 10_000, parameters, arms, seeds)
        size = 4 * parameters * arms * found.seeds * len(found.steps)
        assert size <= AUTO_BYTES
        assert found.seeds >= 1
        assert found.seeds == 1 or len(found.steps) >= FEWEST_POINTS // 2
    assert plan("auto", 10_000, AUTO_PARAMETERS + 1, 1, 1).steps == ()


def test_that_a_number_is_kept_whatever_its_size_and_zero_keeps_nothing():
    assert plan(0, 100, 10, 1, 1).steps == ()
    assert plan(1, 100, 10, 1, 1).steps == (100,)
    asked = plan(500, 10_000, 10**8, 2, 7)
    assert asked.seeds == 7
    assert 400 < len(asked.steps) <= 500
