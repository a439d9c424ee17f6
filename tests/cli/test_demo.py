import json

import pytest

from wnin_desktop.cli import demo, main
from wnin_desktop.runs.store import Store


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return folder and exit code of one short demo."""
    folder = tmp_path_factory.mktemp("demo")
    words = ["--headless", "--steps", "120", "--seeds", "2", "--store", str(folder / "store"), "--out"]
    return folder, main.run(demo.command, "wnin demo", [*words, str(folder / "out")])


def test_that_the_demo_leaves_a_report_a_table_and_a_saved_experiment(shown):
    folder, code = shown
    assert code == 0
    assert (folder / "out" / "report.html").stat().st_size > 10_000
    assert (folder / "out" / "leader.txt").read_text().startswith("Arm")
    with Store.open(folder / "store") as store:
        (experiment,) = store.experiments()
        assert experiment.status == "completed"
        assert len(store.runs(experiment_id=experiment.experiment_id)) == 8


def test_that_every_optimizer_of_the_demo_learns_under_the_same_noise(shown):
    found = json.loads((shown[0] / "out" / "leader.json").read_text())["arms"]
    assert {row["arm"] for row in found} == {"AdamW", "SGD", "Muon", "NormalizedDynamics"}
    assert all(row["accuracy"] > 0.8 for row in found)
    with Store.open(shown[0] / "store") as store:
        noises = [str(arm["noise"]) for arm in store.experiments()[0].config["arms"]]
    assert len(set(noises)) == 1


def test_that_the_report_needs_nothing_from_elsewhere(shown):
    page = (shown[0] / "out" / "report.html").read_text()
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_that_a_bad_number_of_steps_is_refused(tmp_path, capsys):
    words = ["--steps", "x", "--store", str(tmp_path / "store"), "--out", str(tmp_path / "out")]
    assert main.run(demo.command, "wnin demo", words) == 2
    assert "--steps: 'x' is not accepted" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
