"""Why something was not measured is read back without reading the numbers."""

import pytest

from tests.runs.store.recording import NOT_EVALUATED, recorded, run_id
from wnin_desktop.errors import InputError
from wnin_desktop.runs.store import Store


def test_that_every_reason_a_run_gave_is_read_once(tmp_path):
    experiment_id = recorded(tmp_path, last=45)
    with Store.open(tmp_path, read_only=True) as store:
        run = run_id(experiment_id)
        assert store.reasons(run) == {metric: (reason,) for metric, reason in NOT_EVALUATED.items()}
        with pytest.raises(InputError, match="no id in the store begins so"):
            store.reasons("elsewhere")
