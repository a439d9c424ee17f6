"""What an edit is called in the menus: "Change noise magnitude"."""

from __future__ import annotations

import re
from functools import cache

from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import fields_of, walk
from wnin_desktop.schema.run import ArmConfig, CompareConfig

AROUND = {"noise": "noise", "schedule": "schedule", "lr_schedule": "learning-rate schedule"}
"""Tables whose fields are named with them."""


@cache
def _titles() -> dict[str, str]:
    specs = [*fields_of(ArmConfig, "arm"), *fields_of(CompareConfig)]
    titles: dict[str, str] = {}
    for spec in walk(specs):
        titles.setdefault(
            spec.path, spec.title
        )  # branches of a union may share a path; the first one names it
    return titles


def field_words(path: str) -> str:
    """Return a field in words: `arms[0].noise.magnitude` is "noise magnitude"."""
    place = re.sub(r"^arms\[\d+\]", "arm", path)
    around, _, name = place.rpartition(".")
    if name == "kind":
        return field_words(around)
    title = _titles().get(re.sub(r"\[\d+\]", "", place)) or name.replace("_", " ")
    title = title if title[:2].isupper() else title[:1].lower() + title[1:]
    lead = next((AROUND[part] for part in reversed(around.split(".")) if part in AROUND), "")
    if place == "arm.noise.schedule":
        lead = "noise"
    return title if not lead or title.startswith(lead) else f"{lead} {title}"


def edit_words(path: str) -> str:
    """Return what an edit of the field at `path` is called."""
    return tr("Change {0}", tr(field_words(path)))
