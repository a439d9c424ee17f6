"""What a training really emits fits the published schema, survives the codec and is finite on the wire."""

import json
from typing import Any

import pytest

from tests.engine.comparisons import arm, comparison
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.paths import resources_dir
from wnin_desktop.schema import events
from wnin_desktop.schema.commands import TurnKnob
from wnin_desktop.schema.metrics import METRICS

SCHEMA = json.loads((resources_dir() / "events.schema.json").read_text(encoding="utf-8"))
TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None),
    "boolean": bool,
}  # fmt: skip
KEYWORDS = {
    *("$ref", "anyOf", "enum", "type", "properties", "required", "additionalProperties", "items"),
    *("$defs", "$schema", "discriminator", "title", "description", "default"),
}


def fits(value: Any, schema: Any) -> bool:
    """Return whether `value` fits, by the keywords of JSON Schema that the published file uses."""
    if schema is True:
        return True
    assert set(schema) <= KEYWORDS
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return sum(fits(value, option) for option in schema["anyOf"]) >= 1
    kind = TYPES.get(schema.get("type", ""), object)
    if value not in schema.get("enum", [value]) or not isinstance(value, kind):
        return False
    if isinstance(value, list):
        return all(fits(item, schema.get("items", True)) for item in value)
    return not isinstance(value, dict) or fits_table(value, schema)


def fits_table(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    described, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if not set(schema.get("required", ())) <= set(value):
        return False
    if others is False and not set(value) <= set(described):
        return False
    return all(fits(item, described.get(key, others)) for key, item in value.items())


@pytest.fixture(scope="module")
def emitted():
    """Events of a run that learns, one that is turned at, and one that diverges."""
    explosive = {"name": "sgd", "lr": 1000.0, "params": {"weight_decay": 1000.0}}
    hot = arm(name="hot", optimizer="sgd") | {"optimizer": explosive}
    control = RunControl()
    control.send(TurnKnob("lr", 0.05, arm="sgd-sgld"))
    return list(train(comparison(arm(noise="sgld"), hot), control))


def test_that_real_events_fit_the_published_schema(emitted):
    misfits = [event for event in emitted if not fits(json.loads(events.encode(event)), SCHEMA)]
    assert misfits == []
    kinds = {type(event) for event in emitted}
    assert kinds >= {
        events.RunStarted, events.StepMetrics, events.Curvature, events.Intervention, events.Diverged,
        events.Finished,
    }  # fmt: skip


def test_that_the_schema_can_refuse(emitted):
    fields = json.loads(events.encode(next(e for e in emitted if isinstance(e, events.StepMetrics))))
    for wrong in ({"step": "1"}, {"surprise": 1}, {"type": "step"}, {"reasons": {"val_loss": 3}}):
        assert not fits(fields | wrong, SCHEMA)
    assert not fits({key: value for key, value in fields.items() if key != "step"}, SCHEMA)


def test_that_real_events_come_back_equal(emitted):
    assert [events.decode(events.encode(event)) for event in emitted] == emitted


def test_that_nothing_on_the_wire_is_not_a_number(emitted):
    def refuse(word: str) -> None:
        pytest.fail(f"{word} on the wire")

    for event in emitted:
        json.loads(events.encode(event), parse_constant=refuse)
    diverged = {event.run_id for event in emitted if isinstance(event, events.Diverged)}
    steps = [event for event in emitted if isinstance(event, events.StepMetrics) and event.run_id in diverged]
    assert any("train_loss" in step.nonfinite and step.train_loss is None for step in steps)


def test_that_every_number_is_there_or_says_why_not(emitted):
    silent = [
        (event.run_id, event.step, metric.key)
        for event in emitted
        if isinstance(event, events.StepMetrics)
        for metric in METRICS
        if getattr(event, metric.key) is None
        and metric.key not in event.reasons
        and metric.key not in event.nonfinite
    ]
    assert silent == []


def test_that_a_full_message_of_steps_stays_within_the_limit(emitted):
    steps = [event for event in emitted if isinstance(event, events.StepMetrics)]
    longest = max(steps, key=lambda event: len(events.encode(event)))
    batch = events.encode_batch([longest] * events.EVENTS_PER_MESSAGE)
    assert len(batch) <= events.MESSAGE_LIMIT
