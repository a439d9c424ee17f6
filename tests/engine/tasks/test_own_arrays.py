import random
import zipfile

import numpy as np
import pytest

from wnin_desktop.engine.tasks import own_arrays
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig


def arrays(count=40, shape=(3,), seed=0):
    generator = np.random.default_rng(seed)
    return {"x": generator.normal(5, 3, (count, *shape)), "y": np.arange(count) % 4 + 7}


def load(path):
    return load_task(TaskConfig(dataset="npz", path=str(path)))


def saved(tmp_path, **content):
    path = tmp_path / "data.npz"
    np.savez(path, **content)
    return path


def test_that_arrays_become_a_task(tmp_path):
    task = load(saved(tmp_path, **arrays()))
    assert task.input_shape == (3,)
    assert task.classes == 4
    assert (len(task.train), len(task.val)) == (32, 8)
    assert task.train.x.mean(0).abs().max() < 1e-6
    assert (task.train.x.std(0, correction=0) - 1).abs().max() < 1e-5
    assert task.train.y.bincount().tolist() == [8] * 4


@pytest.mark.parametrize(("shape", "read"), [((5, 6), (1, 5, 6)), ((3, 5, 6), (3, 5, 6))])
def test_that_images_keep_their_shape(tmp_path, shape, read):
    task = load(saved(tmp_path, **arrays(shape=shape)))
    assert task.input_shape == read
    assert task.train.x.mean((0, 2, 3)).abs().max() < 1e-5


def test_that_given_splits_are_used(tmp_path):
    val = {f"{name}_val": value for name, value in arrays(9, seed=1).items()}
    test = {f"{name}_test": value for name, value in arrays(5, seed=2).items()}
    task = load(saved(tmp_path, **arrays(), **val, **test))
    assert (len(task.train), len(task.val), len(task.test)) == (40, 9, 5)
    own = arrays()["x"]
    expected = (val["x_val"] - own.mean(0)) / own.std(0)
    assert np.abs(task.val.x.numpy() - expected).max() < 1e-5


def test_that_large_offsets_do_not_cost_precision(tmp_path):
    content = arrays()
    content["x"] = content["x"] + 1e9
    task = load(saved(tmp_path, **content))
    assert (task.train.x.std(0, correction=0) - 1).abs().max() < 1e-4


def test_that_a_constant_feature_is_centred_and_finite(tmp_path):
    content = arrays()
    content["x"][:, 1] = 4.2
    task = load(saved(tmp_path, **content))
    assert task.train.x[:, 1].abs().max() < 1e-12


BAD = {
    "missing x": ({"y": np.arange(40)}, "'x' is missing; the file holds y"),
    "missing y": (
        {"x": np.ones((40, 2)), "labels": np.arange(40)},
        "'y' is missing; the file holds x, labels",
    ),
    "val without labels": ({**arrays(), "x_val": np.ones((3, 3))}, "'y_val' is missing"),
    "vector x": ({"x": np.ones(40), "y": np.arange(40)}, r"x has shape \(40,\)"),
    "five axes": ({"x": np.ones((4, 1, 1, 1, 1)), "y": np.arange(4)}, "x has shape"),
    "empty axis": ({"x": np.ones((40, 0)), "y": np.arange(40)}, "x has shape"),
    "text x": ({"x": np.full((40, 2), "a"), "y": np.arange(40)}, "real numbers are needed"),
    "complex x": ({"x": np.full((40, 2), 1j), "y": np.arange(40)}, "real numbers are needed"),
    "lengths differ": ({"x": np.ones((40, 2)), "y": np.arange(39)}, r"must be \(40,\)"),
    "one-hot y": ({"x": np.ones((40, 2)), "y": np.eye(40)}, r"must be \(40,\)"),
    "real labels": ({"x": np.ones((40, 2)), "y": np.linspace(0, 1, 40)}, "whole numbers"),
    "one class": ({"x": np.ones((40, 2)), "y": np.full(40, 3)}, "has the label 3; at least two classes"),
    "nan": ({**arrays(), "x": np.full((40, 2), np.nan)}, r"x\[0, 0\] is nan"),
    "infinite": ({**arrays(), "x": np.full((40, 2), np.inf)}, r"is inf"),
    "beyond float32": ({**arrays(), "x": np.full((40, 2), 1e300)}, r"is 1e\+300"),
    "few": ({"x": np.ones((3, 2)), "y": np.arange(3)}, "at least 4"),
    "val of another shape": (
        {**arrays(), "x_val": np.ones((4, 2)), "y_val": np.full(4, 7)},
        "inputs of different shapes",
    ),
    "unknown val label": (
        {**arrays(), "x_val": np.ones((4, 3)), "y_val": np.full(4, 99)},
        "the label 99, which y does not",
    ),
    "too many classes": ({"x": np.ones((10_001, 1)), "y": np.arange(10_001)}, "10001 different labels"),
}


@pytest.mark.parametrize("case", BAD)
def test_that_arrays_that_cannot_be_used_are_refused_in_one_sentence(tmp_path, case):
    content, message = BAD[case]
    path = saved(tmp_path, **content)
    with pytest.raises(DataError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Canary:
    """Would leave a mark if it were ever unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def objects_file(tmp_path):
    mark = tmp_path / "ran"
    content = np.empty((4, 1), dtype=object)
    content[:] = Canary(mark)
    return saved(tmp_path, x=content, y=np.arange(4)), mark


def test_that_python_objects_are_never_loaded(tmp_path):
    path, mark = objects_file(tmp_path)
    with pytest.raises(DataError, match="Python objects"):
        load(path)
    assert not mark.exists()


def test_that_without_the_guard_python_objects_would_run(tmp_path):
    path, mark = objects_file(tmp_path)
    with np.load(path, allow_pickle=True) as archive:
        archive["x"].flat[0].close()
    assert mark.exists()


def test_that_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path / "absent.npz")


def test_that_what_is_not_an_archive_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    np.save(path.with_suffix(".npy"), np.ones(3))
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    with pytest.raises(DataError, match=r"not a readable \.npz"):
        load(path)
    with pytest.raises(DataError, match=r"not a readable \.npz"):
        load(tmp_path)


def test_that_an_archive_that_would_fill_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(own_arrays, "MAX_BYTES", 100)
    with pytest.raises(DataError, match="at most 100"):
        load(saved(tmp_path, **arrays()))


def test_that_a_header_that_promises_too_much_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    promise = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999, 3), }"
    header = b"\x93NUMPY\x01\x00v\x00%b" % promise
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("x.npy", header.ljust(127) + b"\n")
        container.writestr("y.npy", header.ljust(127) + b"\n")
    with pytest.raises(DataError):
        load(path)


def damaged(content, generator):
    """Return the bytes cut short, or with some of them changed."""
    if generator.random() < 0.5:
        return content[: generator.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(generator.randint(1, 8)):
        changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def sentence_or_hash(path):
    try:
        return load(path).sha256
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("compressed", [False, True])
def test_that_a_damaged_archive_is_a_data_error_or_still_right(tmp_path, compressed):
    path = tmp_path / "data.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays())
    whole, content = load(path), path.read_bytes()
    generator, refused = random.Random(0), 0
    for _ in range(150):
        path.write_bytes(damaged(content, generator))
        outcome = sentence_or_hash(path)
        # Some bytes of an archive carry nothing (times, attributes): then the arrays must be the same.
        assert outcome == whole.sha256 or outcome.startswith(str(path))
        assert "\n" not in outcome
        refused += outcome != whole.sha256
    assert refused > 75
