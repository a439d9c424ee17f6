"""The palette of the window, from its colours."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

Role = QPalette.ColorRole
ROLES = {
    Role.Window: "window", Role.WindowText: "text", Role.Base: "panel", Role.AlternateBase: "stripe",
    Role.Text: "text", Role.Button: "raised", Role.ButtonText: "text", Role.BrightText: "danger",
    Role.ToolTipBase: "raised", Role.ToolTipText: "text", Role.PlaceholderText: "muted",
    Role.Highlight: "accent", Role.HighlightedText: "on_accent", Role.Accent: "accent", Role.Link: "accent",
    Role.LinkVisited: "accent", Role.Light: "raised", Role.Midlight: "hover", Role.Mid: "edge",
    Role.Dark: "edge", Role.Shadow: "hairline",
}  # fmt: skip
FADED = (Role.WindowText, Role.Text, Role.ButtonText, Role.ToolTipText, Role.HighlightedText)


def make_palette(colours: dict[str, str]) -> QPalette:
    """Return a palette of these colours."""
    palette = QPalette()
    for role, name in ROLES.items():
        palette.setColor(role, QColor(colours[name]))
    disabled = QPalette.ColorGroup.Disabled
    for role in FADED:
        palette.setColor(disabled, role, QColor(colours["disabled"]))
    palette.setColor(disabled, Role.Highlight, QColor(colours["pressed"]))
    return palette
