import pytest
import torch

from tests.engine.nets.make import sequences, task_of
from wnin_desktop.engine.nets import plugin
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import initialize
from wnin_desktop.engine.plugin_check import environment
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.errors import InputError, PluginError
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import PluginNetworkConfig

LINEAR = '''"""One linear layer."""
import math
from torch import nn


def build(input_shape, classes, *, bias=True):
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(input_shape), classes, bias=bias))
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    (tmp_path / "plugins" / "networks").mkdir(parents=True)
    return tmp_path / "plugins" / "networks"


def written(folder, text, *, trusted=True, tried=True):
    """Write a plugin; one that counts as tried is not run in a child process again."""
    file = folder / "mine.py"
    file.write_text(text)
    if trusted:
        sha256 = TrustStore().trust(file)
        if tried:
            TrustStore().remember_try(sha256, environment())
    return file


def refusal(task=None, **params):
    with pytest.raises(PluginError) as caught:
        build_network(PluginNetworkConfig(name="mine", params=params), task or task_of())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_that_a_trusted_file_builds_a_network(folder):
    written(folder, LINEAR, tried=False)
    network = build_network(PluginNetworkConfig(name="mine", params={"bias": False}), task_of())
    assert {name: tuple(p.shape) for name, p in network.named_parameters()} == {"1.weight": (10, 64)}
    assert network.training


def test_that_a_path_names_a_file_outside_the_folder(folder, tmp_path):
    file = written(tmp_path, LINEAR)
    assert build_network(PluginNetworkConfig(name=str(file)), task_of())(torch.zeros(1, 1, 8, 8)).shape == (
        1,
        10,
    )


def test_that_a_users_network_starts_by_key_too(folder):
    written(folder, LINEAR)
    config = PluginNetworkConfig(name="mine")
    torch.manual_seed(1)
    first = initialize(build_network(config, task_of()), KeyedNoise(0))
    torch.manual_seed(2)
    second = initialize(build_network(config, task_of()), KeyedNoise(0))
    assert first[1].weight.equal(second[1].weight)
    assert not first[1].bias.any()
    assert abs(first[1].weight.std().item() * 8 - 1) < 4 / (2 * 640) ** 0.5


HOSTILE = "open({mark!r}, 'w').close()\n" + LINEAR


def test_that_an_untrusted_file_is_never_run(folder, tmp_path, monkeypatch):
    mark = tmp_path / "ran"
    file = written(folder, HOSTILE.format(mark=str(mark)), trusted=False)
    assert f"{file} was not trusted yet" in refusal()
    assert not mark.exists()
    # With the protection removed it does run.
    monkeypatch.setattr(TrustStore, "is_trusted", lambda self, sha256: True)
    monkeypatch.setattr(TrustStore, "was_tried", lambda self, sha256, environment: True)
    build_network(PluginNetworkConfig(name="mine"), task_of())
    assert mark.exists()


def test_that_a_changed_file_is_no_longer_trusted(folder):
    file = written(folder, LINEAR)
    build_network(PluginNetworkConfig(name="mine"), task_of())
    file.write_text(LINEAR + "\n")
    assert "not trusted yet" in refusal()


def test_that_a_trusted_file_is_run_once(folder, tmp_path):
    counter = tmp_path / "count"
    written(folder, f"with open({str(counter)!r}, 'a') as file: file.write('x')\n" + LINEAR)
    for _ in range(3):
        build_network(PluginNetworkConfig(name="mine"), task_of())
    assert counter.read_text() == "x"


def test_that_a_missing_file_is_named(folder):
    assert str(folder / "mine.py") in refusal()


BROKEN = {
    "no build": ("answer = 42\n", "defines no function build"),
    "not a function": ("build = 42\n", "defines no function build"),
    "not Python": ("def build(:\n", "is not Python in line 1"),
    "raises on import": ("raise ValueError('no\\nway')\n", "failed while being imported: ValueError: no way"),
    "raises in build": ("def build(input_shape, classes):\n    raise OSError('gone')\n", "OSError: gone"),
    "no module": ("def build(input_shape, classes):\n    return 3\n", "build returned a int"),
    "no parameters": (
        "from torch import nn\ndef build(input_shape, classes):\n    return nn.Flatten()\n",
        "build returned a Flatten",
    ),
    "wrong logits": (
        """from torch import nn
def build(input_shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
""",
        "logits of shape (2, 3); (2, 10) is needed",
    ),
    "cannot run": (
        "from torch import nn\ndef build(input_shape, classes):\n    return nn.Linear(7, 10)\n",
        "cannot be built and run: RuntimeError",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_that_a_broken_network_is_one_sentence(folder, case):
    text, message = BROKEN[case]
    written(folder, text)
    assert message in refusal()


def test_that_a_hanging_import_is_ended_in_the_child(folder, monkeypatch):
    monkeypatch.setattr("wnin_desktop.engine.plugin_check.IMPORT_TIMEOUT_S", 0.2)
    written(folder, "import time\ntime.sleep(600)\n", tried=False)
    assert "importing it took more than 0.2 s" in refusal()


def test_that_a_sequence_network_is_tried_on_sequences(folder):
    written(
        folder,
        "from torch import nn\ndef build(input_shape, classes):\n    return nn.Embedding(classes, classes)\n",
    )
    network = build_network(PluginNetworkConfig(name="mine"), sequences())
    assert network(torch.zeros(2, 5, dtype=torch.int64)).shape == (2, 5, 4)


def test_that_unknown_parameters_name_the_field(folder):
    written(folder, LINEAR)
    with pytest.raises(InputError, match=r"network\.params.*unexpected keyword argument 'depth'"):
        build_network(PluginNetworkConfig(name="mine", params={"depth": 3}), task_of())


def test_that_a_network_on_no_device_is_built_untried(folder):
    written(folder, LINEAR)
    with torch.device("meta"):
        network = build_network(PluginNetworkConfig(name="mine"), task_of())
    assert all(parameter.is_meta for parameter in network.parameters())


@pytest.mark.parametrize("name", ["mine", "mine.py", "folder/mine"])
def test_that_only_bare_names_are_looked_up_in_the_folder(folder, name):
    assert (plugin.plugin_file(name).parent == folder) == (name == "mine")
