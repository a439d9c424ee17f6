"""Optimizers of installed packages: found without importing anything, run only when trusted."""

import sys

import pytest

from wnin_desktop.engine import plugin_check
from wnin_desktop.engine.optimizers import loader
from wnin_desktop.engine.optimizers.loader import load_registry, trust
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.errors import InputError

CODE = """
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry
from shelf.helper import RATE

def factory(params, lr=RATE):
    return torch.optim.SGD(params, lr=lr)

def announce():
    OptimizerRegistry.register("shelved", factory)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "shelf").mkdir(parents=True)
    canary = tmp_path / "canary"
    (site / "shelf" / "__init__.py").write_text(f"import pathlib\npathlib.Path({str(canary)!r}).touch()\n")
    (site / "shelf" / "helper.py").write_text("RATE = 0.5\n")
    (site / "shelf" / "descent.py").write_text(CODE)
    metadata = site / "shelf-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[wnin.optimizers]\nshelved = shelf.descent:announce\nzz_lost = nowhere.at_all\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(loader, "_loaded", {})
    yield site
    for name in [name for name in sys.modules if name.partition(".")[0] == "shelf"]:
        del sys.modules[name]


def rows(tmp_path, store):
    found = load_registry(tmp_path / "no plugins", store)
    return [row for row in found.rows if row.origin == "entry point"]


def test_that_an_installed_package_is_not_imported_before_it_is_trusted(installed, tmp_path):
    found = rows(tmp_path, TrustStore(tmp_path / "trusted.json"))
    assert [(row.name, row.state) for row in found] == [("shelved", "untrusted"), ("zz_lost", "broken")]
    assert found[1].error == "its module nowhere.at_all cannot be found"
    assert not (tmp_path / "canary").exists()


def test_that_trust_covers_the_whole_package(installed, tmp_path):
    store = TrustStore(tmp_path / "trusted.json")
    digest = trust(str(installed / "shelf" / "descent.py"), tmp_path / "no plugins", store)
    store.remember_try(digest, plugin_check.environment())
    (loaded, _) = rows(tmp_path, store)
    assert (loaded.name, loaded.state) == ("shelved", "loaded")
    assert loaded.spec.hyper.model_fields["lr"].default == 0.5
    (installed / "shelf" / "helper.py").write_text("RATE = 0.6\n")
    assert rows(tmp_path, store)[0].state == "untrusted"
    assert trust("shelved", tmp_path / "no plugins", store) != digest
    with pytest.raises(InputError, match="allowed: a file, or one of the plugins found here"):
        trust("nothing", tmp_path / "no plugins", store)
