import pytest

from tests.runs.store.recording import members, recorded, run_id
from wnin_desktop.errors import InputError
from wnin_desktop.runs.config_diff import as_text, differences
from wnin_desktop.runs.export import export_csv
from wnin_desktop.runs.merging import Chosen, load_merged, read_csv
from wnin_desktop.runs.run_details import experiment_details, run_details
from wnin_desktop.runs.store import Store

LAST = 40


@pytest.fixture
def store(tmp_path):
    recorded(tmp_path, LAST)
    recorded(tmp_path, LAST)
    with Store.open(tmp_path) as opened:
        yield opened


def ids(store) -> list[str]:
    return [each.experiment_id for each in store.experiments()]


def test_that_an_arm_keeps_its_name_where_that_is_unique(store):
    first, second = ids(store)
    chosen = [
        Chosen(first, frozenset({run_id(first, "adamw", 0), run_id(first, "adamw", 7)})),
        Chosen(second, frozenset({run_id(second, "sgd noisy", 0)})),
    ]
    whole = load_merged(store, chosen)
    assert whole.arms == ("adamw", "sgd noisy")
    assert len(whole.runs_of("adamw")) == 2
    assert whole.band("adamw", "train_loss").n.max() == 2


def test_that_seeds_of_different_experiments_are_never_pooled(store):
    first, second = ids(store)
    whole = load_merged(store, [Chosen(first), Chosen(second)])
    assert len(whole.arms) == 4
    assert all(len(whole.runs_of(arm)) == 2 for arm in whole.arms)
    assert {arm.rpartition(": ")[2] for arm in whole.arms} == {"adamw", "sgd noisy"}
    assert len(set(whole.arms)) == 4


def test_that_the_same_choice_is_the_same_comparison(store):
    chosen = [Chosen(each) for each in ids(store)]
    assert load_merged(store, chosen).experiment_id == load_merged(store, chosen[::-1]).experiment_id


def test_that_the_values_are_those_of_the_store(store):
    first, second = ids(store)
    whole = load_merged(store, [Chosen(first), Chosen(second)])
    for run in whole.runs.values():
        recorded_values = store.series(run.run_id, ["train_loss"])["train_loss"]
        assert run.series["train_loss"].values.tolist() == recorded_values.tolist()


def test_that_nothing_chosen_is_refused(store):
    with pytest.raises(InputError, match="choose runs that have begun"):
        load_merged(store, [Chosen(ids(store)[0], frozenset())])


def test_that_an_exported_table_is_read_back_bit_for_bit(store, tmp_path):
    runs = [run_id(ids(store)[0], arm, seed) for arm, seed in members()]
    export_csv(store, runs, tmp_path / "out.csv")
    whole = read_csv(tmp_path / "out.csv")
    assert set(whole.runs) == set(runs)
    assert whole.arms == ("adamw", "sgd noisy")
    for run in runs:
        series = store.series(run, ["val_loss", "lr"])
        found = whole.runs[run].series
        there = ~(series["val_loss"] != series["val_loss"])
        assert found["val_loss"].values.tolist() == series["val_loss"][there].tolist()
        assert found["lr"].values.tolist() == series["lr"].tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "only a CSV that was exported here"),
        ("", "only a CSV that was exported here"),
        ("{head}\n", "it holds no steps"),
        ("{head}\na,b\n", "a row has"),
        ("{head}\n{row}\n{row}\n", "must increase"),
        ("{head}\n{bad}\n", "is no number"),
        ("\x00\xff", "only a CSV that was exported here"),
    ],
)
def test_that_another_table_is_refused_in_a_sentence(store, tmp_path, text, said):
    export_csv(store, [run_id(ids(store)[0])], tmp_path / "real.csv")
    head, row = (tmp_path / "real.csv").read_text().splitlines()[:2]
    bad = row.replace(",0,1,", ",0,one,", 1)
    (tmp_path / "odd.csv").write_text(text.format(head=head, row=row, bad=bad), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_csv(tmp_path / "odd.csv")


def test_that_only_differing_fields_are_listed_in_their_order():
    one = {"name": "a", "budget": {"steps": 5}, "arms": [{"name": "x", "lr": 0.1}], "seeds": [0, 1]}
    two = {
        "name": "a",
        "budget": {"steps": 9},
        "arms": [{"name": "x", "lr": 0.2}, {"name": "y"}],
        "seeds": [0],
    }
    rows = differences([one, two, one])
    assert [row.path for row in rows] == ["budget.steps", "arms", "arms[x].lr", "seeds"]
    assert rows[0].values == ("5", "9", "5")
    assert rows[1].values == ("x", "x, y", "x")
    assert as_text(("A", "B", "C"), rows).splitlines()[1] == "budget.steps\t5\t9\t5"
    assert differences([one, one]) == []


def test_that_arms_are_compared_by_name_wherever_they_stand():
    arms = [{"name": "x", "lr": 0.1}, {"name": "y", "lr": 0.2}]
    rows = differences([{"arms": arms}, {"arms": arms[::-1]}])
    assert rows == [("arms", ("x, y", "y, x"))]


def test_that_details_hold_what_a_run_recorded(store):
    first = ids(store)[0]
    found = run_details(store, run_id(first))
    assert (found.host, found.versions, found.wall_s) == ("here", {"numpy": "2"}, 1.5)
    assert found.gradient_evaluations == LAST
    scores = {each.key: each for each in found.measured}
    assert scores["val_loss"].final == 0.25
    assert scores["train_loss"].step == LAST
    assert found.resume_step is None
    whole = experiment_details(store, first)
    assert len(whole.runs) == 4
    assert whole.failed is None
