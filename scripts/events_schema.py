"""Write the published JSON schema of the events, by `uv run scripts/events_schema.py`."""

from __future__ import annotations

import json
from pathlib import Path

from wnin_desktop.schema.events import json_schema

TARGET = Path(__file__).resolve().parent.parent / "resources" / "events.schema.json"


def text() -> str:
    """Return the file's content."""
    return json.dumps(json_schema(), indent=2, sort_keys=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
