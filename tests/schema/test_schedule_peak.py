"""The peak of a schedule bounds its whole curve, and a corrupted fraction stays a fraction under it."""

import numpy as np
import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.noise.schedules import curve
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.noise import NoiseConfig
from wnin_desktop.schema.schedule import peak

PHASES = [{"name": "a", "until": 0.5, "factor": 0.1}, {"name": "b", "until": 1.0, "factor": 4.0}]
SCHEDULES = [
    ({"kind": "constant"}, 1.0),
    ({"kind": "cosine", "period": 10, "restart": True}, 1.0),
    ({"kind": "cyclical", "period": 10}, 1.0),
    ({"kind": "inverse_anneal", "k": 0.1}, 1.0),
    ({"kind": "exponential"}, 1.0),
    ({"kind": "piecewise"}, 1.2),
    ({"kind": "phases", "phases": PHASES}, 4.0),
]


def corrupted(magnitude: float, schedule: dict) -> NoiseConfig:
    given = {"mode": "label_corrupt", "magnitude": magnitude, "schedule": schedule}
    return validate(NoiseConfig, given)


@pytest.mark.parametrize(("schedule", "highest"), SCHEDULES, ids=lambda value: str(value)[:30])
def test_that_the_peak_is_the_highest_point_of_the_curve(schedule, highest):
    config = corrupted(0.1, schedule).schedule
    assert peak(config) == highest
    assert np.max(curve(config, 100, 100)) == pytest.approx(highest)


@pytest.mark.parametrize(("schedule", "highest"), SCHEDULES, ids=lambda value: str(value)[:30])
def test_that_no_more_than_the_whole_batch_is_ever_corrupted(schedule, highest):
    assert corrupted(1 / highest, schedule).magnitude == 1 / highest
    with pytest.raises(InputError, match="takes a fraction of the batch"):
        corrupted(1 / highest + 1e-6, schedule)


def test_that_an_adaptive_schedule_counts_with_its_hottest_state():
    schedule = {"kind": "adaptive", "offset": 0.5, "gain": 1.5, "start": 1.0}
    assert corrupted(0.5, schedule).magnitude == 0.5
    with pytest.raises(InputError, match="by up to 2"):
        corrupted(0.6, schedule)
