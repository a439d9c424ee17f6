"""The leader table: every arm against the baseline, seed by seed, and what that allows to say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from wnin_desktop.analysis.statistics import (
    MINIMUM_SEEDS,
    Interval,
    holm,
    mean_interval,
    sign_flip_p_value,
)
from wnin_desktop.errors import InputError

Word = Literal["baseline", "better", "worse", "not separable", "cannot conclude"]
Outcomes = Mapping[int, float | None]
"""Per seed the outcome; None or a number that is not finite: that run diverged."""


@dataclass(frozen=True)
class LeaderRow:
    """One arm.

    `summary` is over the seeds that did not diverge (None: all did); `difference` is arm minus baseline over
    the `pairs` of seeds where neither diverged, with its p-value by sign flips and the same adjusted after
    Holm for all arms of the table. `note` says in words what the numbers alone would hide.
    """

    arm: str
    summary: Interval | None
    seeds: int
    diverged: int
    difference: Interval | None
    pairs: int
    p_value: float | None
    p_adjusted: float | None
    word: Word
    note: str


def leader_table(
    results: Mapping[str, Outcomes],
    baseline: str,
    *,
    better: Literal["lower", "higher"] = "lower",
    level: float = 0.95,
) -> list[LeaderRow]:
    """Return one row per arm, the best mean first.

    "better" and "worse" need an adjusted p-value of at most 1 - level. With fewer than nine pairs the word
    is "cannot conclude": sign-flip p-values are never below 2^(1-n). Diverged runs are counted; as a mean
    over survivors flatters, an arm that diverged more often than the other never wins the comparison.

    Args:
        results: outcome per arm and seed.
        baseline: the arm that differences are taken against.
        better: whether low or high outcomes are good.
        level: of the intervals; 1 - level is the error rate of the words.

    Raises:
        InputError: the baseline is not an arm, or an arm has no seeds.
    """
    if baseline not in results:
        raise InputError.of("baseline", baseline, f"allowed: {', '.join(results)}")
    for arm, outcomes in results.items():
        if not outcomes:
            raise InputError.of(f"results[{arm!r}]", {}, "an arm needs at least one seed")
    rows = [
        _compared(arm, outcomes, results[baseline], arm == baseline, level)
        for arm, outcomes in results.items()
    ]
    rows = _adjusted(rows)
    reference = next(row for row in rows if row.arm == baseline)
    sign = 1 if better == "lower" else -1
    worded = [_worded(row, reference, sign, 1 - level) for row in rows]
    return sorted(worded, key=lambda row: math.inf if row.summary is None else sign * row.summary.mean)


def finite(outcomes: Outcomes) -> dict[int, float]:
    """Return the outcomes of the seeds that did not diverge."""
    return {seed: value for seed, value in outcomes.items() if value is not None and math.isfinite(value)}


def _compared(arm: str, outcomes: Outcomes, against: Outcomes, is_baseline: bool, level: float) -> LeaderRow:
    mine, theirs = finite(outcomes), finite(against)
    pairs = [mine[seed] - theirs[seed] for seed in sorted(mine.keys() & theirs.keys())]
    compared = bool(pairs) and not is_baseline
    return LeaderRow(
        arm=arm,
        summary=mean_interval(list(mine.values()), level) if mine else None,
        seeds=len(outcomes),
        diverged=len(outcomes) - len(mine),
        difference=mean_interval(pairs, level) if compared else None,
        pairs=len(pairs),
        p_value=sign_flip_p_value(pairs) if compared else None,
        p_adjusted=None,
        word="baseline" if is_baseline else "cannot conclude",
        note="",
    )


def _adjusted(rows: list[LeaderRow]) -> list[LeaderRow]:
    known = [row.p_value for row in rows if row.p_value is not None]
    adjusted = iter(holm(known))
    return [row if row.p_value is None else replace(row, p_adjusted=next(adjusted)) for row in rows]


def _worded(row: LeaderRow, reference: LeaderRow, sign: int, error_rate: float) -> LeaderRow:
    notes = []
    if row.diverged:
        notes.append(f"{row.diverged} of {row.seeds} seeds diverged; the mean is over the others")
    if row.summary is not None and row.summary.n == 1:
        notes.append("one seed: no interval")
    word: Word = "baseline"
    if row.arm != reference.arm:
        word, note = _verdict(row, reference, sign, error_rate)
        notes.append(note)
    return replace(row, word=word, note="; ".join(note for note in notes if note))


def _verdict(row: LeaderRow, reference: LeaderRow, sign: int, error_rate: float) -> tuple[Word, str]:
    if row.difference is None or row.p_adjusted is None:
        return "cannot conclude", "no seed where neither this arm nor the baseline diverged"
    if row.pairs < MINIMUM_SEEDS:
        pairs = f"{row.pairs} paired seed{'s' if row.pairs > 1 else ''}"
        floor = 2.0 ** (1 - row.pairs)
        return (
            "cannot conclude",
            f"{pairs} cannot conclude: p is never below {floor:.3g}; {MINIMUM_SEEDS} seeds are needed",
        )
    if row.p_adjusted > error_rate:
        return "not separable", ""
    wins = sign * row.difference.mean < 0
    more, fewer = (row, reference) if wins else (reference, row)
    if more.diverged * fewer.seeds > fewer.diverged * more.seeds:
        return "not separable", f"{more.arm} has the better mean but diverged more often"
    return ("better" if wins else "worse"), ""
