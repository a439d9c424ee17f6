"""S6: a damaged store is noticed, named and kept; the program opens, and hands out nothing that is wrong."""

import random
import shutil
from types import SimpleNamespace

import apsw
import pytest

from tests.runs.store.checking import kept_aside
from tests.runs.store.recording import (
    begin,
    config,
    extend,
    finished,
    members,
    recorded,
    run_id,
    started,
    step_of,
    steps,
)
from wnin_desktop.errors import InputError, StoreError
from wnin_desktop.runs.store import Store, catalogue, database, packing
from wnin_desktop.runs.store.database import FILE
from wnin_desktop.schema.events import Finished, RunStarted

LAST = 60
PAGE = 4096


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A store as it lies on the disk after closing."""
    folder = tmp_path_factory.mktemp("closed")
    return folder, recorded(folder, LAST)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A store as a killed process leaves it: part of it in the log."""
    folder, left = tmp_path_factory.mktemp("living"), tmp_path_factory.mktemp("left") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "WAL_PAGES", 8)
        with Store.open(folder) as store:
            experiment_id, writer = begin(store)
            extend(writer, steps(experiment_id, 1, LAST))
            writer.commit()
            shutil.copytree(folder, left)
    return left, experiment_id


@pytest.fixture(params=["closed", "killed"])
def original(request):
    return request.getfixturevalue(request.param)


def flipped_bits(content: bytearray, source: random.Random) -> None:
    for _ in range(source.choice((1, 1, 8, 64))):
        content[source.randrange(len(content))] ^= 1 << source.randrange(8)


def lost_page(content: bytearray, source: random.Random) -> None:
    start = source.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = bytes(PAGE)


def foreign_page(content: bytearray, source: random.Random) -> None:
    start = source.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = source.randbytes(PAGE)


def swapped_pages(content: bytearray, source: random.Random) -> None:
    first, second = (source.randrange(len(content) // PAGE) * PAGE for _ in range(2))
    one, other = content[first : first + PAGE], content[second : second + PAGE]
    content[first : first + PAGE], content[second : second + PAGE] = other, one


def cut_off(content: bytearray, source: random.Random) -> None:
    del content[source.randrange(len(content)) :]


def nothing_but_noise(content: bytearray, source: random.Random) -> None:
    content[:] = source.randbytes(len(content))


DAMAGES = (flipped_bits, flipped_bits, lost_page, foreign_page, swapped_pages, cut_off, nothing_but_noise)


def damaged_copy(original, folder, source: random.Random) -> bytes:
    """Copy the store to `folder` and damage the copy; return what its file then holds."""
    shutil.copytree(original, folder)
    content = bytearray((folder / FILE).read_bytes())
    source.choice(DAMAGES)(content, source)
    (folder / FILE).write_bytes(content)
    return bytes(content)


def wrong_after_damage(original, folder, source: random.Random) -> list[str]:
    """Damage a copy, open it, and return what does not hold."""
    path, experiment_id = original
    content = damaged_copy(path, folder, source)
    with Store.open(folder) as store:
        found = what_is_wrong(store, experiment_id)
        aside = kept_aside(folder)
        if aside:
            if aside[0].read_bytes() != content:
                found.append("the damaged file was not kept as it was")
            if not any(aside[0].name in notice for notice in store.notices):
                found.append("the person is not told where it is")
        store.new_experiment(config("after the damage"))
        return found


def what_is_wrong(store: Store, experiment_id: str) -> list[str]:
    """Return every value that is handed out and is not what was recorded; errors of our own are right."""
    found = []
    for arm, seed in members():
        run = run_id(experiment_id, arm, seed)
        try:
            committed = store.run(run).committed
            if store.steps(run) != [step_of(experiment_id, arm, seed, k) for k in range(1, committed + 1)]:
                found.append(f"{run}: wrong steps")
            if committed < LAST and not store.notices:
                found.append(f"{run}: steps are gone without a word")
            found += wrong_events(store, run, experiment_id, arm, seed)
        except (StoreError, InputError):
            continue
    return found


def wrong_events(store: Store, run: str, experiment_id: str, arm: str, seed: int) -> list[str]:
    right = [started(experiment_id, arm, seed), finished(experiment_id, arm, seed, LAST)]
    stored = store.events(run, [RunStarted, Finished])
    return [f"{run}: wrong event" for event in stored if event not in right]


def test_that_a_damaged_store_is_noticed_and_the_program_opens(original, tmp_path):
    source = random.Random(0)
    for number in range(25):
        assert wrong_after_damage(original, tmp_path / str(number), source) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_that_five_hundred_damaged_stores_are_noticed(original, tmp_path, seed):
    source = random.Random(seed + 1)
    for number in range(25):
        assert wrong_after_damage(original, tmp_path / str(number), source) == []


def test_that_without_checksums_damage_is_seen_to_get_through(closed, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "zlib", SimpleNamespace(crc32=lambda *_: packing.INTACT))
    monkeypatch.setattr(catalogue, "row_crc", lambda *_: Anything())
    monkeypatch.setattr(database, "_look_through", lambda *_: None)
    source = random.Random(0)
    found = []
    for number in range(40):
        folder = tmp_path / str(number)
        damaged_copy(closed[0], folder, source)
        try:
            with Store.open(folder, read_only=True) as store:
                found += what_is_wrong(store, closed[1])
        except Exception as error:
            found.append(repr(error))
    assert any("wrong steps" in each for each in found)


class Anything:
    """Equal to every checksum."""

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


def test_that_a_damaged_store_opened_for_reading_is_left_alone(closed, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(closed[0], folder)
    (folder / FILE).write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"store\.sqlite is damaged"):
        Store.open(folder, read_only=True)
    assert (folder / FILE).read_bytes() == b"not a database" * 1000


def test_that_what_can_be_read_is_saved_and_the_rest_is_counted(closed, tmp_path):
    folder, experiment_id = tmp_path / "store", closed[1]
    shutil.copytree(closed[0], folder)
    content = bytearray((folder / FILE).read_bytes())
    victim = run_id(experiment_id)
    with Store.open(folder, read_only=True) as store:
        key = store._run_row(victim).key
        blob = store._database.rows("SELECT data FROM batches WHERE position >> 34 = ?", (key,))[0][0]
    # SQLite sees nothing wrong in a changed value.
    (folder / FILE).write_bytes(content.replace(blob[:64], blob[:30] + b"\xff" + blob[31:64]))
    with Store.open(folder) as store, pytest.raises(StoreError, match="is damaged"):
        store.steps(victim)
    with Store.open(folder) as store:
        notices = store.repair()
        assert store.steps(victim) == []
        assert store.run(victim).status == "interrupted"
        assert any("1 of these runs lost something" in notice for notice in notices)
        others = [run_id(experiment_id, arm, seed) for arm, seed in members()][1:]
        assert [len(store.steps(run)) for run in others] == [LAST] * 3
        assert {store.run(run).status for run in others} <= {"completed", "interrupted"}


def test_that_an_empty_file_beside_a_log_is_not_taken_for_a_new_store(tmp_path):
    (tmp_path / FILE).touch()
    (tmp_path / f"{FILE}-wal").write_bytes(b"x" * 100)
    with Store.open(tmp_path) as store:
        assert any("kept as" in notice for notice in store.notices)
    assert len(list(tmp_path.glob("*.damaged-*-wal"))) == 1


def test_that_another_programs_database_is_refused_and_left_alone(tmp_path):
    connection = apsw.Connection(str(tmp_path / FILE))
    connection.execute("CREATE TABLE theirs (value)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match="a database of another program"):
        Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before
