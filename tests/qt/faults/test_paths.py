"""O1: the store and the home may lie anywhere that the system allows, or the path is named in a sentence."""

import subprocess
import sys

import pytest

from tests.qt.faults.windows import ROOT, WindowProcess, prepare_home
from wnin_desktop.runs.store import Store

HARD = (
    "with spaces in it",
    " leading and trailing ",
    "\u00fcml\u00e4ut und \u00df",
    "\u65e5\u672c\u8a9e \u7684 \ud55c\uad6d\uc5b4",
    "\u0639\u0631\u0628\u064a \u202e turned",
    "emoji \U0001f9ea\U0001f468\u200d\U0001f52c",
    "e\u0301 decomposed",
    "per%20cent %s {0} {}",
    'quote\'s "double" `back`',
    "semi;colon & amp | pipe > out",
    "#hash ?query=1&b=2",
    "brackets [1] (2) <3>",
    "back\\slash",
    "-dash",
    "..two dots",
    "tab\tand\nline",
    "trailing dot.",
    "$HOME ~ *",
)
"""Names of folders that somebody has."""
LONG = "x" * 120
TOO_LONG = "y" * 300
"""No file system that we know takes a name of this length."""


def places():
    """Return names by what they are of: forty in all with the long ones."""
    found = {f"store {name!r}": ("store", name) for name in HARD}
    found |= {f"home {name!r}": ("home", name) for name in HARD}
    long = {"long store": ("store", f"{LONG}/{LONG}"), "long home": ("home", "/".join([LONG] * 6))}
    return found | long | {"both": ("both", f"{HARD[2]}/{LONG}"), "deep": ("both", "a/" * 100)}


PLACES = places()
SAMPLE = [f"home {HARD[5]!r}", "long store"]


def wrong_in(folder, what, name):
    """Train in a window whose folders have a name; return what is wrong."""
    home = folder / (f"{name}/home" if what in ("home", "both") else "home")
    store = folder / (f"{name}/store" if what in ("store", "both") else "store")
    with WindowProcess("scripts:train_a_little", folder, home=home, store=store) as window:
        window.hear("trained")
        said = window.message("closing")
        window.remember(said["children"])
        code = window.wait()
        found = [f"exit code {code}: {window.errors()}"] if code else []
        found += window.logged() + window.orphans()
    with Store.open(store) as opened:
        found += [f"{run.run_id} is {run.status}" for run in opened.runs() if run.status != "completed"]
    found += [] if (home / "window.toml").is_file() else ["the session was not kept"]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow fewer names")
@pytest.mark.parametrize("place", SAMPLE)
def test_o1_that_training_works_wherever_the_folders_are(tmp_path, place):
    assert wrong_in(tmp_path, *PLACES[place]) == []


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow fewer names")
@pytest.mark.parametrize("place", PLACES)
def test_o1_that_training_works_in_forty_places(tmp_path, place):
    assert wrong_in(tmp_path, *PLACES[place]) == []


@pytest.mark.parametrize("what", ["too long", "too deep", "a file"])
def test_o1_that_a_place_that_cannot_be_is_named_in_a_sentence(tmp_path, what):
    prepare_home(tmp_path / "home")
    name = {"too long": TOO_LONG, "too deep": f"{LONG}/" * 6 + "deep", "a file": "taken"}[what]
    place = tmp_path / name
    if what == "a file":
        place.write_text("this is no folder")
    words = ["desktop", "--store", str(place), "--quit-after", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "wnin_desktop.cli.main", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert place.name[:100] in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
