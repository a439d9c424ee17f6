import pytest

from tests.runs.report.comparisons import comparison, recorded
from wnin_desktop.runs.report.collect import collect
from wnin_desktop.runs.report.leader import leaders


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A recorded comparison in which one arm of three diverges: (store, experiment id)."""
    store, experiment_id = recorded(tmp_path_factory.mktemp("report") / "store", comparison())
    yield store, experiment_id
    store.close()


@pytest.fixture(scope="session")
def summary(small):
    return collect(*small)


@pytest.fixture(scope="session")
def table(summary):
    return leaders(summary)
