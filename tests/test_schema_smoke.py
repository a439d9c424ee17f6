from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.run import CompareConfig


def test_that_a_title_changes_no_fingerprint():
    arms = ({"name": "a"},)
    first = CompareConfig.model_validate({"name": "one", "arms": arms})
    second = CompareConfig.model_validate({"name": "two", "arms": arms})
    assert fingerprint(first) == fingerprint(second)
