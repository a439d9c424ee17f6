from pathlib import Path

import pytest

from tests.engine.comparisons import arm, comparison
from tests.runs.landscape.making import Recorded
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.store import Store

CNN = {"kind": "cnn", "channels": [3], "hidden": 6, "normalization": "batch"}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Recorded:
    """A store with three finished comparisons: perceptrons, noisy labels, batch normalization."""
    folder: Path = tmp_path_factory.mktemp("landscape") / "store"
    noisy = {"dataset": "digits", "train_examples": 200, "val_examples": 60, "label_noise": 0.3}
    with Store.open(folder) as store:
        small = drive(store, comparison(arm("sgd", "sgld"), arm("adamw"), steps=40, name="small"))
        labels = drive(store, comparison(arm("sgd"), steps=5, seeds=[4], task=noisy, name="labels"))
        batch = drive(store, comparison(arm("sgd"), steps=5, seeds=[0], network=CNN, name="batch"))
    return Recorded(folder, small, labels, batch)
