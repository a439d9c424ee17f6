"""What a draft holds, as values: data as a file would hold it, and a mark for each arm; without Qt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from wnin_desktop.errors import Problem
from wnin_desktop.qt.forms.places import get, put
from wnin_desktop.runs.flags import arm_name
from wnin_desktop.schema.fields import default_data, fields_of
from wnin_desktop.schema.look import MARKERS, PALETTE
from wnin_desktop.schema.run import ArmConfig, CompareConfig, SharedConfig

LONGEST_NAME = 60
OPTIMIZER = "adamw"
LARGEST_STATE = 4 << 20
LOOKS = len(PALETTE) * len(MARKERS)
"""Looks that differ in colour or marker."""
ARM = re.compile(r"^arms\[(\d+)\]")
OTHER_ARM = re.compile(r"\barms\[(\d+)\]")


@dataclass(frozen=True)
class Mark:
    """What the window knows of an arm and a file does not."""

    colour: int
    """Index of its look; it stays with the arm whatever else changes."""
    enabled: bool = True


@dataclass(frozen=True)
class Content:
    """One state of a draft. Never changed in place: undo keeps the states themselves."""

    data: dict[str, Any]
    marks: tuple[Mark, ...] = ()

    @classmethod
    def empty(cls) -> Content:
        """Return an experiment without arms, everything else at its default."""
        return cls({"name": "experiment", **default_data(fields_of(SharedConfig)), "seeds": [0, 1, 2],
                    "baseline": None, "arms": []})  # fmt: skip

    @classmethod
    def of(cls, config: CompareConfig) -> Content:
        """Return what `config` holds; each arm gets the look of its place."""
        data = config.model_dump(mode="json")
        return cls(data, tuple(Mark(index) for index in range(len(config.arms))))

    # --- looking ---

    @property
    def arms(self) -> list[Any]:
        """The arms, valid or not."""
        arms = self.data.get("arms")
        return arms if isinstance(arms, list) else []

    def name_of(self, index: int) -> str:
        """Return the name of an arm as it is shown."""
        name = get(self.arms[index], "name")
        return name if isinstance(name, str) else ""

    def enabled(self) -> list[int]:
        """Return the places of the arms that take part."""
        return [index for index, mark in enumerate(self.marks) if mark.enabled]

    def baseline_index(self) -> int:
        """Return the place of the arm that others are compared with, -1 without arms."""
        taking_part = self.enabled()
        wanted = self.data.get("baseline")
        named = [index for index in taking_part if wanted is not None and self.name_of(index) == wanted]
        return next(iter(named or taking_part), -1)

    def colour_of(self, name: str) -> int | None:
        """Return the look of the arm called `name`; one that takes part goes first."""
        found = [mark for index, mark in enumerate(self.marks) if self.name_of(index) == name]
        found.sort(key=lambda mark: not mark.enabled)
        return found[0].colour if found else None

    def look_alike(self, index: int) -> str:
        """Return the name of another arm of the same colour, "" where there is none.

        From the ninth arm on colours must begin again; then only arms that share the marker too are alike.
        """
        wanted = _shade(self.marks[index].colour, len(self.marks))
        for other, mark in enumerate(self.marks):
            if other != index and _shade(mark.colour, len(self.marks)) == wanted:
                return self.name_of(other)
        return ""

    def part(self) -> dict[str, Any]:
        """Return the data of what takes part: without the arms that are switched off."""
        taking_part = self.enabled()
        data = {**self.data, "arms": [self.arms[index] for index in taking_part]}
        names = [self.name_of(index) for index in taking_part]
        resting = [self.name_of(index) for index, mark in enumerate(self.marks) if not mark.enabled]
        if data.get("baseline") in resting and data["baseline"] not in names:
            data["baseline"] = None
        return data

    def in_draft(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return problems of `part()` with the arms counted as the draft counts them."""
        places = self.enabled()

        def place(match: re.Match[str]) -> str:
            index = int(match[1])
            return f"arms[{places[index] if index < len(places) else index}]"

        return [
            replace(
                problem, field=ARM.sub(place, problem.field), allowed=OTHER_ARM.sub(place, problem.allowed)
            )
            for problem in problems
        ]

    # --- changing ---

    def with_value(self, path: str, value: Any) -> Content:
        """Return the content with another value; a baseline follows the arm that is renamed."""
        data = put(self.data, path, value)
        match = ARM.match(path)
        if match and path == f"{match[0]}.name" and int(match[1]) < len(self.arms):
            before = self.name_of(int(match[1]))
            if before and self.data.get("baseline") == before and isinstance(value, str):
                data = put(data, "baseline", value)
        return replace(self, data=data).fitted()

    def with_arm(self, index: int, arm: dict[str, Any], mark: Mark) -> Content:
        """Return the content with one more arm."""
        arms, marks = list(self.arms), list(self.marks)
        arms.insert(index, arm)
        marks.insert(index, mark)
        return Content({**self.data, "arms": arms}, tuple(marks))

    def without_arm(self, index: int) -> Content:
        """Return the content without one arm; a baseline that goes with it is the first arm again."""
        arms, marks = list(self.arms), list(self.marks)
        del arms[index], marks[index]
        data = {**self.data, "arms": arms}
        if data.get("baseline") == self.name_of(index):
            data["baseline"] = None
        return Content(data, tuple(marks))

    def with_mark(self, index: int, **changes: Any) -> Content:
        """Return the content with another mark on one arm."""
        marks = list(self.marks)
        marks[index] = replace(marks[index], **changes)
        return replace(self, marks=tuple(marks))

    def fitted(self) -> Content:
        """Return the content with exactly one mark for each arm."""
        marks = list(self.marks[: len(self.arms)])
        while len(marks) < len(self.arms):
            marks.append(Mark(free_colour(marks)))
        return self if len(marks) == len(self.marks) else replace(self, marks=tuple(marks))

    def fresh_arm(self, optimizer: str = OPTIMIZER, lr: float | None = None) -> dict[str, Any]:
        """Return a new arm with a name of its own."""
        arm = default_data(fields_of(ArmConfig))
        arm["name"] = self.free_name(arm_name(optimizer))
        arm["optimizer"] = {**arm["optimizer"], "name": optimizer}
        if lr is not None:
            arm["optimizer"]["lr"] = lr
        return {"name": arm.pop("name"), **arm}

    def free_name(self, wanted: str) -> str:
        """Return `wanted`, or it with the first number that makes it the only arm of its name."""
        taken = {self.name_of(index) for index in range(len(self.arms))}
        if wanted not in taken:
            return wanted
        stem = re.sub(r" \d+$", "", wanted)[: LONGEST_NAME - 4]
        return next(name for number in range(2, len(taken) + 3) if (name := f"{stem} {number}") not in taken)

    # --- keeping ---

    def to_text(self) -> str:
        """Return the content as text that `from_text` reads."""
        marks = [[mark.colour, mark.enabled] for mark in self.marks]
        return json.dumps({"data": self.data, "marks": marks})

    @classmethod
    def from_text(cls, text: str) -> Content:
        """Return the content that `to_text` wrote.

        Raises:
            ValueError: It is none.
        """
        if len(text) > LARGEST_STATE:
            raise ValueError("it is too long")
        try:
            found = json.loads(text, parse_constant=_refuse)
            data, marks = found["data"], found["marks"]
            if not (isinstance(data, dict) and all(isinstance(arm, dict) for arm in data["arms"])):
                raise ValueError("its arms are no tables")
            content = cls(data, tuple(_mark(mark) for mark in marks))
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(str(error)) from None
        return content.fitted()


def free_colour(marks: Iterable[Mark]) -> int:
    """Return the first colour that no arm has; after all eight, one that fewest have, with another marker."""
    taken = [mark.colour for mark in marks]
    used = [look % len(PALETTE) for look in taken]
    free = [look for look in range(LOOKS) if look not in taken] or range(LOOKS)
    return min(free, key=lambda look: (used.count(look % len(PALETTE)), look))


def _shade(look: int, arms: int) -> int:
    """Return what tells a look from others: its colour; all of it where arms are more than colours."""
    return look % len(PALETTE) if arms <= len(PALETTE) else look


def _mark(pair: Any) -> Mark:
    colour, enabled = pair
    if type(colour) is not int or type(enabled) is not bool or colour < 0:
        raise ValueError("a mark is a colour and whether the arm takes part")
    return Mark(colour, enabled)


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number")
