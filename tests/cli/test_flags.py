import shlex

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wnin_desktop.cli.flags import help_of, run_flags
from wnin_desktop.errors import InputError
from wnin_desktop.runs.command_text import experiment_of
from wnin_desktop.runs.config_files import dump_compare, load_preset, presets
from wnin_desktop.runs.flags import FLAGS, config_from_flags, in_flags
from wnin_desktop.runs.replay_command import compare_command, copy_as_command
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE, NOISE_MODES
from wnin_desktop.schema.run import CompareConfig, RunConfig


def parse(words, **others):
    """Return the comparison that click makes of a command line."""
    found = []

    @click.command()
    @run_flags
    def command(**values):
        found.append(config_from_flags(values, **others))

    command.main(args=list(words), standalone_mode=False)
    return found[0]


def refused(words):
    with pytest.raises(InputError) as caught:
        parse(words)
    return str(caught.value)


# --- any run can be said in flags --------------------

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_ .+=-]{0,20}\Z").filter(lambda name: name.isascii())
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | anything
)
params = st.dictionaries(anything.filter(bool), scalars, max_size=3)
finite = st.floats(1e-6, 1e3)
periods = st.none() | st.integers(1, 10**6)
phases = st.lists(st.floats(0, 10), min_size=1, max_size=3).map(
    lambda factors: [
        {"name": f"p{i}", "until": (i + 1) / len(factors), "factor": factor}
        for i, factor in enumerate(factors)
    ]
)
schedules = st.one_of(
    st.just({"kind": "constant"}),
    st.builds(lambda p, r: {"kind": "cosine", "period": p, "restart": r}, periods, st.booleans()),
    st.builds(lambda p: {"kind": "cyclical", "period": p}, periods),
    st.builds(lambda p: {"kind": "exponential", "period": p}, periods),
    st.builds(lambda k: {"kind": "inverse_anneal", "k": k}, finite),
    st.just({"kind": "piecewise"}),
    st.builds(lambda p: {"kind": "phases", "phases": p}, phases),
    st.builds(lambda g, w: {"kind": "adaptive", "gain": g, "window": w}, finite, st.integers(1, 99)),
)
sizes = st.lists(st.integers(1, 512), min_size=1, max_size=3)
networks = st.one_of(
    st.builds(
        lambda h, a, n: {"kind": "mlp", "hidden": h, "activation": a, "normalization": n},
        st.lists(st.integers(1, 512), max_size=3),
        st.sampled_from(["relu", "tanh"]),
        st.sampled_from(["none", "layer"]),
    ),
    st.builds(lambda c, h: {"kind": "cnn", "channels": c, "hidden": h}, sizes, st.integers(1, 99)),
    st.builds(lambda p: {"kind": "vit", "patch": p}, st.none() | st.integers(1, 8)),
    st.builds(lambda n, p: {"kind": "plugin", "name": n, "params": p}, anything, params),
)
tasks = st.one_of(
    st.just({"dataset": "digits"}),
    st.builds(
        lambda t, n: {"dataset": "digits", "train_examples": t, "label_noise": n},
        st.none() | st.integers(2, 99),
        st.floats(0, 1),
    ),
    st.builds(
        lambda p, d: {"dataset": "mnist", "path": p, "download": d}, st.none() | anything, st.booleans()
    ),
    st.builds(lambda p: {"dataset": "npz", "path": p}, anything.filter(bool)),
)


@st.composite
def noises(draw):
    mode = draw(st.sampled_from(NOISE_MODES))
    if mode == "none":
        return draw(st.sampled_from([{}, {"magnitude": 0.0}]))
    amplitude = "magnitude"
    if mode in MODES_WITH_TEMPERATURE:
        amplitude = draw(st.sampled_from(["magnitude", "temperature"]))
    if mode == "label_corrupt":  # a fraction, which no schedule may lift above 1
        return {"mode": mode, "magnitude": draw(st.floats(0, 1)), "schedule": {"kind": "cosine"}}
    return {"mode": mode, amplitude: draw(st.floats(0, 1)), "schedule": draw(schedules)}


@st.composite
def runs(draw):
    optimizer = {
        "name": draw(st.sampled_from(["adamw", "sgd", "my own/thing"]) | anything.filter(bool)),
        "lr": draw(finite),
        "params": draw(params),
        "clip_norm": draw(st.none() | finite),
    }
    if draw(st.booleans()):
        optimizer["lr_schedule"] = draw(schedules)
    elif draw(st.booleans()):
        optimizer["lr_follows_temperature"] = True
    budget = {
        "steps": draw(st.integers(1, 10**8)),
        "batch_size": draw(st.just("full") | st.integers(1, 999)),
        "curvature_every": draw(st.integers(0, 10)),
        "matched_train_loss": draw(st.none() | finite),
    }
    return validate(
        RunConfig,
        {
            "task": draw(tasks),
            "network": draw(networks),
            "budget": budget,
            "device": draw(st.sampled_from(["auto", "cpu", "cuda:1"])),
            "numerics": draw(st.sampled_from(["fast", "reproducible"])),
            "threads": draw(st.none() | st.integers(1, 4)),
            "arm": {"name": draw(names), "optimizer": optimizer, "noise": draw(noises())},
            "seed": draw(st.integers(0, 2**63 - 1)),
        },
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_that_a_copied_command_makes_the_same_run(run):
    program, *words = shlex.split(copy_as_command(run))
    assert program == "wnin-train"
    again = parse(words).runs()[0]
    assert again == run
    assert fingerprint(again) == fingerprint(run)


def test_that_a_copied_comparison_is_one_command_for_each_run():
    arms = [{"name": "a b"}, {"name": "sgd", "optimizer": {"name": "sgd", "lr": 0.1}}]
    config = validate(CompareConfig, {"arms": arms, "seeds": [3, 4]})
    lines = copy_as_command(config).splitlines()
    again = [parse(shlex.split(line)[1:]).runs()[0] for line in lines]
    assert [fingerprint(run) for run in again] == [fingerprint(run) for run in config.runs()]


# --- flags and the schema --------------------


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_that_a_flag_says_what_it_means_and_what_it_allows(flag):
    text = help_of(flag)
    assert text.endswith(".")
    assert len(text) > 20
    assert "in by mode" not in text
    shown = CliRunner().invoke(click.command()(run_flags(lambda **_: None)), ["--help"]).output
    assert flag.name in shown


def test_that_an_optimizers_own_rate_holds_unless_a_flag_gives_one():
    rate = {"sgd": 0.25}.get
    assert parse(["--optimizer", "sgd"], default_lr=rate).arms[0].optimizer.lr == 0.25
    assert parse(["--optimizer", "sgd", "--lr", "1e-2"], default_lr=rate).arms[0].optimizer.lr == 0.01
    assert parse([], default_lr=rate).arms[0].optimizer.lr == 1e-3


def test_that_parameters_are_numbers_words_and_switches():
    words = [
        "--param",
        "a=1",
        "--param",
        "b=1e-3",
        "--param",
        "c=true",
        "--param",
        "d=x=y",
        "--param",
        'e="1"',
    ]
    found = parse(words).arms[0].optimizer.params
    assert found == {"a": 1, "b": 1e-3, "c": True, "d": "x=y", "e": "1"}
    assert [type(found[key]) for key in "abce"] == [int, float, bool, str]


BAD = [
    (["--noise-mode", "gauss"], "--noise-mode: 'gauss' is not accepted; allowed: none, input_jitter,"),
    (["--noise-mode", "sgdl", "--noise-mag", "1"], "did you mean sgld?"),
    (["--noise-mode", "sgld", "--noise-mag", "1", "--noise-schedule", "cosin"], "did you mean cosine?"),
    (["--dataset", "digit"], "--dataset: 'digit' is not accepted; allowed: digits,"),
    (["--model", "mpl"], "--model: 'mpl' is not accepted; allowed: mlp,"),
    (["--device", "gpu"], "--device: 'gpu' is not accepted; allowed: auto, cpu, cuda or cuda:N."),
    (["--numerics", "slow"], "--numerics: 'slow' is not accepted; allowed: reproducible, fast."),
    (["--steps", "ten"], "--steps: 'ten' is not accepted; allowed: a whole number from 1"),
    (["--steps", "0"], "--steps: 0 is not accepted; allowed: a whole number from 1"),
    (["--steps", "1.5"], "--steps: 1.5 is not accepted; allowed: a whole number from 1"),
    (["--batch-size", "half"], "--batch-size: 'half' is not accepted; allowed: a whole number from 1"),
    (["--seed", "-1"], "--seed: -1 is not accepted; allowed: a whole number of at least 0"),
    (["--lr", "nan"], "--lr: nan is not accepted; allowed: a finite number above 0"),
    (["--lr", "-1"], "--lr: -1 is not accepted; allowed: a finite number above 0"),
    (["--threads", "0"], "--threads: 0 is not accepted; allowed: a whole number from 1 to 256"),
    (["--name", "???"], "--name: '???' is not accepted; allowed: 1 to 60 letters"),
    (["--noise-period", "5"], "--noise-period: 5 is not accepted; kind 'constant' has no period"),
    (
        ["--noise-mode", "sgld", "--noise-mag", "1", "--noise-schedule", "piecewise", "--noise-period", "5"],
        "--noise-period: 5 is not accepted; kind 'piecewise' has no period",
    ),
    (["--noise-mag", "0.1"], "--noise-mag: 0.1 is not accepted; noise mode 'none' has no magnitude"),
    (["--noise-schedule", "cosine"], "--noise-schedule: 'cosine' is not accepted; noise mode 'none'"),
    (["--noise-mode", "sgld"], "--noise-mag: nothing is not accepted; noise mode 'sgld' needs one"),
    (
        ["--noise-mode", "input_jitter", "--noise-mag", "1", "--temperature", "2"],
        "--temperature: 2.0 is not accepted; noise mode 'input_jitter' has no temperature",
    ),
    (
        ["--noise-mode", "sgld", "--noise-mag", "1", "--temperature", "2"],
        "--temperature: 2.0 is not accepted;",
    ),
    (["--noise-mode", "label_corrupt", "--noise-mag", "2"], "--noise-mag: 2.0 is not accepted;"),
    (["--model", "gru"], "--model: 'gru' is not accepted; it reads token sequences"),
    (["--download"], "--download: True is not accepted; dataset 'digits' is not downloaded"),
    (["--data", "x"], "--data: 'x' is not accepted; dataset 'digits' ships with the program"),
    (["--dataset", "npz"], "--data: nothing is not accepted; dataset 'npz' needs the path"),
    (["--param", "beta1"], "--param: 'beta1' is not accepted; give KEY=VALUE"),
    (["--param", "=1"], "--param: '=1' is not accepted; give KEY=VALUE"),
    (["--set", "budget"], "--set: 'budget' is not accepted; give PATH=VALUE"),
    (
        ["--set", "budget.step=3"],
        "--set budget.step: 3 is not accepted; there is no such key, allowed: steps",
    ),
    (["--set", "bugdet.steps=3"], "bugdet: {'steps': 3} is not accepted; there is no such key"),
    (["--set", "budget=3"], "--set budget: 3 is not accepted; allowed: a table with steps"),
    (["--set", "seed=3", "--set", "seed.x=3"], "--set seed.x: 3 is not accepted; seed is not a table"),
    (["--arm", "b"], "--arm: 'b' is not accepted; it chooses an arm of a file, give --config FILE too"),
    (["--set", "network.hidden=[0]"], "--set network.hidden[0]: 0 is not accepted; allowed: a whole number"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda part: " ".join(part)[:60])
def test_that_a_bad_value_is_one_sentence_naming_the_flag(words, sentence):
    said = refused(words)
    assert sentence in said
    assert said.endswith(".")
    assert "\n" not in said


def test_that_every_problem_is_named():
    assert len(refused(["--steps", "0", "--lr", "0"]).splitlines()) == 2


# --- pasted commands --------------------


def test_that_a_pasted_command_gives_its_experiment():
    run = experiment_of(
        "$ A=1 wnin-train --optimizer sgd --lr=0.5 --download --dataset mnist \\\n --param a=1"
    )
    assert (run.arms[0].optimizer.lr, run.task.download) == (0.5, True)
    assert experiment_of("uv run wnin train --steps 7 --store here --json").budget.steps == 7


def test_that_many_pasted_runs_become_one_comparison():
    config = load_preset("demo")
    again = experiment_of(copy_as_command(config))
    assert fingerprint(again) == fingerprint(config)
    assert [arm.name for arm in again.arms] == [arm.name for arm in config.arms]


@pytest.mark.parametrize("shell", ["posix", "powershell"])
def test_that_a_whole_comparison_is_one_command(shell):
    for name in presets():
        config = load_preset(name)
        assert experiment_of(compare_command(config, shell=shell)) == config


def test_that_no_line_of_a_comparison_ends_its_command_early():
    text = compare_command(CompareConfig(arms=[{"name": "a"}], name="x"), shell="posix")
    assert text.startswith("wnin compare - <<'TOML'\n")
    awkward = CompareConfig(arms=[{"name": "a"}], name="a\nTOML\nb'@ $HOME `x`")
    assert experiment_of(compare_command(awkward, shell="posix")) == awkward


def test_that_a_pasted_command_may_name_a_file(tmp_path):
    path = tmp_path / "it's one.toml"
    config = load_preset("demo")
    dump_compare(config, path)
    assert experiment_of(compare_command(config, path, shell="posix")) == config
    assert experiment_of("wnin compare preset:demo") == config


PASTED = [
    ("", "give a command"),
    ("python train.py --lr 1", "it begins with wnin-train, wnin train or wnin compare"),
    ("wnin-train --lrr 1", "there is no such flag"),
    ("wnin-train --lr 'x", "No closing quotation"),
    ("wnin-train --lr", "--lr"),
    ("wnin-train --lr=0", "--lr: 0"),
    ("wnin compare", "give a configuration file"),
    ("wnin-train --steps 5\nwnin-train --steps 6 --seed 1", "budget"),
    ("wnin-train --name a --lr 1\nwnin-train --name a --lr 2", "arms[1].name"),
]


@pytest.mark.parametrize(("text", "sentence"), PASTED)
def test_that_a_command_that_cannot_be_read_is_one_sentence(text, sentence):
    with pytest.raises(InputError) as caught:
        experiment_of(text)
    assert sentence in str(caught.value)
    assert len(caught.value.problems) == 1


# --- a file and flags --------------------

FILE = """
seeds = [5]
[budget]
steps = 40
batch_size = 16
[[arms]]
name = "noisy"
[arms.optimizer]
name = "sgd"
lr = 0.2
params = { momentum = 0.5 }
[arms.noise]
mode = "sgld"
temperature = 0.01
schedule = { kind = "cosine", period = 9 }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(FILE)
    return str(path)


def test_that_flags_go_before_the_file(file):
    config = parse(["--config", file, "--steps", "7", "--seed", "2", "--noise-period", "3"])
    run = config.runs()[0]
    assert (run.budget.steps, run.budget.batch_size, run.seed) == (7, 16, 2)
    assert run.arm.noise.temperature == 0.01
    assert run.arm.noise.schedule.model_dump() == {"kind": "cosine", "period": 3, "restart": False}
    assert run.arm.optimizer.params == {"momentum": 0.5}


def test_that_a_replaced_choice_takes_what_belonged_to_it_along(file):
    assert parse(["--config", file, "--noise-mode", "none"]).arms[0].noise.magnitude is None
    assert parse(["--config", file, "--noise-mag", "0.1"]).arms[0].noise.temperature is None
    assert parse(["--config", file, "--noise-schedule", "cyclical"]).arms[0].noise.schedule.period is None
    assert parse(["--config", file, "--optimizer", "adamw"]).arms[0].optimizer.params == {}


def test_that_a_problem_of_the_file_names_the_file_and_one_of_a_flag_the_flag(file):
    said = refused(["--config", file, "--noise-mode", "input_jitter"])
    assert said.startswith(f"{file}: arm.noise.temperature: 0.01 is not accepted; noise mode 'input_jitter'")
    assert refused(["--config", file, "--steps", "0"]).startswith("--steps: 0 ")


def test_that_a_file_of_many_runs_needs_a_choice(tmp_path):
    path = tmp_path / "many.toml"
    path.write_text('seeds = [1, 2]\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"\n')
    assert "holds the arms a, b" in refused(["--config", str(path)])
    assert "holds 2 seeds (1, 2)" in refused(["--config", str(path), "--arm", "a"])
    run = parse(["--config", str(path), "--arm", "b", "--seed", "2"]).runs()[0]
    assert (run.arm.name, run.seed) == ("b", 2)


def test_that_the_engines_problems_are_named_by_flags_too():
    problem = InputError.of("arms[0].optimizer.params.beta1", 2, "below 1")
    assert str(in_flags(problem)).startswith("--param beta1: 2 is not accepted")
