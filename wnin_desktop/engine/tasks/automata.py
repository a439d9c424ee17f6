"""Token sources whose entropy rate is exact: probabilistic automata.

Each automaton is unifilar: a state and a symbol determine the next state. An observer who knows the start
state therefore always knows the state, and the best possible mean cross entropy is the mean entropy of the
next symbol given the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch

from wnin_desktop.engine.tasks.base import Split, Task, content_hash
from wnin_desktop.errors import InputError
from wnin_desktop.schema.task import TaskConfig

AUTOMATON_SEED = 20_260_103
DEFAULT_TRAIN, DEFAULT_VAL = 4096, 512
MAX_TOKENS = 2**28
P_OPEN = 0.45


@dataclass(frozen=True)
class Automaton:
    """A unifilar automaton over states 0..S-1, which starts in state 0, and symbols 0..A-1.

    Attributes:
        probability: `[S, A]`, probability of each symbol in each state; rows sum to 1.
        following: `[S, A]`, the next state; meaningless where the probability is 0.
        sentence: What it is, for people.
    """

    probability: np.ndarray
    following: np.ndarray
    sentence: str

    @cached_property
    def transitions(self) -> np.ndarray:
        """Return the state-to-state matrix `[S, S]`, rows summing to 1."""
        states = len(self.probability)
        matrix = np.zeros((states, states))
        np.add.at(matrix, (np.arange(states)[:, None], self.following), self.probability)
        return matrix

    @cached_property
    def stationary(self) -> np.ndarray:
        """Return the stationary distribution pi `[S]`: pi P = pi, sum pi = 1."""
        states = len(self.probability)
        equations = np.vstack([self.transitions.T - np.eye(states), np.ones(states)])
        return np.linalg.lstsq(equations, np.append(np.zeros(states), 1.0), rcond=None)[0]

    @cached_property
    def state_entropy(self) -> np.ndarray:
        """Return the entropy (nat) of the next symbol in each state, `[S]`."""
        p = self.probability
        return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=1)

    @property
    def entropy_rate(self) -> float:
        """Return h = sum_s pi_s H(next symbol | s) in nat per symbol (Shannon 1948, theorem 5)."""
        return float(self.stationary @ self.state_entropy)

    def entropy_floor(self, length: int) -> float:
        """Return the exact mean entropy (nat) of symbols 2 .. length + 1 of a sequence from the start state.

        These are the symbols that a sequence task of this length asks for: the first one is only read.
        """
        occupied, total = np.eye(len(self.probability))[0], 0.0
        for _ in range(length):
            occupied = occupied @ self.transitions
            total += float(occupied @ self.state_entropy)
        return total / length

    def sample(self, count: int, length: int, seed: int) -> np.ndarray:
        """Return `count` sequences `[count, length]` int64, each from the start state.

        The first n sequences are the same whatever `count` is.
        """
        draws = np.random.default_rng(seed).random((count, length))
        # The last column is left out of the comparison, so that rounding of the sum can never pass it.
        edges = np.cumsum(self.probability, axis=1)[:, :-1]
        state = np.zeros(count, dtype=np.int64)
        tokens = np.empty((count, length), dtype=np.int64)
        for step in range(length):
            tokens[:, step] = np.sum(draws[:, step, None] >= edges[state], axis=1)
            state = self.following[state, tokens[:, step]]
        return tokens


def dyck2(depth: int) -> Automaton:
    """Return balanced brackets of two kinds, at most `depth` deep; a state is the stack.

    Symbols: 0 "(", 1 "[", 2 ")", 3 "]". An empty stack opens, a full one closes, any other opens with
    probability 0.45; both kinds open equally often.
    """
    stacks = [stack for size in range(depth + 1) for stack in product((0, 1), repeat=size)]
    number = {stack: index for index, stack in enumerate(stacks)}
    probability, following = np.zeros((len(stacks), 4)), np.zeros((len(stacks), 4), dtype=np.int64)
    for stack, state in number.items():
        opening = 1.0 if not stack else 0.0 if len(stack) == depth else P_OPEN
        if opening:
            probability[state, :2] = opening / 2
            following[state, :2] = [number[(*stack, kind)] for kind in (0, 1)]
        if stack:
            probability[state, 2 + stack[-1]] = 1 - opening
            following[state, 2 + stack[-1]] = number[stack[:-1]]
    return Automaton(probability, following, f"balanced brackets of two kinds, at most {depth} deep")


def golden_mean() -> Automaton:
    """Return the golden mean process: fair bits, but a 0 is always followed by a 1; h = 2/3 bit."""
    return Automaton(
        np.array([[0.5, 0.5], [0.0, 1.0]]),
        np.array([[1, 0], [0, 0]]),
        "golden mean process, no two zeros in a row",
    )


def even_process() -> Automaton:
    """Return the even process: runs of 1 between zeros have even length; h = 2/3 bit."""
    return Automaton(
        np.array([[0.5, 0.5], [0.0, 1.0]]),
        np.array([[0, 1], [0, 0]]),
        "even process, ones in runs of even length",
    )


AUTOMATA = {
    "dyck2": lambda: dyck2(4),
    "dyck2_depth3": lambda: dyck2(3),
    "golden_mean": golden_mean,
    "even_process": even_process,
}


def automaton_task(config: TaskConfig) -> Task:
    """Return next-token prediction on sequences of an automaton; `sequence_length` tokens are read."""
    automaton, length = AUTOMATA[config.dataset](), config.sequence_length
    train_count, val_count = config.train_examples or DEFAULT_TRAIN, config.val_examples or DEFAULT_VAL
    _check_size(train_count + val_count, length)
    train = next_token_split(automaton.sample(train_count, length + 1, AUTOMATON_SEED))
    val = next_token_split(automaton.sample(val_count, length + 1, AUTOMATON_SEED + 1))
    return Task(
        name=config.dataset,
        kind="sequence",
        train=train,
        val=val,
        test=None,
        classes=automaton.probability.shape[1],
        input_shape=(length,),
        entropy_rate=automaton.entropy_rate,
        provenance=f"{automaton.sentence}; each sequence begins in the start state",
        sha256=content_hash(train, val),
        entropy_floor=automaton.entropy_floor(length),
    )


def next_token_split(tokens: np.ndarray) -> Split:
    """Return x = all but the last token, y = all but the first, of sequences `[N, L + 1]`."""
    stored = torch.from_numpy(np.ascontiguousarray(tokens, dtype=np.int64))
    return Split(stored[:, :-1].contiguous(), stored[:, 1:].contiguous())


def _check_size(examples: int, length: int) -> None:
    if examples * (length + 1) > MAX_TOKENS:
        raise InputError.of(
            "task.train_examples",
            examples,
            f"at most {MAX_TOKENS // (length + 1)} sequences of this length fit",
        )
