import hashlib
from pathlib import Path

import pytest

from tests.cli.calling import call, refusal
from wnin_desktop.engine.plugins import TrustStore

BUILT_IN = {"adamw", "muon", "normalized_dynamics", "psgld", "rmsprop", "sgd", "sgld"}
GREEDY = '''"""Descends and tidies up what is not its own.

More about it here.
"""
import pathlib

import torch

from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

pathlib.Path({canary!r}).touch()


class Greedy(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {{"lr": lr}})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(group["lr"] * p.grad)
                    p.grad.zero_()


OptimizerRegistry.register("greedy", Greedy)
'''


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def plugin(home, tmp_path):
    """A plugin that works and breaks a law; it makes the file `canary` when it is run."""
    folder = home / "plugins" / "optimizers"
    folder.mkdir(parents=True)
    path = folder / "greedy.py"
    path.write_text(GREEDY.format(canary=str(tmp_path / "canary")))
    return path


def states():
    return {row["name"]: row["state"] for row in call("optimizers", "list", "--json").json}


def test_that_the_list_shows_every_built_in_with_the_hash_of_its_file():
    rows = {row["name"]: row for row in call("optimizers", "list", "--json").json}
    assert set(rows) >= BUILT_IN
    for name in BUILT_IN:
        assert rows[name]["sha256"] == hashlib.sha256(Path(rows[name]["path"]).read_bytes()).hexdigest()
        assert rows[name]["state"] == "loaded"
    text = call("optimizers", "list")
    assert text.code == 0
    assert all(name in text.out and rows[name]["sha256"][:12] in text.out for name in BUILT_IN)


def test_that_the_list_names_the_folder_for_ones_own_before_it_is_there(home):
    folder = home / "plugins" / "optimizers"
    assert not folder.exists()
    assert call("optimizers", "list").out.splitlines()[-1] == f"Plugin folder: {folder}"


def test_that_a_broken_file_costs_its_own_row_only(home):
    folder = home / "plugins" / "optimizers"
    folder.mkdir(parents=True)
    (folder / "torn.py").write_text("def half(:\n")
    rows = {row["name"]: row for row in call("optimizers", "list", "--json").json}
    assert rows["torn"]["state"] == "broken"
    assert "line 1" in rows["torn"]["error"]
    assert {rows[name]["state"] for name in BUILT_IN} == {"loaded"}


def test_that_show_names_every_parameter_with_what_is_allowed():
    shown = call("optimizers", "show", "sgd", "--json").json
    assert shown["parameters"]["lr"]["allowed"] == "number > 0 <= 1000.0"
    text = call("optimizers", "show", "sgd")
    assert all(name in text.out for name in shown["parameters"])


@pytest.mark.parametrize("verb", ["show", "check"])
def test_that_an_unknown_name_is_refused_with_the_known_ones(verb):
    sentence = refusal(call("optimizers", verb, "adamx"))
    assert "'adamx'" in sentence
    assert all(name in sentence for name in BUILT_IN)


def test_that_check_needs_a_name():
    assert "--all" in refusal(call("optimizers", "check"))


def test_that_a_certificate_of_a_built_in_is_clean():
    said = call("optimizers", "check", "sgd")
    assert said.code == 0, said.out
    assert "certified: " in said.out
    assert "NOT certified" not in said.out


def test_that_trust_shows_what_it_trusts_and_runs_nothing_before(plugin, tmp_path):
    sha256 = hashlib.sha256(plugin.read_bytes()).hexdigest()
    assert states()["greedy"] == "untrusted"
    said = call("optimizers", "trust", plugin, answer="n\n")
    assert said.code == 1
    for shown in (str(plugin), sha256, "Descends and tidies up what is not its own.", "greedy", "sandboxed"):
        assert shown in said.err
    assert "More about it" not in said.err
    assert "--yes" in refusal_of_trust(plugin)
    assert TrustStore().entries() == {}
    assert not (tmp_path / "canary").exists()


def refusal_of_trust(plugin):
    said = call("optimizers", "trust", plugin)
    assert said.code == 2
    return said.errors[0]


def test_that_a_trusted_plugin_is_loaded_checked_and_untrusted_again(plugin, tmp_path):
    assert call("optimizers", "trust", plugin, answer="y\n").code == 0
    assert states()["greedy"] == "loaded"
    assert (tmp_path / "canary").exists()

    said = call("optimizers", "check", "greedy", "sgd", "--json")
    assert said.code == 1
    greedy, sgd = said.json
    broken = [row["law"] for row in greedy["laws"] if row["status"] == "failed"]
    assert broken == ["gradients left alone"]
    assert not greedy["passed"]
    assert sgd["passed"]
    text = call("optimizers", "check", "greedy", "--no-color")
    assert text.code == 1
    assert "NOT certified" in text.out

    assert call("optimizers", "untrust", "greedy").code == 0
    assert states()["greedy"] == "untrusted"


def test_that_a_changed_file_must_be_trusted_again(plugin):
    call("optimizers", "trust", plugin, "--yes")
    plugin.write_text("# one line more\n" + plugin.read_text())
    assert states()["greedy"] == "untrusted"


def test_that_the_code_that_was_shown_is_what_is_trusted(plugin, monkeypatch):
    shown = hashlib.sha256(plugin.read_bytes()).hexdigest()

    def swap(*args):
        plugin.write_text("raise SystemExit\n")
        return True

    monkeypatch.setattr("wnin_desktop.cli.optimizers.is_confirmed", swap)
    assert call("optimizers", "trust", plugin).code == 0
    assert set(TrustStore().entries()) == {shown}


def test_that_untrust_takes_path_and_hash_and_names_what_is_trusted(plugin):
    sha256 = hashlib.sha256(plugin.read_bytes()).hexdigest()
    for target in (str(plugin), sha256, sha256[:10], "greedy.py"):
        call("optimizers", "trust", plugin, "--yes")
        assert call("optimizers", "untrust", target, "--json").json == {"untrusted": [sha256]}
    assert "trusted are: none" in refusal(call("optimizers", "untrust", "greedy"))


@pytest.mark.parametrize("name", ["nowhere.py", "."])
def test_that_what_is_no_file_cannot_be_trusted(name, tmp_path):
    assert "FILE" in refusal(call("optimizers", "trust", tmp_path / name, "--yes"))


def test_that_what_is_no_python_cannot_be_trusted(tmp_path):
    (tmp_path / "torn.py").write_text("def half(:\n")
    assert "line 1" in refusal(call("optimizers", "trust", tmp_path / "torn.py", "--yes"))
