"""Escape events on a world where the truth is known: the double well (x^2 - 1)^2 + 2 y^2 + x y / 2."""

import numpy as np
import pytest
import torch

from wnin_desktop.analysis.escapes import find_escapes, quench, straight_barriers

H, EVERY, CORE = 0.01, 70, 0.85
"""Step of Euler-Maruyama, steps between checkpoints, and where the cores begin: |x| > CORE."""
SLACK = 3
"""Checkpoints that an event may be away from its crossing: a path may rest on the ridge for so long."""


def well(x):
    return (x[:, 0] ** 2 - 1) ** 2 + 2 * x[:, 1] ** 2 + 0.5 * x[:, 0] * x[:, 1]


def with_gradient(points):
    x, y = points.T
    return well(points), torch.stack([4 * x * (x * x - 1) + 0.5 * y, 4 * y + 0.5 * x], 1)


def simulated(temperature, particles, steps, seed):
    """Return checkpoints `[particles, n, 2]` and the core crossings (particle, step)."""
    noise = np.random.default_rng(seed)
    points = torch.tensor([[1.0, -0.125]], dtype=torch.float64).repeat(particles, 1)
    side, spread = torch.ones(particles), (2 * H * temperature) ** 0.5
    checkpoints, crossings = [points], []
    for step in range(1, steps + 1):
        kick = torch.from_numpy(noise.normal(size=(particles, 2)))
        points = points - H * with_gradient(points)[1] + spread * kick
        crossed = points[:, 0] * side < -CORE
        if bool(crossed.any()):
            crossings += [(particle, step) for particle in crossed.nonzero().flatten().tolist()]
            side = torch.where(crossed, -side, side)
        if step % EVERY == 0:
            checkpoints.append(points)
    return torch.stack(checkpoints, 1), crossings


def minima(points):
    found = quench(with_gradient, points, rate=0.05, steps=400, longest=0.1, tolerance=1e-3)
    assert found.gradient_norms.max() <= 1e-3
    return found.points


def score(temperature, particles, steps, seed=5):
    """Return (precision, recall, number of crossings)."""
    checkpoints, crossings = simulated(temperature, particles, steps, seed)
    quenched = minima(checkpoints.reshape(-1, 2)).view(checkpoints.shape)
    right = detected = 0
    for particle in range(particles):
        left = [step for owner, step in crossings if owner == particle]
        for event in find_escapes(well, quenched[particle]).events:
            detected += 1
            near = [step for step in left if abs(step - event.checkpoint * EVERY) <= SLACK * EVERY]
            if near:
                right += 1
                left.remove(near[0])
    return right / detected, right / len(crossings), len(crossings)


@pytest.mark.parametrize(("temperature", "steps"), [(0.25, 16_000), (0.30, 8_000)])
def test_that_events_are_the_core_crossings(temperature, steps):
    precision, recall, crossings = score(temperature, 100, steps)
    assert crossings > 150
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.full
@pytest.mark.parametrize(
    ("temperature", "particles", "steps"),
    [(0.15, 400, 100_000), (0.20, 200, 60_000), (0.25, 150, 40_000), (0.30, 120, 40_000)],
)
def test_that_events_are_the_core_crossings_at_every_temperature(temperature, particles, steps):
    precision, recall, crossings = score(temperature, particles, steps, seed=11)
    assert crossings > 250
    assert precision >= 0.95
    assert recall >= 0.95


def test_that_thermal_motion_within_a_basin_is_no_event():
    checkpoints, crossings = simulated(0.1, 4, 10_000, 0)
    assert crossings == []
    for path in checkpoints:
        trace = find_escapes(well, minima(path), path, curvatures=12 * path[:, 0].numpy() ** 2)
        assert trace.events == ()
        assert trace.barriers.max() < 1e-5
        assert trace.raw_barriers.max() > 0.05  # the raw path does have barriers: they are shown, not counted
        assert trace.raw_displacements.max() > 0.3
        assert trace.curvature_drops.max() > 3
        assert len(trace.curvature_drops) == len(trace.raw_barriers) == len(path) - 1


def test_that_a_quench_stays_in_its_basin_and_never_rises():
    start = torch.from_numpy(np.random.default_rng(0).uniform(-1.6, 1.6, (400, 2)))
    found = quench(with_gradient, start, rate=0.05, steps=400, longest=0.05)
    slow = start.clone()
    for _ in range(8000):
        slow -= 1e-3 * with_gradient(slow)[1]
    assert (torch.sign(found.points[:, 0]) == torch.sign(slow[:, 0])).all()
    assert (found.losses <= well(start) + 1e-12).all()


def test_that_a_barrier_is_measured_from_the_reference():
    left, right = minima(torch.tensor([[-1.0, 0.1], [1.0, -0.1]], dtype=torch.float64))
    barriers = straight_barriers(well, left, torch.stack([right, left]), points=201)
    # On the straight line y = -x/8 between the minima: V = (x^2 - 1)^2 - x^2/32, highest at x = 0.
    assert barriers[0].item() == pytest.approx(1 - float(well(left[None])[0]), abs=1e-6)
    assert barriers[1].item() == 0


def test_that_one_checkpoint_beyond_the_barrier_is_no_event_and_the_reference_moves_with_one():
    left, right = minima(torch.tensor([[-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64))
    path = torch.stack([left, left, right, left, right, right, right, left, left])
    trace = find_escapes(well, path)
    assert [event.checkpoint for event in trace.events] == [4, 7]
    assert trace.forwards > 0
    assert find_escapes(well, path, threshold=2.0).events == ()
