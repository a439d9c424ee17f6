import random

import numpy as np
import pytest
import torch
from mnist1d.data import get_dataset_args, make_dataset
from sklearn.datasets import load_digits

from wnin_desktop.engine.tasks import embedded, loader
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import InputError
from wnin_desktop.schema.task import TaskConfig

SHAPES = {"digits": (1, 8, 8), "mnist1d": (40,), "spirals": (2,)}
SIZES = {"digits": (1438, 359), "mnist1d": (4000, 1000), "spirals": (1000, 500)}


@pytest.mark.parametrize("name", SHAPES)
def test_that_an_embedded_set_has_its_known_shape_and_scale(name):
    task = load_task(TaskConfig(dataset=name))
    assert task.kind == "classification"
    assert task.input_shape == SHAPES[name]
    assert (len(task.train), len(task.val)) == SIZES[name]
    assert task.train.x.dtype == torch.float32
    assert task.train.y.dtype == torch.int64
    assert task.perplexity_floor is None
    assert abs(task.train.x.mean().item()) < 1e-5
    assert abs(task.train.x.std(correction=0).item() - 1) < 1e-5
    for split in (task.train, task.val):
        assert set(split.y.tolist()) == set(range(task.classes))


@pytest.mark.parametrize("name", SHAPES)
def test_that_no_example_is_on_both_sides(name):
    task = load_task(TaskConfig(dataset=name))
    train = {row.numpy().tobytes() for row in task.train.x}
    shared = sum(row.numpy().tobytes() in train for row in task.val.x)
    assert shared == 0


def test_that_digits_are_split_in_the_same_proportion_in_every_class():
    task = load_task(TaskConfig())
    counts = task.train.y.bincount() + task.val.y.bincount()
    assert counts.sum() == 1797
    assert ((task.val.y.bincount() / counts - 0.2).abs() < 0.005).all()


def test_that_mnist1d_holds_as_many_signals_of_each_class():
    task = load_task(TaskConfig(dataset="mnist1d"))
    assert (task.train.y.bincount() + task.val.y.bincount()).tolist() == [500] * 10


def test_that_mnist1d_is_made_with_the_settings_it_was_published_with():
    assert get_dataset_args().seed == embedded.MNIST1D_SEED
    made = make_dataset(get_dataset_args())
    task = load_task(TaskConfig(dataset="mnist1d"))
    assert task.train.y.tolist() == made["y"].tolist()
    assert np.corrcoef(task.train.x.numpy().ravel(), made["x"].ravel())[0, 1] > 1 - 1e-9


def test_that_generating_mnist1d_leaves_the_global_generators_alone():
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002 - the global generator is what is watched
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    embedded._mnist1d_arrays.cache_clear()
    embedded.mnist1d(TaskConfig(dataset="mnist1d"))
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_that_the_guard_of_the_global_generators_is_what_keeps_them():
    random.seed(3)
    before = random.getstate()
    with embedded._global_generators_kept():
        random.seed(99)
        random.random()
    assert random.getstate() == before


def test_that_spirals_interleave():
    task = load_task(TaskConfig(dataset="spirals", train_examples=4000))
    # A linear rule cannot separate them, and nearest neighbours can: that is what makes them a task.
    design = torch.cat([task.train.x, torch.ones(4000, 1)], dim=1)
    rule = torch.linalg.lstsq(design, task.train.y.float()).solution
    linear = ((design @ rule > 0.5) == task.train.y.bool()).float().mean()
    nearest = torch.cdist(task.val.x, task.train.x).argmin(1)
    assert linear < 0.75
    assert (task.train.y[nearest] == task.val.y).float().mean() > 0.9


@pytest.mark.parametrize("name", SHAPES)
def test_that_using_fewer_examples_keeps_the_first_ones(name):
    whole = load_task(TaskConfig(dataset=name, train_examples=900))
    part = load_task(TaskConfig(dataset=name, train_examples=100, val_examples=7))
    assert (len(part.train), len(part.val)) == (100, 7)
    assert part.train.y.equal(whole.train.y[:100])
    if name != "spirals":  # whose scaling is that of the points that were made
        assert part.train.x.equal(whole.train.x[:100])


@pytest.mark.parametrize("field", ["train_examples", "val_examples"])
def test_that_asking_for_more_than_there_is_names_the_field(field):
    with pytest.raises(InputError, match=rf"task\.{field}: 5000 is not accepted; this data set has"):
        load_task(TaskConfig(**{field: 5000}))


def test_that_embedded_sets_are_made_once():
    loader._generated.cache_clear()
    first = load_task(TaskConfig(dataset="spirals"))
    assert load_task(TaskConfig(dataset="spirals")).train.x is first.train.x


def test_that_the_hash_names_the_content():
    first = load_task(TaskConfig(dataset="spirals", train_examples=10)).sha256
    loader._generated.cache_clear()
    assert load_task(TaskConfig(dataset="spirals", train_examples=10)).sha256 == first
    assert load_task(TaskConfig(dataset="spirals", train_examples=11)).sha256 != first


def test_that_a_task_moves_whole():
    task = load_task(TaskConfig(dataset="spirals", train_examples=4, val_examples=2)).to("meta")
    assert {t.device.type for split in (task.train, task.val) for t in (split.x, split.y)} == {"meta"}


def test_that_digits_are_those_of_scikit_learn():
    expected_x, expected_y = load_digits(return_X_y=True)
    x, y = embedded._digits_arrays()
    assert x.dtype == expected_x.dtype
    assert np.array_equal(x, expected_x)
    assert np.array_equal(y, expected_y)
