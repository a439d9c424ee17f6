import json

from tests.cli.calling import call

ARGS = ["--steps", "5", "--optimizer", "sgd", "--noise-mode", "sgld", "--temperature", "1e-5"]


def test_that_an_audited_run_verifies_and_a_changed_log_does_not(tmp_path):
    logs = tmp_path / "logs"
    assert call("train", *ARGS, "--store", str(tmp_path / "store"), "--audit", str(logs)).code == 0
    (path,) = logs.iterdir()
    good = call("audit", str(path))
    assert (good.code, "5 draws verified" in good.out) == (0, True)
    path.write_bytes(path.read_bytes().replace(b'"trit":', b'"trjt":', 1))
    bad = call("audit", "--json", str(path))
    assert bad.code == 1
    assert json.loads(bad.out)[str(path)]["ok"] is False


def test_that_a_log_that_is_not_there_is_named(tmp_path):
    missing = call("audit", str(tmp_path / "no.jsonl"))
    assert missing.code == 2
    assert "no.jsonl" in missing.err
