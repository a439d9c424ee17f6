"""G7: random clicks and keys: no crash, no complaint of Qt, no exception, and an orderly end."""

import sys

import pytest

from tests.qt.faults.windows import CLOSE_S, WindowProcess

FEW, MANY = 80, 500
SEEDS = range(10)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX has them")


def wrong_after(folder, seed, count, **more):
    # What it exports and saves belongs to nobody.
    person = {"HOME": str(folder)}
    with WindowProcess("monkey:clicks", folder, seed=seed, count=count, environment=person, **more) as window:
        said = window.message("complaints", patience_s=200)
        found = [f"{said['complaints']} after {said['deeds']}"] if said["complaints"] else []
        window.remember(window.hear("children"))
        code = window.wait(2 * CLOSE_S)
        return found + ([f"exit code {code}: {window.errors()}"] if code else []) + window.orphans()


def test_g7_that_a_monkey_breaks_nothing(tmp_path):
    assert wrong_after(tmp_path, 1, FEW) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS)
def test_g7_that_five_hundred_random_acts_break_nothing(tmp_path, seed):
    assert wrong_after(tmp_path, seed, MANY) == []


@pytest.mark.full
def test_g7_that_a_button_that_raises_is_seen_by_the_monkey(tmp_path):
    found = wrong_after(tmp_path, 1, MANY, breaks=True)
    assert any("no more arms" in each for each in found), found
