import json

import pytest

from tests.runs.report.comparisons import SGD
from wnin_desktop.errors import InputError
from wnin_desktop.runs.report.compare import compare_runs, flattened
from wnin_desktop.runs.store import Store


def ids(summary, *places):
    return [summary.runs[place].run_id for place in places]


def test_that_only_what_differs_is_shown(small, summary):
    found = compare_runs(small[0], ids(summary, 0, 3))
    assert found.differences["arm.name"] == ("adamw", "sgd noisy")
    assert found.differences["arm.optimizer.lr"] == (0.003, 0.1)
    assert found.differences["arm.noise.magnitude"] == (None, SGD["noise"]["magnitude"])
    assert not any(name.startswith(("task", "network", "budget", "seed")) for name in found.differences)
    assert all(len(set(map(str, row))) > 1 for row in found.differences.values())


def test_that_runs_that_differ_by_seed_differ_in_nothing_else(small, summary):
    found = compare_runs(small[0], ids(summary, 0, 1))
    assert found.differences == {"seed": (0, 3)}
    assert not found.same_configuration


def test_that_results_are_those_of_the_store(small, summary):
    store, _ = small
    names = ids(summary, 0, 3, 6)
    found = compare_runs(store, names)
    assert found.run_ids == tuple(names)
    assert found.results["val_loss"] == tuple(store.run(name).final.get("val_loss") for name in names)
    assert found.results["state"] == ("completed", "completed", "diverged")
    assert found.results["steps"] == tuple(store.run(name).committed for name in names)
    assert "perplexity" not in found.results


def test_that_text_and_json_hold_the_same(small, summary):
    found = compare_runs(small[0], ids(summary, 0, 6))
    document = json.loads(json.dumps(found.document()))
    assert document["differences"]["arm.optimizer.params.weight_decay"] == [None, 0.05]
    text = found.text()
    for name in (*found.run_ids, *found.differences, *found.results):
        assert name in text
    assert "val_loss (nat)" in text


def test_that_the_beginning_of_an_id_is_enough(small, summary):
    beginning = f"{summary.experiment_id}/adamw/s1"
    found = compare_runs(small[0], [beginning, *ids(summary, 0)])
    assert found.run_ids == (f"{summary.experiment_id}/adamw/s11", summary.runs[0].run_id)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_that_two_to_eight_runs_are_compared(small, summary, count):
    names = (ids(summary, *range(9)))[:count]
    with pytest.raises(InputError, match="allowed: 2 to 8 runs"):
        compare_runs(small[0], names)


def test_that_a_run_is_not_compared_with_itself(small, summary):
    name = ids(summary, 0)[0]
    with pytest.raises(InputError, match="given twice"):
        compare_runs(small[0], [name, name])


def test_that_a_store_may_be_open_for_reading_only(small, summary):
    with Store.open(small[0].path, read_only=True) as reader:
        assert compare_runs(reader, ids(summary, 0, 3)).differences


def test_that_tables_in_lists_are_told_apart_by_index():
    phases = {
        "schedule": {"phases": [{"name": "a", "until": 0.5}, {"name": "b", "until": 1.0}]},
        "hidden": [8, 8],
    }
    assert flattened(phases) == {
        "schedule.phases.0.name": "a", "schedule.phases.0.until": 0.5, "schedule.phases.1.name": "b",
        "schedule.phases.1.until": 1.0, "hidden": [8, 8],
    }  # fmt: skip
