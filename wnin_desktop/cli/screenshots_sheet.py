"""The sheet that shows all pictures, scene by scene."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

STYLE = """
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }
body { margin: 24px auto; max-width: 1400px; padding: 0 16px }
h1 { font-size: 20px } h2 { font-size: 16px; margin: 32px 0 8px }
h2 code { font-weight: normal; opacity: .7; margin-left: 8px }
.shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 12px }
figure { margin: 0 } img { width: 100%; border: 1px solid #8886; border-radius: 4px }
figcaption { font-size: 12px; opacity: .75 } .error { color: #c4314b }
"""


def sheet(shots: Iterable[Mapping[str, Any]]) -> str:
    """Return the page as HTML.

    Args:
        shots: Pictures in order; those of one scene stand together.
    """
    parts = [
        _section(list(group)) for _, group in groupby(shots, key=lambda shot: (shot["name"], shot["title"]))
    ]
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>WNIN Desktop in pictures</title>'
        f"<style>{STYLE}</style>\n<h1>WNIN Desktop in pictures</h1>\n{''.join(parts)}</html>\n"
    )


def _section(shots: list[Mapping[str, Any]]) -> str:
    title, name = html.escape(shots[0]["title"]), html.escape(shots[0]["name"])
    figures = "".join(map(_figure, shots))
    return f'<h2 id="{name}">{title} <code>{name}</code></h2>\n<div class="shots">{figures}</div>\n'


def _figure(shot: Mapping[str, Any]) -> str:
    said = f"{shot['theme']}, {shot['size']}, scale {shot['scale']}"
    if shot.get("error"):
        words = html.escape(f"{said}: {shot['error']}")
        return f'<figure class="error"><figcaption>{words}</figcaption></figure>\n'
    file = html.escape(shot["file"])
    alt = html.escape(f"{shot['title']}, {said}")
    image = f'<a href="{file}"><img src="{file}" alt="{alt}" loading="lazy"></a>'
    return f"<figure>{image}<figcaption>{html.escape(said)}</figcaption></figure>\n"
