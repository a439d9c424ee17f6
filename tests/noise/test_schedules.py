import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wnin_desktop.errors import InputError
from wnin_desktop.noise.adaptive import AdaptiveController
from wnin_desktop.noise.schedules import curve, curve_steps, factor, period_of, phase
from wnin_desktop.schema.schedule import (
    SCHEDULES,
    SCHEDULES_WITH_PERIOD,
    AdaptiveSchedule,
    ConstantSchedule,
    CosineSchedule,
    CyclicalSchedule,
    ExponentialSchedule,
    InverseAnnealSchedule,
    Phase,
    PhasesSchedule,
    PiecewiseSchedule,
    ScheduleConfig,
)

PHASES = PhasesSchedule(
    phases=(
        Phase(name="bootstrap", until=0.2, factor=2.0),
        Phase(name="refinement", until=0.75, factor=0.25),
        Phase(name="rest", until=1.0, factor=0.0),
    )
)
TOTAL = 200
EXAMPLES = (
    ConstantSchedule(),
    CosineSchedule(period=60),
    CosineSchedule(period=60, restart=True),
    CosineSchedule(),
    CyclicalSchedule(period=60),
    CyclicalSchedule(),
    InverseAnnealSchedule(),
    InverseAnnealSchedule(k=0.3),
    ExponentialSchedule(period=60),
    ExponentialSchedule(),
    PiecewiseSchedule(),
    PHASES,
    AdaptiveSchedule(),
)
t = np.arange(TOTAL, dtype=np.float64)


def values(schedule, total=TOTAL):
    return np.array([factor(schedule, step, total) for step in range(total)])


def exactly(actual, formula):
    np.testing.assert_allclose(actual, formula, rtol=1e-13, atol=1e-15)


def test_that_constant_is_one():
    exactly(values(ConstantSchedule()), np.ones(TOTAL))


@pytest.mark.parametrize("period", [None, 60])
def test_that_cosine_falls_to_zero_and_stays_there(period):
    p = period or TOTAL
    formula = np.where(t < p, 0.5 * (1 + np.cos(np.pi * t / p)), 0.0)
    exactly(values(CosineSchedule(period=period)), formula)
    assert factor(CosineSchedule(period=60), 60, TOTAL) == 0.0
    assert factor(CosineSchedule(period=60), 61, TOTAL) == 0.0


def test_that_cosine_with_restart_begins_again():
    exactly(values(CosineSchedule(period=60, restart=True)), 0.5 * (1 + np.cos(np.pi * (t % 60) / 60)))
    assert factor(CosineSchedule(period=60, restart=True), 60, TOTAL) == 1.0


@pytest.mark.parametrize("period", [None, 60])
def test_that_cycles_start_and_end_at_zero(period):
    p = period or TOTAL
    exactly(values(CyclicalSchedule(period=period)), 0.5 * (1 - np.cos(2 * np.pi * (t % p) / p)))
    assert factor(CyclicalSchedule(period=60), 30, TOTAL) == 1.0
    assert factor(CyclicalSchedule(period=60), 120, TOTAL) == 0.0


def test_that_inverse_annealing_follows_its_rate():
    exactly(values(InverseAnnealSchedule()), 1 / (1 + 0.001 * t))
    exactly(values(InverseAnnealSchedule(k=0.3)), 1 / (1 + 0.3 * t))


@pytest.mark.parametrize(("period", "constant"), [(60, 60), (None, TOTAL / 5)])
def test_that_the_exponential_falls_by_e_in_its_time_constant(period, constant):
    exactly(values(ExponentialSchedule(period=period)), np.exp(-t / constant))


def test_that_pieces_change_exactly_at_a_tenth_a_half_and_nine_tenths():
    formula = np.select([t / TOTAL < 0.1, t / TOTAL < 0.5, t / TOTAL < 0.9], [1.2, 0.9, 0.7], 0.5)
    exactly(values(PiecewiseSchedule()), formula)
    assert [factor(PiecewiseSchedule(), step, 10) for step in (0, 1, 4, 5, 8, 9)] == [
        1.2,
        0.9,
        0.9,
        0.7,
        0.7,
        0.5,
    ]


def test_that_phases_hold_their_factor_until_their_end():
    exactly(values(PHASES), np.select([t / TOTAL < 0.2, t / TOTAL < 0.75], [2.0, 0.25], 0.0))


@pytest.mark.parametrize("schedule", [PHASES, PiecewiseSchedule()])
def test_that_the_last_part_goes_on_past_the_end_of_the_run(schedule):
    assert factor(schedule, 10 * TOTAL, TOTAL) == factor(schedule, TOTAL - 1, TOTAL)
    assert phase(schedule, 10 * TOTAL, TOTAL) == phase(schedule, TOTAL - 1, TOTAL)


def test_that_adaptive_asks_its_controller():
    schedule = AdaptiveSchedule()
    controller = AdaptiveController(schedule)
    assert factor(schedule, 0, TOTAL, controller) == 1.0
    controller.record(True)
    assert factor(schedule, 1, TOTAL, controller) == 1.2
    assert factor(schedule, 1, TOTAL) == 1.0


@pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.kind)
def test_that_the_preview_is_what_the_run_will_do(schedule):
    np.testing.assert_allclose(curve(schedule, TOTAL, TOTAL), values(schedule), rtol=1e-13, atol=1e-15)
    assert curve(schedule, TOTAL, 7).shape == (7,)
    assert curve_steps(TOTAL, 7)[[0, -1]].tolist() == [0.0, TOTAL - 1.0]


def test_that_every_schedule_of_the_schema_is_tested_here():
    assert {schedule.kind for schedule in EXAMPLES} == set(SCHEDULES)


@pytest.mark.parametrize("kind", SCHEDULES_WITH_PERIOD)
def test_that_an_empty_period_comes_from_the_run(kind):
    schedule = TypeAdapter(ScheduleConfig).validate_python({"kind": kind})
    assert period_of(schedule, 50) == (10.0 if kind == "exponential" else 50.0)


@given(st.sampled_from(EXAMPLES), st.integers(0, 10**9), st.integers(1, 10**8))
def test_that_factors_are_finite_and_never_negative(schedule, step, total):
    value = factor(schedule, step, total)
    assert np.isfinite(value)
    assert value >= 0.0
    assert phase(schedule, step, total)


@pytest.mark.parametrize(
    ("schedule", "step", "name"),
    [
        (ConstantSchedule(), 5, "constant"),
        (CosineSchedule(period=60), 59, "cosine"),
        (CosineSchedule(period=60), 60, "cosine held at 0"),
        (CosineSchedule(period=60, restart=True), 0, "cosine"),
        (CosineSchedule(period=60, restart=True), 120, "cosine 3"),
        (CyclicalSchedule(period=60), 59, "cycle 1"),
        (CyclicalSchedule(period=60), 120, "cycle 3"),
        (InverseAnnealSchedule(), 5, "inverse_anneal"),
        (ExponentialSchedule(), 5, "exponential"),
        (PiecewiseSchedule(), 0, "progress<0.1"),
        (PiecewiseSchedule(), 20, "progress<0.5"),
        (PiecewiseSchedule(), 100, "progress<0.9"),
        (PiecewiseSchedule(), 180, "progress>=0.9"),
        (PHASES, 39, "bootstrap"),
        (PHASES, 40, "refinement"),
        (PHASES, 150, "rest"),
        (AdaptiveSchedule(), 5, "adaptive"),
    ],
)
def test_that_a_phase_has_its_name(schedule, step, name):
    assert phase(schedule, step, TOTAL) == name


@pytest.mark.parametrize(("step", "total", "field"), [(-1, 10, "step"), (0, 0, "total_steps")])
def test_that_impossible_times_are_refused(step, total, field):
    for ask in (factor, phase):
        with pytest.raises(InputError) as caught:
            ask(ConstantSchedule(), step, total)
        assert caught.value.problems[0].field == field
