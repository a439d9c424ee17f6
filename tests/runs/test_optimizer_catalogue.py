"""The list of optimizers comes from a child process, is kept, and survives whatever a plugin does."""

import subprocess
import sys
import time

import msgspec
import pytest

from wnin_desktop import paths
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.errors import PluginError
from wnin_desktop.runs import optimizer_catalogue as catalogue

BUILT_IN = ["adamw", "muon", "normalized_dynamics", "psgld", "rmsprop", "sgd", "sgld"]
PLUGIN = '''"""Steps downhill, plainly."""
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

def plain(params, lr=0.25, decay: float = 0.0, label: str = "none"):
    return torch.optim.SGD(params, lr=lr, weight_decay=decay)

OptimizerRegistry.register("plain", plain)
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WNIN_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def found(home):
    return catalogue.read_catalogue()


def test_that_every_built_in_optimizer_is_listed_with_its_fields(found):
    assert found.names() == BUILT_IN
    muon = found.row("muon")
    assert muon.origin == "built-in"
    assert len(muon.sha256) == 64
    fields = {spec.name: spec for spec in found.specs("muon")}
    assert fields["lr"].default == 0.02 == found.default_lr("muon")
    assert fields["adjust"].choices == ("original", "match_rms_adamw")
    assert found.row("sgld").samples


def test_that_an_unknown_name_has_no_fields(found):
    assert found.specs("adamx") is None
    assert found.row("adamx") is None
    assert found.default_lr("adamx") is None


def test_that_the_second_start_asks_no_process(found, monkeypatch):
    monkeypatch.setattr(catalogue, "_ask", lambda *_: pytest.fail("a process was asked"))
    begun = time.perf_counter()
    assert catalogue.read_catalogue() == found == catalogue.cached_catalogue()
    assert time.perf_counter() - begun < 1.0


def test_that_a_new_plugin_file_and_a_new_trust_change_the_key(home):
    keys = [catalogue.catalogue_key()]
    folder = home / "plugins" / "optimizers"
    folder.mkdir(parents=True)
    (folder / "other.py").write_text("x = 1\n")
    keys.append(catalogue.catalogue_key())
    TrustStore().trust_hash("0" * 64, "nothing")
    keys.append(catalogue.catalogue_key())
    TrustStore().revoke("0" * 64)
    (folder / "other.py").unlink()
    assert len(set(keys)) == 3


@pytest.mark.parametrize("text", [b"", b"{", b'{"rows": 3}', b"\xff\xfe", b'{"rows": [], "key": "another"}'])
def test_that_a_damaged_list_is_none(home, text, monkeypatch):
    path = home / "elsewhere.json"
    path.write_bytes(text)
    monkeypatch.setattr(catalogue, "_cache_path", lambda: path)
    assert catalogue.cached_catalogue() is None


def test_that_a_home_that_cannot_be_written_still_lists(found, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(catalogue, "_cache_path", lambda: blocked / "cache" / "x.json")
    catalogue._keep(found)


def test_that_a_process_that_takes_too_long_is_given_up_and_gone(home):
    with pytest.raises(PluginError, match=r"took more than 0\.2 s and was given up"):
        catalogue.read_catalogue(0.2, fresh=True)


def test_that_waiting_can_be_cancelled(home):
    with pytest.raises(PluginError, match="cancelled"):
        catalogue.read_catalogue(fresh=True, cancelled=lambda: True)


def test_that_what_goes_wrong_in_the_process_is_said_here(home):
    with pytest.raises(
        PluginError, match="'nowhere' is not accepted; allowed: a file, or one of the plugins"
    ):
        catalogue.trust("nowhere")


def test_that_a_process_that_dies_is_said_so():
    class Dead:
        exitcode = 9

        def join(self, _timeout):
            return None

    with pytest.raises(PluginError, match="exit code 9"):
        catalogue._unpacked(None, Dead())


@pytest.mark.slow
def test_that_a_plugin_is_listed_trusted_certified_and_untrusted(home):
    folder = paths.plugin_dir("optimizers")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broken.py").write_text("def half(:\n")
    file = folder / "plain.py"
    file.write_text(PLUGIN)
    look = catalogue.look_at(file)
    assert (look.names, look.summary) == (("plain",), "Steps downhill, plainly.")
    before = catalogue.read_catalogue()
    assert before.row("plain").state == "untrusted"
    assert before.specs("plain") is None
    assert before.row("broken").state == "broken"
    assert "line 1" in before.row("broken").error
    assert catalogue.trust(file, look.sha256) == look.sha256
    after = catalogue.read_catalogue()
    kinds = {spec.name: (spec.kind, spec.default) for spec in after.specs("plain")}
    assert kinds == {"lr": ("float", 0.25), "decay": ("float", 0.0), "label": ("text", "none")}
    assert catalogue.certify("plain")["sha256"] == look.sha256
    assert catalogue.untrust(look.sha256)
    assert not catalogue.untrust(look.sha256)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()


def test_that_reading_imports_no_torch_here(home):
    code = (
        "import sys; from wnin_desktop.runs import optimizer_catalogue as c; c.cached_catalogue(); "
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_that_the_list_survives_json(found):
    assert msgspec.json.decode(msgspec.json.encode(found), type=catalogue.Catalogue) == found
