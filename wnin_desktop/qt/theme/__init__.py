"""Colours, icons, fonts and motion of the window: `theme()` is the only place they come from.

theme       `theme() -> Theme`, one for each application
measures    `Space` and the other sizes
colours     what is mixed from the tokens of `wnin_desktop.schema.look`
sheet       palette and style sheet
icons       line icons, tinted
fonts       kinds of text
maps        colours of surfaces and of temperature
"""

from wnin_desktop.qt.theme.arms import ArmLook, marker_path
from wnin_desktop.qt.theme.measures import FOCUS, HAIRLINE, ICON_LARGE, ICON_SMALL, RADIUS, Space
from wnin_desktop.qt.theme.theme import Theme, restyle, set_font, set_icon, theme

__all__ = [
    "FOCUS",
    "HAIRLINE",
    "ICON_LARGE",
    "ICON_SMALL",
    "RADIUS",
    "ArmLook",
    "Space",
    "Theme",
    "marker_path",
    "restyle",
    "set_font",
    "set_icon",
    "theme",
]
