"""The colours of one lightness: the tokens, made readable as text, and what is mixed from them."""

from __future__ import annotations

from functools import lru_cache

from wnin_desktop.schema.look import Tokens, mixed, readable

INKS = ("muted", "accent", "warning", "danger", "good")
"""Tokens that are also read as text; darkened or lightened as far as the grounds demand."""
TINTS = ("accent", "warning", "danger", "good")
HOVER_SHARE, PRESSED_SHARE, STRIPE_SHARE = 0.05, 0.11, 0.025
TINT_SHARE, EDGE_SHARE, FAINT_SHARE = 0.12, 0.38, 0.5


@lru_cache(maxsize=8)
def colours(tokens: Tokens) -> dict[str, str]:
    """Return every colour of the window by name, as #RRGGBB.

    Beside the tokens: `edge` (outline of a field), `hover`, `pressed`, `stripe` (every second row),
    `selected`, `disabled` (text of what cannot be used), `on_accent` (text on accent), `accent_strong`
    (accent under the pointer) and a `..._tint` of accent, warning, danger and good (ground of a badge or
    notice).
    """
    found = {name: getattr(tokens, name) for name in tokens.__dataclass_fields__}
    found |= {
        "edge": mixed(tokens.hairline, tokens.muted, EDGE_SHARE),
        "hover": mixed(tokens.panel, tokens.text, HOVER_SHARE),
        "pressed": mixed(tokens.panel, tokens.text, PRESSED_SHARE),
        "stripe": mixed(tokens.panel, tokens.text, STRIPE_SHARE),
        "selected": mixed(tokens.panel, tokens.accent, TINT_SHARE),
        "disabled": mixed(tokens.panel, tokens.muted, FAINT_SHARE),
        "on_accent": tokens.panel,
    }
    found |= {f"{name}_tint": mixed(tokens.panel, getattr(tokens, name), TINT_SHARE) for name in TINTS}
    for name in INKS:
        found[name] = _ink(found, name)
    found["accent_strong"] = mixed(found["accent"], tokens.text, 0.15)
    return found


def grounds(name: str) -> tuple[str, ...]:
    """Return the names of the colours that `name` is read on."""
    own = (f"{name}_tint",) if name in TINTS else tuple(f"{tint}_tint" for tint in TINTS)
    return ("window", "panel", "raised", "hover", "stripe", "selected", *own)


def _ink(found: dict[str, str], name: str) -> str:
    ink = found[name]
    for ground in grounds(name):
        ink = readable(ink, found[ground])
    return ink
