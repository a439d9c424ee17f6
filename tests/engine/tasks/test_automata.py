import math

import numpy as np
import pytest

from wnin_desktop.engine.tasks.automata import AUTOMATA
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import InputError
from wnin_desktop.schema.task import TaskConfig

PERPLEXITY = {
    "dyck2": 2.36143875,
    "dyck2_depth3": 2.23403347,
    "golden_mean": 1.58740105,
    "even_process": 1.58740105,
}
OPENING = {2: 0, 3: 1}


@pytest.mark.parametrize(("name", "perplexity"), PERPLEXITY.items())
def test_that_the_perplexity_floor_is_exact(name, perplexity):
    task = load_task(TaskConfig(dataset=name, train_examples=2, val_examples=2))
    assert task.perplexity_floor == pytest.approx(perplexity, abs=1e-8)
    assert task.entropy_rate == pytest.approx(math.log(perplexity), abs=1e-8)


def test_that_dyck2_has_31_states_and_the_known_entropy_rate():
    automaton = AUTOMATA["dyck2"]()
    assert automaton.probability.shape == (31, 4)
    assert automaton.entropy_rate == pytest.approx(0.85927107, abs=5e-9)


@pytest.mark.parametrize("name", ["golden_mean", "even_process"])
def test_that_both_binary_processes_have_two_thirds_of_a_bit(name):
    assert AUTOMATA[name]().entropy_rate == pytest.approx(2 / 3 * math.log(2), rel=1e-12)


@pytest.mark.parametrize("name", PERPLEXITY)
def test_that_stationary_probabilities_are_stationary(name):
    automaton = AUTOMATA[name]()
    assert automaton.probability.sum(axis=1) == pytest.approx(1.0, abs=1e-15)
    assert automaton.stationary @ automaton.transitions == pytest.approx(automaton.stationary, abs=1e-14)


def optimal_nll(automaton, tokens):
    """Follow the states from the known start and return -log p of every token but the first."""
    state = np.zeros(len(tokens), dtype=np.int64)
    nll = np.empty(tokens.shape)
    for step in range(tokens.shape[1]):
        nll[:, step] = -np.log(automaton.probability[state, tokens[:, step]])
        state = automaton.following[state, tokens[:, step]]
    return nll[:, 1:]


@pytest.mark.parametrize("name", PERPLEXITY)
def test_that_the_optimal_predictor_attains_the_floor(name):
    task = load_task(TaskConfig(dataset=name, train_examples=4000, val_examples=2, sequence_length=64))
    tokens = np.concatenate([task.train.x.numpy(), task.train.y.numpy()[:, -1:]], axis=1)
    means = optimal_nll(AUTOMATA[name](), tokens).mean(axis=1)
    standard_error = means.std(ddof=1) / math.sqrt(len(means))
    assert abs(means.mean() - task.entropy_floor) < 4 * standard_error


@pytest.mark.parametrize("name", PERPLEXITY)
def test_that_the_floor_of_long_sequences_tends_to_the_entropy_rate(name):
    automaton = AUTOMATA[name]()
    gaps = [abs(automaton.entropy_floor(length) - automaton.entropy_rate) for length in (64, 256, 1024)]
    # The start costs a bounded number of nat, so the gap of the mean falls as 1 / length.
    assert gaps[1] == pytest.approx(gaps[0] / 4, rel=0.02)
    assert gaps[2] == pytest.approx(gaps[0] / 16, rel=0.02)


@pytest.mark.parametrize(("name", "depth"), [("dyck2", 4), ("dyck2_depth3", 3)])
def test_that_brackets_match_and_stay_within_depth(name, depth):
    task = load_task(TaskConfig(dataset=name, train_examples=200, val_examples=2))
    deepest = 0
    for row in task.train.x.tolist():
        stack = []
        for token in row:
            if token in OPENING:
                assert stack.pop() == OPENING[token]
            else:
                stack.append(token)
            deepest = max(deepest, len(stack))
    assert deepest == depth


def test_that_the_binary_processes_obey_their_grammar():
    golden = load_task(TaskConfig(dataset="golden_mean", train_examples=100, val_examples=2)).train
    assert not ((golden.x == 0) & (golden.y == 0)).any()
    even = load_task(TaskConfig(dataset="even_process", train_examples=100, val_examples=2)).train
    for row in even.x.tolist():
        # The last run may be cut by the end of the window; every run before it is closed by a zero.
        assert all(len(run) % 2 == 0 for run in "".join(map(str, row)).split("0")[:-1])


def test_that_targets_are_the_next_tokens_and_the_splits_differ():
    task = load_task(TaskConfig(dataset="dyck2", train_examples=50, val_examples=50, sequence_length=9))
    assert task.kind == "sequence"
    assert task.input_shape == (9,)
    assert task.train.x[:, 1:].equal(task.train.y[:, :-1])
    assert not task.train.x.equal(task.val.x)


def test_that_more_sequences_keep_the_first_ones():
    few = load_task(TaskConfig(dataset="dyck2", train_examples=10, val_examples=2))
    many = load_task(TaskConfig(dataset="dyck2", train_examples=20, val_examples=2))
    assert many.train.x[:10].equal(few.train.x)


def test_that_more_tokens_than_memory_should_hold_is_an_input_error():
    with pytest.raises(InputError, match=r"task\.train_examples"):
        load_task(TaskConfig(dataset="dyck2", train_examples=10_000_000, sequence_length=4096))
