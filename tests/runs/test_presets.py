"""The presets: each says what it asks, is valid, and trains."""

from collections import Counter
from itertools import takewhile

import pytest

from wnin_desktop.engine.train import train
from wnin_desktop.runs.config_files import format_compare, load_compare, load_preset, parse_compare, presets
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Finished, RunStarted, StepMetrics
from wnin_desktop.schema.run import CompareConfig

NAMES = [
    "demo",
    "dyck2-transformer",
    "gradient-noise",
    "input-jitter-ladder",
    "label-corruption-schedules",
    "mnist1d-flatness",
    "parameter-jitter",
    "sgld-temperatures",
]


def shortened(config: CompareConfig, steps: int, seeds: int) -> CompareConfig:
    data = config.model_dump(mode="json", exclude_none=True)
    data["seeds"] = data["seeds"][:seeds]
    data["budget"] |= {"steps": steps, "curvature_every": 0}
    return validate(CompareConfig, data)


def test_that_eight_presets_ship():
    assert list(presets()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_that_a_preset_says_what_it_asks_and_what_to_look_at(name):
    lines = presets()[name].read_text(encoding="utf-8").splitlines()
    header = "\n".join(takewhile(lambda line: line.startswith("#"), lines))
    assert lines[0].endswith("?")
    assert "# Look at: " in header


@pytest.mark.parametrize("name", NAMES)
def test_that_a_preset_is_a_comparison_with_a_baseline_and_several_seeds(name):
    config = load_preset(name)
    assert config == load_compare(presets()[name])
    assert parse_compare(format_compare(config, ".toml"), ".toml") == config
    assert config.baseline == config.arms[0].name
    assert len(config.seeds) >= 3
    assert len(config.arms) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_that_a_preset_trains_three_steps(name):
    config = shortened(load_preset(name), 3, 1)
    events = list(train(config))
    count = Counter(type(event) for event in events)
    assert count[RunStarted] == count[Finished] == len(config.arms)
    assert count[StepMetrics] == 3 * len(config.arms)
    assert {event.status for event in events if isinstance(event, Finished)} == {"completed"}


def test_that_all_four_optimizers_of_the_demo_learn():
    config = shortened(load_preset("demo"), load_preset("demo").budget.steps, 2)
    last = {e.run_id: e for e in train(config) if isinstance(e, StepMetrics) and e.accuracy is not None}
    assert len(last) == 8
    assert all(event.accuracy > 0.93 for event in last.values()), last
