"""Every mistake in a configuration is one clear sentence: field, value, what is allowed."""

import math
from typing import get_args

import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.network import NetworkConfig
from wnin_desktop.schema.run import CompareConfig, RunConfig
from wnin_desktop.schema.schedule import SCHEDULES, SCHEDULES_WITH_PERIOD, ScheduleConfig
from wnin_desktop.schema.words import branches


def arm(**settings):
    return {"arms": [{"name": "a", **settings}]}


def noisy(**noise):
    return arm(noise=noise)


def scheduled(**schedule):
    return noisy(mode="sgld", temperature=0.1, schedule=schedule)


MODES = "none, input_jitter, gradient_gaussian, sgld, parameter_jitter, label_corrupt"
KINDS = "constant, cosine, cyclical, inverse_anneal, exponential, piecewise, phases, adaptive"
KEYS = "task, network, budget, device, numerics, threads, name, arms, seeds, baseline"
SEED = "a whole number of at least 0 and below 9.22337e+18"

TABLE = [
    # (what was given, the sentence)
    (
        {},
        (
            "arms: nothing is not accepted; this field is required, "
            "allowed: a list of 1 to 64 values, each a table with name, optimizer, noise."
        ),
    ),
    (
        {"arm": []},
        f"arm: [] is not accepted; there is no such key, allowed: {KEYS} (did you mean arms?).",
    ),
    (
        {"arms": [{"nam": "x"}]},
        (
            "arms[0].nam: 'x' is not accepted; there is no such key, "
            "allowed: name, optimizer, noise (did you mean name?)."
        ),
    ),
    ({"arms": ["x"]}, "arms[0]: 'x' is not accepted; allowed: a table with name, optimizer, noise."),
    (
        arm(name=""),
        (
            "arms[0].name: '' is not accepted; "
            "allowed: 1 to 60 letters, digits, spaces or . + = - _, beginning with a letter or digit."
        ),
    ),
    ([], f"configuration: [] is not accepted; allowed: a table with {KEYS}."),
    # enumerations
    (
        noisy(mode="sgl", magnitude=1),
        f"arms[0].noise.mode: 'sgl' is not accepted; allowed: {MODES} (did you mean sgld?).",
    ),
    (
        scheduled(kind="cosin"),
        f"arms[0].noise.schedule.kind: 'cosin' is not accepted; allowed: {KINDS} (did you mean cosine?).",
    ),
    (
        scheduled(period=3),
        f"arms[0].noise.schedule.kind: nothing is not accepted; allowed: {KINDS}.",
    ),
    (
        noisy(mode="sgld", temperature=1, schedule="cosine"),
        f"arms[0].noise.schedule: 'cosine' is not accepted; allowed: a table whose kind is one of {KINDS}.",
    ),
    (
        {**arm(), "task": {"dataset": "cifar10", "channels": 2}},
        "task.channels: 2 is not accepted; allowed: 1, 3.",
    ),
    ({**arm(), "device": "gpu"}, "device: 'gpu' is not accepted; allowed: auto, cpu, cuda or cuda:N."),
    # types and bounds
    (
        {**arm(), "budget": {"steps": "12"}},
        "budget.steps: '12' is not accepted; allowed: a whole number from 1 to 100000000.",
    ),
    (
        {**arm(), "budget": {"steps": 12.5}},
        "budget.steps: 12.5 is not accepted; allowed: a whole number from 1 to 100000000.",
    ),
    (
        {**arm(), "budget": {"batch_size": "many"}},
        "budget.batch_size: 'many' is not accepted; allowed: a whole number from 1 to 1000000 or full.",
    ),
    (
        {**arm(), "budget": {"batch_size": 0}},
        "budget.batch_size: 0 is not accepted; allowed: a whole number from 1 to 1000000 or full.",
    ),
    (
        arm(optimizer={"lr": True}),
        "arms[0].optimizer.lr: True is not accepted; allowed: a finite number above 0 and of at most 1000.",
    ),
    (
        arm(optimizer={"lr": math.nan}),
        "arms[0].optimizer.lr: nan is not accepted; allowed: a finite number above 0 and of at most 1000.",
    ),
    (
        arm(optimizer={"params": {"eps": math.inf}}),
        (
            "arms[0].optimizer.params.eps: inf is not accepted; "
            "allowed: true or false, a whole number, a finite number or text."
        ),
    ),
    (
        {**arm(), "network": {"kind": "mlp", "hidden": [3, 0]}},
        "network.hidden[1]: 0 is not accepted; allowed: a whole number from 1 to 16384.",
    ),
    ({**arm(), "seeds": [-1]}, f"seeds[0]: -1 is not accepted; allowed: {SEED}."),
    ({**arm(), "seeds": []}, f"seeds: [] is not accepted; allowed: a list of 1 to 4096 values, each {SEED}."),
    # contradictions
    (
        noisy(mode="input_jitter", temperature=0.1),
        (
            "arms[0].noise.temperature: 0.1 is not accepted; "
            "noise mode 'input_jitter' has no temperature (allowed with: gradient_gaussian, sgld)."
        ),
    ),
    (
        scheduled(kind="constant", period=3),
        (
            "arms[0].noise.schedule.period: 3 is not accepted; "
            "kind 'constant' has no period (allowed with: cosine, cyclical, exponential)."
        ),
    ),
    (
        noisy(mode="sgld", temperature=1, magnitude=1),
        "arms[0].noise.temperature: 1.0 is not accepted; magnitude is set too, give only one of the two.",
    ),
    (
        noisy(mode="sgld"),
        (
            "arms[0].noise.magnitude: nothing is not accepted; "
            "noise mode 'sgld' needs one, in loss units (temperature) (or a temperature)."
        ),
    ),
    (
        noisy(magnitude=0.5),
        (
            "arms[0].noise.magnitude: 0.5 is not accepted; "
            "noise mode 'none' has no magnitude, leave it out or set 0."
        ),
    ),
    (
        noisy(schedule={"kind": "piecewise"}),
        (
            "arms[0].noise.schedule.kind: 'piecewise' is not accepted; "
            "noise mode 'none' has nothing to schedule, allowed: constant."
        ),
    ),
    (
        noisy(mode="label_corrupt", magnitude=1.5),
        (
            "arms[0].noise.magnitude: 1.5 is not accepted; "
            "noise mode 'label_corrupt' takes a fraction of the batch, from 0 to 1."
        ),
    ),
    (
        noisy(mode="label_corrupt", magnitude=0.9, schedule={"kind": "piecewise"}),
        (
            "arms[0].noise.magnitude: 0.9 is not accepted; "
            "noise mode 'label_corrupt' takes a fraction of the batch, from 0 to 0.833333, "
            "because schedule 'piecewise' multiplies it by up to 1.2."
        ),
    ),
    (
        scheduled(
            kind="phases",
            phases=[{"name": "x", "until": 0.5, "factor": 1}, {"name": "y", "until": 0.4, "factor": 1}],
        ),
        (
            "arms[0].noise.schedule.phases[1].until: 0.4 is not accepted; "
            "it must be above 0.5, where the phase before ends."
        ),
    ),
    (
        scheduled(kind="phases", phases=[{"name": "x", "until": 0.5, "factor": 1}]),
        "arms[0].noise.schedule.phases[0].until: 0.5 is not accepted; the last phase must end at 1.",
    ),
    (
        arm(optimizer={"lr_follows_temperature": True, "lr_schedule": {"kind": "cosine"}}),
        (
            "arms[0].optimizer.lr_follows_temperature: True is not accepted; "
            "lr_schedule 'cosine' moves lr too, give only one."
        ),
    ),
    (
        {**arm(), "task": {"dataset": "digits", "path": "x"}},
        (
            "task.path: 'x' is not accepted; dataset 'digits' ships with the program "
            "(allowed with: npz, images, text, mnist, fashion_mnist, cifar10)."
        ),
    ),
    (
        {**arm(), "task": {"dataset": "npz"}},
        "task.path: nothing is not accepted; dataset 'npz' needs the path of your own data.",
    ),
    (
        {**arm(), "task": {"dataset": "digits", "channels": 3}},
        (
            "task.channels: 3 is not accepted; dataset 'digits' has no channels "
            "(allowed with: mnist, fashion_mnist, cifar10, images)."
        ),
    ),
    (
        {**arm(), "task": {"dataset": "digits", "download": True}},
        (
            "task.download: True is not accepted; dataset 'digits' is not downloaded "
            "(allowed with: mnist, fashion_mnist, cifar10)."
        ),
    ),
    (
        {**arm(), "network": {"kind": "gru"}, "task": {"dataset": "dyck2", "label_noise": 0.1}},
        (
            "task.label_noise: 0.1 is not accepted; "
            "dataset 'dyck2' is a token sequence without labels, allowed: 0."
        ),
    ),
    (
        {**arm(), "network": {"kind": "cnn"}, "task": {"dataset": "dyck2"}},
        (
            "network.kind: 'cnn' is not accepted; "
            "dataset 'dyck2' is a token sequence, allowed: gru, char_transformer, plugin."
        ),
    ),
    (
        {**arm(), "network": {"kind": "gru"}},
        (
            "network.kind: 'gru' is not accepted; it reads token sequences, "
            "and dataset 'digits' is not one, allowed: mlp, cnn, resnet18, vit, plugin."
        ),
    ),
    (
        {**arm(), "network": {"kind": "vit"}, "task": {"dataset": "spirals"}},
        (
            "network.kind: 'vit' is not accepted; "
            "it reads images, and dataset 'spirals' holds vectors, allowed: mlp, plugin."
        ),
    ),
    (
        {**arm(), "network": {"kind": "mlp", "channels": [3]}},
        "network.channels: [3] is not accepted; kind 'mlp' has no channels (allowed with: cnn).",
    ),
    (
        {**arm(), "network": {"kind": "char_transformer", "width": 10}, "task": {"dataset": "dyck2"}},
        "network.heads: 4 is not accepted; it must divide the width, 10.",
    ),
    (
        {"arms": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
        "arms[2].name: 'a' is not accepted; arms[0] has it already, names must differ.",
    ),
    ({**arm(), "seeds": [4, 4]}, "seeds[1]: 4 is not accepted; it is there already, seeds must differ."),
    (
        {"arms": [{"name": "adam"}, {"name": "sgd"}], "baseline": "adan"},
        (
            "baseline: 'adan' is not accepted; "
            "it is not the name of an arm, allowed: adam, sgd (did you mean adam?)."
        ),
    ),
]


@pytest.mark.parametrize(("given", "sentence"), TABLE, ids=[sentence.split(" ")[0] for _, sentence in TABLE])
def test_that_a_mistake_is_one_sentence(given, sentence):
    with pytest.raises(InputError) as caught:
        validate(CompareConfig, given)
    assert str(caught.value) == sentence


def test_that_every_mistake_is_told_at_once_and_once():
    given = {"arms": [{"name": "a", "noise": {"mode": "x"}}], "seeds": [True, 1.5], "budget": {"stepz": 1}}
    with pytest.raises(InputError) as caught:
        validate(CompareConfig, given)
    fields = [problem.field for problem in caught.value.problems]
    assert sorted(fields) == ["arms[0].noise.mode", "budget.stepz", "seeds[0]", "seeds[1]"]


def test_that_no_text_or_truth_value_is_taken_for_a_number():
    for given in ("1", True, "1e-3", None, [1]):
        with pytest.raises(InputError):
            validate(RunConfig, {"arm": {"name": "a"}, "seed": given})


def test_that_source_and_prefix_lead_the_sentence():
    with pytest.raises(InputError) as caught:
        validate(RunConfig, {"arm": {"name": "a"}, "seed": -1}, source="mine.toml", prefix="trial.")
    assert str(caught.value).startswith("mine.toml: trial.seed: -1 is not accepted; allowed: ")


def test_that_data_no_file_can_hold_is_refused_in_one_sentence():
    looped = {"arms": []}
    looped["arms"].append(looped)
    for given in (looped, {"name": "\ud800"}, {"name": object()}):
        with pytest.raises(InputError) as caught:
            validate(CompareConfig, given)
        assert "Traceback" not in str(caught.value)


def test_that_the_lists_of_kinds_are_the_unions():
    assert tuple(branches(ScheduleConfig)) == SCHEDULES
    with_period = [kind for kind, model in branches(ScheduleConfig).items() if "period" in model.model_fields]
    assert tuple(with_period) == SCHEDULES_WITH_PERIOD
    assert len(branches(NetworkConfig)) == len(get_args(get_args(NetworkConfig)[0]))


def test_that_a_valid_configuration_passes_unchanged():
    config = CompareConfig(arms=({"name": "a", "noise": {"mode": "sgld", "temperature": 0.1}},), seeds=(5,))
    assert validate(CompareConfig, config.model_dump(mode="json")) == config
    assert validate(CompareConfig, {"arms": config.arms, "seeds": config.seeds}) == config
