import shutil

import pytest

from tests.engine.comparisons import arm, comparison
from tests.runs.landscape.making import equal
from wnin_desktop.engine.landscape.trajectory_file import NAME
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.landscape.kept import surfaces
from wnin_desktop.runs.landscape.sample import SAMPLES, sample_request, sample_surface
from wnin_desktop.runs.store import Store


@pytest.fixture
def own(recorded, tmp_path):
    shutil.copytree(recorded.folder, tmp_path / "store")
    with Store.open(tmp_path / "store") as store:
        yield store


def test_that_it_is_the_plane_of_the_first_seed_of_each_arm(recorded, own):
    told = []
    surface = sample_surface(own, recorded.small, told=told.append)
    assert surface.request["plane"] == "pca"
    assert [(path.arm, path.seed) for path in surface.paths] == [("sgd-sgld", 0), ("adamw-none", 0)]
    assert surface.values.shape == (31, 31)
    assert surface.cost.examples == 320
    assert told


def test_that_it_is_kept_and_read_again_while_the_paths_are_the_same(recorded, own):
    first = sample_surface(own, recorded.small)
    assert len(surfaces(own, recorded.small)) == 1
    again = sample_surface(own, recorded.small, told=pytest.fail)
    assert equal(again, first)
    assert again.created == first.created


def test_that_a_store_that_is_only_read_is_not_written_to(recorded, tmp_path):
    shutil.copytree(recorded.folder, tmp_path / "store")
    with Store.open(tmp_path / "store", read_only=True) as store:
        assert sample_surface(store, recorded.small) is not None
        assert surfaces(store, recorded.small) == []


def test_that_there_is_none_without_paths_and_none_for_large_networks(recorded, own):
    (own.checkpoint_dir(recorded.small) / NAME).unlink()
    assert sample_surface(own, recorded.small) is None
    large = drive(own, comparison(arm("sgd"), steps=2, network={"kind": "mlp", "hidden": [900, 200]}))
    assert sample_surface(own, large) is None
    kept = {"trajectory_points": 3}
    wide = comparison(arm("sgd"), steps=2, network={"kind": "mlp", "hidden": [3000, 300]}, budget=kept)
    assert sample_request(own, drive(own, wide)) is None


def test_that_larger_networks_have_fewer_points_and_examples(own):
    made = []
    for width in (60, 900, 2500):
        config = comparison(
            arm("sgd"), steps=2, network={"kind": "mlp", "hidden": [width]}, budget={"trajectory_points": 3}
        )
        asked = sample_request(own, drive(own, config))
        made.append((asked.size, asked.samples))
    assert made[0] == (31, SAMPLES)
    assert made == sorted(made, reverse=True)
    assert made[-1] < made[0]


def test_that_a_damaged_path_costs_the_picture_only(recorded, own):
    path = own.checkpoint_dir(recorded.small) / NAME
    path.write_bytes(path.read_bytes()[:30])
    assert sample_surface(own, recorded.small) is None
