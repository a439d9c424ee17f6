import pytest

from tests.engine.comparisons import NOISES, arm, comparison, metrics
from tests.engine.test_resume import Files
from wnin_desktop.engine.audit import SUFFIX
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import InputError
from wnin_desktop.noise.audit import verify
from wnin_desktop.schema.events import StepMetrics

STEPS = 6
SAMPLER = {
    "name": "sampler",
    "optimizer": {"name": "sgld", "lr": 0.01, "params": {"temperature": 1e-5}},
}


@pytest.mark.parametrize("numerics", ["fast", "reproducible"])
def test_that_every_draw_of_every_noise_verifies(tmp_path, numerics):
    noisy = [arm("sgd", noise) for noise in NOISES if noise != "none"]
    config = comparison(*noisy, arm("adamw"), SAMPLER, steps=STEPS, numerics=numerics)
    audited = metrics(train(config, audit=tmp_path / "logs"))
    assert audited == metrics(train(config)), "auditing changes no number"
    reports = {path.name.removesuffix(SUFFIX): verify(path) for path in (tmp_path / "logs").iterdir()}
    assert len(reports) == 2 * 7
    assert all(report.ok and report.complete for report in reports.values())
    draws = {name: report.checked for name, report in reports.items()}
    assert draws.pop("adamw-none-s0") == draws.pop("adamw-none-s1") == 0
    assert draws.pop("sgd-label_corrupt-s0") == draws.pop("sgd-label_corrupt-s1") == 2 * STEPS
    assert set(draws.values()) == {STEPS}


def test_that_one_changed_byte_of_a_run_s_log_names_its_step(tmp_path):
    list(train(comparison(arm("sgd", "sgld"), steps=STEPS), audit=tmp_path))
    path = tmp_path / f"sgd-sgld-s0{SUFFIX}"
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4].replace(b'"sgld"', b'"sgle"')
    path.write_bytes(b"\n".join(lines))
    report = verify(path)
    assert not report.ok
    assert report.step == 3


def test_that_an_audit_goes_on_after_a_resume(tmp_path):
    config = comparison(arm("sgd", "sgld"), steps=12)
    control, files = RunControl(), Files(tmp_path)
    for event in train(config, control, save=files, audit=tmp_path / "logs"):
        if isinstance(event, StepMetrics) and event.step == 5:
            control.stop(checkpoint=True)
    if files.read(-1).step < 12:
        list(train(config, resume=files.read(-1), audit=tmp_path / "logs"))
    report = verify(tmp_path / "logs" / f"sgd-sgld-s1{SUFFIX}")
    assert (report.ok, report.complete, report.checked) == (True, True, 12)


def test_that_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="audit"):
        train(comparison(), audit=tmp_path / "file" / "logs")
