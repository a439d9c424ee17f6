import hashlib
import json
import re

import pytest
import torch

from wnin_desktop.errors import InputError
from wnin_desktop.noise import audit
from wnin_desktop.noise.audit import AuditLog, verify, verify_bytes
from wnin_desktop.noise.colors import step_colour, step_trit
from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream

SEED = 42


def record_step(log, step):
    noise = KeyedNoise(SEED)
    log.record(
        Stream.GRADIENT, step, "w", noise.normal(Stream.GRADIENT, step, "w", (3, 2)), amplitude=0.5 * step
    )


def write(path, steps=(8, 9, 10, 11)):
    with AuditLog(path, SEED) as log:
        for step in steps:
            record_step(log, step)
    return path


@pytest.fixture
def log_path(tmp_path):
    return write(tmp_path / "noise.jsonl")


def test_that_an_intact_log_is_verified_to_its_end(log_path):
    report = verify(log_path)
    assert (report.ok, report.complete, report.checked) == (True, True, 4)
    assert (report.step, report.line, report.reason) == (None, None, None)


def test_that_every_distribution_and_dtype_is_regenerated(tmp_path):
    noise = KeyedNoise(SEED)
    with AuditLog(tmp_path / "log", SEED) as log:
        for kind in ("normal", "uniform", "rademacher"):
            for dtype in (torch.float32, torch.float64):
                draw = getattr(noise, kind)(Stream.PROBE, 3, "v", (5000,), dtype)
                log.record(Stream.PROBE, 3, "v", draw, amplitude=1.0, distribution=kind)
        integers = noise.integers(Stream.LABEL_CORRUPT, 4, "y", 10, (64,))
        log.record(Stream.LABEL_CORRUPT, 4, "y", integers, amplitude=0.1, distribution="integers", high=10)
        order = noise.permutation(Stream.BATCH, 5, "epoch", 77)
        log.record(Stream.BATCH, 5, "epoch", order, amplitude=1.0, distribution="permutation")
        scalar = noise.normal(Stream.SGLD, 6, 'a ",{} name \u00e9', ())
        log.record(Stream.SGLD, 6, 'a ",{} name \u00e9', scalar, amplitude=0.0)
    assert verify(tmp_path / "log") == audit.VerifyReport(True, True, 9)


def test_that_a_member_of_a_cohort_is_verified_alone(tmp_path):
    draws = StackedNoise((7, SEED)).normal(Stream.SGLD, 2, "w", (2000,))
    with AuditLog(tmp_path / "log", SEED) as log:
        log.record(Stream.SGLD, 2, "w", draws[1], amplitude=0.1)
    assert verify(tmp_path / "log").ok


def test_that_the_log_holds_keys_and_no_tensors(tmp_path):
    with AuditLog(tmp_path / "log", SEED) as log:
        draw = KeyedNoise(SEED).normal(Stream.GRADIENT, 1, "w", (100_000,))
        log.record(Stream.GRADIENT, 1, "w", draw, amplitude=0.5)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert (tmp_path / "log").stat().st_size < 1000
    assert lines[0]["seed"] == SEED
    record = lines[1]
    assert (record["step"], record["stream"], record["name"]) == (1, "gradient", "w")
    assert (record["shape"], record["dtype"], record["amplitude"]) == ([100_000], "float32", 0.5)
    assert (record["colour"], record["trit"]) == (step_colour(SEED, 1), step_trit(SEED, 1))
    assert record["digest"] == hashlib.sha256(draw.numpy().tobytes()).hexdigest()


def line_starts(data):
    return [0, *(place + 1 for place, byte in enumerate(data) if byte == 0x0A)]


def broken_bytes(path, replacements):
    """Yield (place, step of the line it stands in, report) for each byte replaced by each other value."""
    data = path.read_bytes()
    steps = [json.loads(line)["step"] for line in data.splitlines()]
    for place, byte in enumerate(data):
        step = steps[data.count(b"\n", 0, place)]
        for other in {value(byte) for value in replacements} - {byte}:
            yield place, step, verify_bytes(data[:place] + bytes([other]) + data[place + 1 :])


SOME_VALUES = (lambda byte: byte ^ 1, lambda byte: byte ^ 0x20, lambda byte: byte ^ 0x80, lambda byte: 0x0A)


def assert_every_change_is_found(path, replacements):
    checked = 0
    for place, step, report in broken_bytes(path, replacements):
        assert not report.ok, place
        assert report.step == step, (place, report)
        checked += 1
    assert checked >= (len(replacements) - 1) * path.stat().st_size


def test_that_any_changed_byte_fails_and_names_its_step(log_path):
    assert_every_change_is_found(log_path, SOME_VALUES)


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, 256, 16))
def test_that_any_byte_changed_to_anything_fails_and_names_its_step(log_path, first):
    values = tuple(lambda _, value=value: value for value in range(first, first + 16))
    assert_every_change_is_found(log_path, values)


def test_that_without_seals_changed_bytes_get_through(log_path, monkeypatch):
    # Protection removed: lines are read without comparing them with their seals.
    def unsealed(raw, chain, *, first):
        seal = audit._SEAL.search(raw)
        if seal is None or audit._STEP.match(raw) is None:
            raise audit._DamageError(None, "illegible")
        content = audit._decoded(raw[: seal.start()] + b"}", 0, first=first)
        return audit._Line(raw, content, "")

    monkeypatch.setattr(audit, "_parsed", unsealed)
    assert any(report.ok for _, _, report in broken_bytes(log_path, SOME_VALUES))


def reseal(path, edit):
    """Rewrite a log as a forger would: change its lines, then seal everything again."""
    chain, lines = "", []
    for raw in edit(path.read_bytes()).splitlines():
        body, step = raw[: raw.rindex(b',"seal":')], json.loads(raw)["step"]
        chain = audit._chained(chain, body)
        lines.append(b'%b,"seal":"%d:%b"}\n' % (body, step, chain.encode()))
    path.write_bytes(b"".join(lines))


def test_that_resealing_alone_changes_nothing(log_path):
    before = log_path.read_bytes()
    reseal(log_path, lambda data: data)
    assert log_path.read_bytes() == before


def other_digest(data):
    first = re.search(rb'"digest":"([0-9a-f]{64})"', data)[1]
    return data.replace(first, hashlib.sha256(first).hexdigest().encode())


@pytest.mark.parametrize(
    ("edit", "step", "reason"),
    [
        (other_digest, 8, "regenerated draw differs"),
        (
            lambda data: data.replace(b'"shape":[3,2]', b'"shape":[2,3]').replace(b'"seed":42', b'"seed":43'),
            8,
            "colour",
        ),
        (
            lambda data: data.replace(b'"stream":"gradient"', b'"stream":"sgld"', 1),
            8,
            "regenerated draw differs",
        ),
        (lambda data: data.replace(b'"name":"w"', b'"name":"v"', 1), 8, "regenerated draw differs"),
        (
            lambda data: data.replace(b'"dtype":"float32"', b'"dtype":"float64"', 1),
            8,
            "regenerated draw differs",
        ),
        (lambda data: data.replace(b'"trit":', b'"trit":1', 1), 8, "colour or trit"),
        (lambda data: data.replace(b'"shape":[3,2]', b'"shape":[99999,99999]', 1), 8, "not that of a draw"),
        (lambda data: data.replace(b'"shape":[3,2]', b'"shape":[-3,-2]', 1), 8, "not that of a draw"),
        (lambda data: data.replace(b'"distribution":"normal"', b'"distribution":"integers"', 1), 8, "high"),
        (
            lambda data: data.replace(b'"distribution":"normal"', b'"distribution":"cauchy"', 1),
            8,
            "not a draw",
        ),
        (lambda data: data.replace(b'"draws":4', b'"draws":5'), 11, "4 draws are here"),
        (
            lambda data: b"".join(data.splitlines(True)[:3] + data.splitlines(True)[4:]),
            11,
            "3 draws are here",
        ),
        (lambda data: b"".join(data.splitlines(True)[1:]), 8, "not a header"),
        (lambda data: data + data.splitlines(True)[-1], 11, "follows the last one"),
        (lambda data: data.replace(b'"device":"cpu"', b'"device":"abacus"'), 0, "device"),
    ],
)
def test_that_a_forged_and_resealed_log_is_found_by_its_draws(log_path, edit, step, reason):
    reseal(log_path, edit)
    report = verify(log_path)
    assert not report.ok
    assert report.step == step
    assert reason in report.reason


def test_that_a_draw_made_with_other_versions_says_so(log_path):
    reseal(log_path, lambda data: other_digest(re.sub(rb'"numpy":"[^"]*"', b'"numpy":"1.0"', data)))
    assert "made with numpy 1.0" in verify(log_path).reason


def test_that_exchanged_lines_are_found(log_path):
    lines = log_path.read_bytes().splitlines(True)
    log_path.write_bytes(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    assert (verify(log_path).ok, verify(log_path).line) == (False, 2)


def test_that_a_log_cut_off_between_lines_is_right_but_not_complete(log_path):
    lines = log_path.read_bytes().splitlines(True)
    log_path.write_bytes(b"".join(lines[:3]))
    assert verify(log_path) == audit.VerifyReport(True, False, 2)


def test_that_a_log_cut_off_inside_a_line_names_the_step(log_path):
    data = log_path.read_bytes()
    log_path.write_bytes(data[: line_starts(data)[3] + 100])
    report = verify(log_path)
    assert (report.ok, report.checked, report.step, report.line) == (False, 2, 10, 4)


def test_that_an_empty_file_is_no_log(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert not verify(tmp_path / "empty").ok


def test_that_an_unreadable_log_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        verify(tmp_path / "absent")


def test_that_only_draws_of_keyed_noise_can_be_recorded(tmp_path):
    with AuditLog(tmp_path / "log", SEED) as log, pytest.raises(InputError, match="float32"):
        log.record(Stream.SGLD, 0, "w", torch.zeros(3, dtype=torch.bfloat16), amplitude=1.0)


@pytest.mark.parametrize("cut", ["whole", "unclosed", "torn"])
def test_that_a_resumed_log_is_the_log_of_an_uninterrupted_run(tmp_path, log_path, cut):
    path = write(tmp_path / "resumed", steps=(8, 9, 10))
    data = path.read_bytes()
    if cut != "whole":
        footer = line_starts(data)[-2]
        path.write_bytes(data[: footer - (0 if cut == "unclosed" else 30)])
    with AuditLog.resume(path, after_step=9) as log:
        for step in (10, 11):
            record_step(log, step)
    assert path.read_bytes() == log_path.read_bytes()


def test_that_a_log_damaged_before_the_checkpoint_is_not_continued(log_path):
    data = bytearray(log_path.read_bytes())
    data[line_starts(data)[1] + 40] ^= 1
    log_path.write_bytes(data)
    with pytest.raises(InputError, match="line 2"):
        AuditLog.resume(log_path, after_step=9)
    assert log_path.read_bytes() == data
