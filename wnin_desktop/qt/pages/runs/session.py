"""What of the Runs page the next session needs, as plain values, and how it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wnin_desktop.runs.export import FORMATS
from wnin_desktop.runs.run_rows import BY_COLUMN

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.runs.page import RunsPage

MOST_REMEMBERED = 200
MOST_PIXELS = 1 << 15
GROUPINGS = ("grouped", "flat")


def state_of(page: RunsPage) -> dict[str, Any]:
    """Return the page's state."""
    asked = page.feed.asked
    return {
        "grouped": asked.grouped,
        "sort": asked.sort,
        "descending": asked.descending,
        "columns": {name: list(keys) for name, keys in page.columns.items()},
        "widths": {name: dict(widths) for name, widths in page.widths.items()},
        "query": page.filter.text,
        "details": not page.details.isHidden(),
        "splitter": page.splitter.sizes(),
        "open": list(page.model.opened[:MOST_REMEMBERED]),
        "chosen": [row.id for row in page.choice().rows[:MOST_REMEMBERED]],
        "export_folder": page.exporting.folder,
        "export_kind": page.exporting.kind,
    }


def restore(page: RunsPage, state: Mapping[str, Any]) -> None:
    """Bring a state back; each part that is damaged keeps its default."""
    for name in GROUPINGS:
        page.columns[name] = _columns(_table(state, "columns").get(name), page.columns[name])
        page.widths[name] = _widths(_table(state, "widths").get(name))
    grouped = state.get("grouped") is not False
    sort = state.get("sort")
    sort = sort if isinstance(sort, str) and sort in BY_COLUMN else "started"
    page.model.restore_open(_texts(state.get("open")))
    page.restore_rows(
        grouped=grouped, sort=sort, descending=state.get("descending") is not False,
        chosen=_texts(state.get("chosen")),
    )  # fmt: skip
    _restore_panel(page, state)
    page.exporting.folder = "".join(_texts([state.get("export_folder")]))
    if state.get("export_kind") in FORMATS:
        page.exporting.kind = state["export_kind"]
    query = state.get("query")
    if isinstance(query, str) and query:
        page.filter.set_text(query)


def _restore_panel(page: RunsPage, state: Mapping[str, Any]) -> None:
    sizes = state.get("splitter")
    if isinstance(sizes, list) and len(sizes) == 2 and all(map(_is_size, sizes)):
        page.splitter.setSizes(sizes)
    if isinstance(state.get("details"), bool):
        page.show_details(state["details"])


def _table(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = state.get(key)
    return found if isinstance(found, Mapping) else {}


def _texts(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _columns(found: object, default: tuple[str, ...]) -> tuple[str, ...]:
    known = tuple(key for key in _texts(found) if key in BY_COLUMN)
    return known if "name" in known else default


def _widths(found: object) -> dict[str, int]:
    if not isinstance(found, Mapping):
        return {}
    return {key: width for key, width in found.items() if key in BY_COLUMN and _is_size(width)}


def _is_size(found: object) -> bool:
    return isinstance(found, int) and 0 <= found < MOST_PIXELS
