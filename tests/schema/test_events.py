"""The closed union of events: one codec, and the JSON schema that is published."""

import json
import typing
from pathlib import Path

import msgspec
import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.paths import resources_dir
from wnin_desktop.schema import commands, events
from wnin_desktop.schema.metrics import BY_KEY

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "events_schema.py"
COMMON = {"run_id": "e/a/s0", "timestamp": 1.5}
EXAMPLES = [
    events.RunStarted(**COMMON, experiment_id="e", arm="a", seed=0, config={"seed": 0}, fingerprint="f",
                      steps=9, parameters=3, device="cpu", versions={"wnin": "0"}, host="h"),
    events.StepMetrics(**COMMON, step=1, arm="a", seed=0, train_loss=0.5, reasons={"val_loss": "not due"},
                       nonfinite=("grad_norm",)),
    events.Curvature(**COMMON, step=1, method="exact", hessian_trace_est=1.0, hessian_trace_se=0.0,
                     relative_trace=None, relative_trace_se=None, probes=0, examples=8, cost_gradients=2.0),
    events.Checkpoint(**COMMON, step=1, reason="final", file="f", sha256="0", size=1),
    events.Intervention(**COMMON, step=1, knob="lr", value=0.1, previous=None),
    events.Diverged(**COMMON, step=3, reason="train loss is not finite", last_finite_step=2),
    events.Finished(**COMMON, step=9, status="completed", wall_s=1.0, gradient_evaluations=9),
    events.Failed(**COMMON, step=2, error="E: x", traceback="t"),
]  # fmt: skip


def test_that_there_is_an_example_of_every_event():
    assert [type(event) for event in EXAMPLES] == list(events.EVENT_TYPES)
    assert set(typing.get_args(events.RunEvent)) == set(events.EVENT_TYPES)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_that_an_event_comes_back_equal(event):
    assert events.decode(events.encode(event)) == event


def test_that_batches_come_back_in_order():
    assert events.decode_batch(events.encode_batch(EXAMPLES)) == EXAMPLES


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"type":"other"}', b'{"type":"failed"}', b"[" * 100_000, "{}"],
)
def test_that_anything_else_is_refused(data):
    for decode in (events.decode, events.decode_batch):
        if decode is events.decode_batch and data == b"[]":
            continue  # an empty batch is a batch
        with pytest.raises(InputError):
            decode(data)


def test_that_an_unknown_or_mistyped_field_is_refused():
    fields = json.loads(events.encode(EXAMPLES[1]))
    for wrong in ({"surprise": 1}, {"step": "1"}, {"train_loss": "low"}, {"type": "step"}):
        with pytest.raises(InputError):
            events.decode(json.dumps(fields | wrong))


def test_that_the_published_schema_is_current():
    published = json.loads((resources_dir() / "events.schema.json").read_text(encoding="utf-8"))
    current = json.loads(json.dumps(events.json_schema()))
    assert published == current, f"run `uv run scripts/{SCRIPT.name}`"


def test_that_the_published_schema_describes_every_event_and_nothing_else():
    schema = events.json_schema()
    tags = schema["discriminator"]["mapping"]
    assert len(tags) == len(schema["anyOf"]) == len(events.EVENT_TYPES)
    for event in EXAMPLES:
        fields = json.loads(events.encode(event))
        described = schema["$defs"][tags[fields["type"]].rpartition("/")[2]]
        assert set(fields) <= set(described["properties"])
        assert set(described["required"]) <= set(fields)
        assert described["description"]
        assert described["additionalProperties"] is False


def test_that_every_catalogued_metric_is_a_field_of_a_step():
    assert set(BY_KEY) <= set(events.StepMetrics.__struct_fields__)


@pytest.mark.parametrize(
    "command",
    [
        commands.Pause(),
        commands.Resume(),
        commands.SingleStep(3),
        commands.Stop(checkpoint=False),
        commands.SaveCheckpoint(),
        commands.TurnKnob("lr", 0.1, arm="a"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_that_a_command_comes_back_equal(command):
    assert commands.decode(commands.encode(command)) == command


def test_that_a_command_that_does_not_exist_is_refused():
    with pytest.raises(msgspec.ValidationError):
        commands.decode(b'{"command":"self_destruct"}')
