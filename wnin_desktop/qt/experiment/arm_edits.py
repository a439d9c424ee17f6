"""What else must change when the optimizer of an arm changes."""

from __future__ import annotations

import re
from typing import Any

from wnin_desktop.qt.experiment.checking import Catalogue
from wnin_desktop.qt.experiment.content import Content
from wnin_desktop.qt.experiment.summary import table
from wnin_desktop.runs.flags import arm_name


def optimizer_edits(content: Content, index: int, name: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return the edits, by path, that give an arm another optimizer.

    A learning rate that the person never touched becomes the new optimizer's own, and so does a name.
    """
    at = f"arms[{index}]"
    optimizer = table(content.arms[index], "optimizer")
    before, lr = str(optimizer.get("name")), optimizer.get("lr")
    edits: dict[str, Any] = {f"{at}.optimizer.name": name}
    own = catalogue.default_lr(name)
    if own is not None and (lr is None or lr == catalogue.default_lr(before)):
        edits[f"{at}.optimizer.lr"] = own
    if re.fullmatch(rf"{re.escape(arm_name(before))}( \d+)?", content.name_of(index)):
        edits[f"{at}.name"] = content.free_name(arm_name(name))
    return edits
