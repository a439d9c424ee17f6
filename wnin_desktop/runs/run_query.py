"""What is typed above the run table: `status:running arm:muon tag:paper lr>0.01 "some text"`.

Terms stand beside each other and all must hold; a minus before one turns it round. Words alone are looked for
in names, arms, tags, notes, ids and settings. `key:a,b` holds where a or b does; `=` wants the whole text.
Spaces around the sign change nothing: `lr > 0.01` is `lr>0.01`. What stands in quotes is looked for as it is.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.errors import InputError
from wnin_desktop.runs.run_rows import BY_COLUMN, STATUSES, TableRow
from wnin_desktop.schema.words import suggestion

FIELD = "filter"
KEYS = {
    "name": "name", "experiment": "experiment_id", "arm": "arm", "seed": "seed", "status": "status",
    "dataset": "dataset", "task": "dataset", "network": "network", "model": "network",
    "optimizer": "optimizer", "lr": "lr", "noise": "noise", "mode": "noise", "magnitude": "magnitude",
    "temperature": "temperature", "t": "temperature", "schedule": "schedule", "steps": "steps",
    "step": "steps", "val_loss": "val_loss", "loss": "val_loss", "accuracy": "accuracy", "acc": "accuracy",
    "started": "started", "date": "started", "duration": "duration", "tag": "tags", "tags": "tags",
    "note": "note", "host": "host", "id": "id",
}  # fmt: skip
"""What a person may write before the sign, and the field it means."""
SPECIAL = ("is", "has")
IS = ("starred", "remote", "stored", *STATUSES)
HAS = {"note": "note", "tags": "tags", "tag": "tags", "noise": "noise", "val_loss": "val_loss"}
TOKEN = re.compile(r"""(-?)(?:([A-Za-z_][\w.-]*)\s*(>=|<=|!=|>|<|=|:)\s*)?("[^"]*"?|[^\s"]+)?""")
SIGN_ALONE = re.compile(r"(>=|<=|!=|>|<|=)")
COMPARISONS: dict[str, Callable[..., NDArray[np.bool_]]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq,
    ":": operator.eq, "!=": operator.ne,
}  # fmt: skip
SUFFIXES = {"": 1.0, "k": 1e3, "M": 1e6, "m": 1e-3, "%": 1e-2}
SPANS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z%]*)")
NEAR = 1e-9
"""Relative distance up to which two numbers are equal; what was typed has few digits."""


class Searched(Protocol):
    """What a query is asked about: rows, column by column."""

    rows: Sequence[TableRow]

    def __len__(self) -> int:
        """Return how many rows there are."""
        ...

    def numbers(self, key: str) -> NDArray[np.float64]:
        """Return a column as numbers."""
        ...

    def texts(self, key: str) -> list[str]:
        """Return a column as text in lower case."""
        ...

    def words(self) -> list[str]:
        """Return all text of each row."""
        ...


Test = Callable[[Searched], NDArray[np.bool_]]


@dataclass(frozen=True)
class Term:
    """One condition: as it was written, and what it asks."""

    text: str
    test: Test


@dataclass(frozen=True)
class Query:
    """Conditions that must all hold; without any, everything fits."""

    terms: tuple[Term, ...] = ()

    def mask(self, columns: Searched) -> NDArray[np.bool_]:
        """Return which rows fit, shape [rows]."""
        fits = np.ones(len(columns), bool)
        for term in self.terms:
            fits &= term.test(columns)
        return fits


def parse(text: str, *, now: datetime | None = None) -> Query:
    """Return what a person typed as a query; `now` is the local time that "today" counts from.

    Raises:
        InputError: A term cannot be understood; the message names it and what is allowed.
    """
    moment = now or datetime.now().astimezone()
    return Query(tuple(_term(*parts, moment) for parts in _tokens(text)))


def terms_of(text: str) -> list[str]:
    """Return the terms of a text, understood or not, without spaces around their signs."""
    return [f"{minus}{key}{sign}{value}" for minus, key, sign, value in _tokens(text)]


def without(text: str, index: int) -> str:
    """Return a text without its term number `index`."""
    return " ".join(term for place, term in enumerate(terms_of(text)) if place != index)


def begun(text: str) -> tuple[str, str]:
    """Return what stands before the term that a text ends in, and that term; "" behind a space."""
    last = None
    for match in TOKEN.finditer(text):
        if match[0]:
            last = match
    if last is None or last.end() < len(text):
        return text, ""
    return text[: last.start()], "".join(part or "" for part in last.groups())


def _tokens(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for match in TOKEN.finditer(text):
        minus, key, sign, value = (part or "" for part in match.groups())
        if match[0]:
            found.append((minus, key, sign, value))
    return found


def _term(minus: str, key: str, sign: str, value: str, now: datetime) -> Term:
    written = f"{minus}{key}{sign}{value}"
    plain = value.removeprefix('"').removesuffix('"') if value.startswith('"') else value
    if key and not plain:
        raise InputError.of(FIELD, written, f"give a value after {key}{sign}")
    if not key and SIGN_ALONE.match(value):
        raise InputError.of(FIELD, written, f"say which field, as in lr{value}; or put it into quotes")
    if not key and not value:  # a dash by itself
        return Term(written, _plain_test(minus))
    test = _test(written, key.lower(), sign, plain, now) if key else _plain_test(plain)
    return Term(written, _negated(test) if minus else test)


def _negated(test: Test) -> Test:
    return lambda columns: ~test(columns)


def _plain_test(text: str) -> Test:
    needle = text.lower()
    return lambda columns: _having(columns.words(), needle)


def _having(texts: list[str], needle: str) -> NDArray[np.bool_]:
    return np.fromiter((needle in text for text in texts), bool, len(texts))


def _test(written: str, key: str, sign: str, value: str, now: datetime) -> Test:
    if key == "is":
        return _is_test(written, value)
    if key == "has":
        return _has_test(written, value)
    if key == "age":
        return _age_test(written, sign, value, now)
    if key not in KEYS:
        near = suggestion(key, [*KEYS, *SPECIAL, "age"])
        raise InputError.of(
            FIELD, written, f"there is no {key!r}{near}; put text that holds {sign!r} into quotes"
        )
    name = KEYS[key]
    kind = BY_COLUMN[name].kind if name in BY_COLUMN else "text"
    if kind == "moment":
        return _moment_test(written, sign, value, now)
    if kind in ("number", "integer", "span"):
        return _number_test(written, name, kind, sign, value)
    return _text_test(written, name, sign, value)


# -- text --------------------------------------------------------------------------------------------------


def _text_test(written: str, name: str, sign: str, value: str) -> Test:
    if sign not in (":", "=", "!="):
        raise InputError.of(FIELD, written, f"{name} is text; allowed after it: : = !=")
    options = [option for option in value.lower().split(",") if option]
    if name == "status":
        for option in options:
            _check_status(written, option)
    if sign == ":":
        return lambda columns: _any(_having(columns.texts(name), option) for option in options)
    if name == "tags":
        found: Test = lambda columns: _any(_tagged(columns.texts(name), option) for option in options)  # noqa: E731 - a closure over `options`
    else:
        chosen = frozenset(options)
        found = lambda columns: _equal(columns.texts(name), chosen)  # noqa: E731 - a closure over `chosen`
    return _negated(found) if sign == "!=" else found


def _any(masks: Iterable[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.logical_or.reduce(list(masks))


def _equal(texts: list[str], chosen: frozenset[str]) -> NDArray[np.bool_]:
    return np.fromiter((text in chosen for text in texts), bool, len(texts))


def _tagged(texts: list[str], tag: str) -> NDArray[np.bool_]:
    return np.fromiter((tag in text.split("\n") for text in texts), bool, len(texts))


def _check_status(written: str, option: str) -> None:
    if not any(option in status for status in STATUSES):
        near = suggestion(option, STATUSES)
        raise InputError.of(FIELD, written, f"allowed after status: are {', '.join(STATUSES)}{near}")


def _is_test(written: str, value: str) -> Test:
    word = value.lower()
    if word in ("starred", "star"):
        return lambda columns: columns.numbers("star") > 0
    if word in ("remote", "stored"):
        return lambda columns: _equal(columns.texts("origin"), frozenset({word}))
    if word in STATUSES:
        return lambda columns: _equal(columns.texts("status"), frozenset({word}))
    raise InputError.of(FIELD, written, f"allowed after is: are {', '.join(IS)}{suggestion(word, IS)}")


def _has_test(written: str, value: str) -> Test:
    name = HAS.get(value.lower())
    if name is None:
        raise InputError.of(
            FIELD, written, f"allowed after has: are {', '.join(HAS)}{suggestion(value, HAS)}"
        )
    if name == "val_loss":
        return lambda columns: ~np.isnan(columns.numbers("val_loss"))
    nothing = frozenset({"", "none"})
    return lambda columns: ~_equal(columns.texts(name), nothing)


# -- numbers and times -------------------------------------------------------------------------------------


def _number_test(written: str, name: str, kind: str, sign: str, value: str) -> Test:
    suffixes = SPANS if kind == "span" else SUFFIXES
    if ".." in value and sign in (":", "="):
        low, _, high = value.partition("..")
        return _between(name, _number(written, low, suffixes), _number(written, high, suffixes))
    if kind == "integer" and sign in (":", "=", "!="):
        wanted = [_number(written, part, suffixes) for part in value.split(",") if part]
        found: Test = lambda columns: np.isin(columns.numbers(name), wanted)  # noqa: E731 - a closure over `wanted`
        return _negated(found) if sign == "!=" else found
    number = _number(written, value.replace(",", "."), suffixes)
    if sign in (":", "="):
        return lambda columns: np.isclose(columns.numbers(name), number, rtol=NEAR, atol=0.0)
    if sign == "!=":
        return lambda columns: ~np.isclose(columns.numbers(name), number, rtol=NEAR, atol=0.0)
    return lambda columns: COMPARISONS[sign](columns.numbers(name), number)


def _between(name: str, low: float, high: float) -> Test:
    return lambda columns: (columns.numbers(name) >= low) & (columns.numbers(name) <= high)


def _number(written: str, text: str, suffixes: dict[str, float]) -> float:
    match = NUMBER.fullmatch(text.strip())
    if match is None or match[2] not in suffixes:
        example = "90, 5m, 1h or 2d" if suffixes is SPANS else "0.01, 1e-3 or 10k"
        raise InputError.of(FIELD, written, f"{text!r} is no number; write one such as {example}")
    return float(match[1]) * suffixes[match[2]]


def _age_test(written: str, sign: str, value: str, now: datetime) -> Test:
    if sign not in (">", ">=", "<", "<="):
        raise InputError.of(FIELD, written, "allowed after age: > >= < <=, as in age<7d")
    border = now.timestamp() - _number(written, value, SPANS)
    turned = {">": "<", ">=": "<=", "<": ">", "<=": ">="}[sign]
    return lambda columns: COMPARISONS[turned](columns.numbers("started"), border)


def _moment_test(written: str, sign: str, value: str, now: datetime) -> Test:
    begin, end = _moment(written, value, now)
    if sign in (":", "=", "!="):
        inside: Test = lambda columns: (  # noqa: E731 - a closure over `begin` and `end`
            (columns.numbers("started") >= begin) & (columns.numbers("started") < end)
        )
        return _negated(inside) if sign == "!=" else inside
    border = end if sign in (">", "<=") else begin
    comparison = {">": operator.ge, ">=": operator.ge, "<": operator.lt, "<=": operator.lt}[sign]
    return lambda columns: comparison(columns.numbers("started"), border)


def _moment(written: str, value: str, now: datetime) -> tuple[float, float]:
    """Return beginning and end of the stretch that a date names, in Unix seconds."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"today": day, "yesterday": day - timedelta(days=1)}
    try:
        if value.lower() in named:
            begin, length = named[value.lower()], timedelta(days=1)
        elif re.fullmatch(r"\d{4}-\d{1,2}", value):
            year, month = map(int, value.split("-"))
            begin = day.replace(year=year, month=month, day=1)
            length = (begin + timedelta(days=31)).replace(day=1) - begin
        else:
            begin = datetime.fromisoformat(value)
            begin = begin if begin.tzinfo else begin.astimezone()
            length = timedelta(days=1) if len(value) <= len("2026-11-21") else timedelta(minutes=1)
    except ValueError:
        raise InputError.of(
            FIELD, written, f"{value!r} is no date; write 2026-11-21, 2026-11, today or yesterday"
        ) from None
    return begin.timestamp(), (begin + length).timestamp()


# -- what could be written next ----------------------------------------------------------------------------

ENUMERATED = ("status", "arm", "dataset", "network", "optimizer", "noise", "schedule", "tags", "host")
MOST_SUGGESTIONS = 40


def suggestions(text: str, rows: Iterable[TableRow]) -> list[str]:
    """Return how the last term of a text could go on: the whole term, most fitting first.

    Args:
        text: What stands before the cursor.
        rows: Where values such as arms and tags are taken from.
    """
    _, last = begun(text)
    minus = "-" if last.startswith("-") else ""
    key, sign, value = last.removeprefix("-").partition(":")
    if not sign:
        heads = [f"{each}:" for each in ("is", "has", "status", "tag", "arm", "name")]
        heads += ["lr>", "seed:", "val_loss<", "accuracy>", "started:", "age<", "duration>", "steps>"]
        heads += [f"{each}:" for each in ("optimizer", "dataset", "network", "noise", "schedule", "host")]
        heads += ["magnitude>", "temperature>", "note:", "id:"]
        return [minus + head for head in heads if head.startswith(key.lower())]
    lead, done = f"{minus}{key}:", value.removeprefix('"').rpartition(",")
    options = _options(key.lower(), rows)
    fitting = [each for each in options if each.lower().startswith(done[2].lower())]
    return [lead + _quoted(f"{done[0]}{done[1]}{each}") for each in fitting[:MOST_SUGGESTIONS]]


def _options(key: str, rows: Iterable[TableRow]) -> list[str]:
    name = KEYS.get(key, key)
    fixed = {"is": IS, "has": tuple(HAS), "started": ("today", "yesterday"), "status": STATUSES}
    if name in fixed:
        return list(fixed[name])
    if name == "tags":
        return sorted({tag for row in rows for tag in row.tags}, key=str.lower)
    if name in ENUMERATED:
        return sorted({getattr(row, name) for row in rows if row.is_run} - {""}, key=str.lower)
    return []


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
