"""Small widgets without knowledge of runs; each follows the theme, the keyboard and assistive technology."""

from wnin_desktop.qt.widgets.badges import Badge, KeyHint, StatusChip
from wnin_desktop.qt.widgets.buttons import IconButton, Segmented, YieldingButton
from wnin_desktop.qt.widgets.empty_state import EmptyState
from wnin_desktop.qt.widgets.flow import FlowLayout
from wnin_desktop.qt.widgets.labels import ElidedLabel, Hairline, PathLine
from wnin_desktop.qt.widgets.log_slider import LogSlider
from wnin_desktop.qt.widgets.notice_bar import NoticeBar
from wnin_desktop.qt.widgets.progress_chip import ProgressChip
from wnin_desktop.qt.widgets.search_field import SearchField
from wnin_desktop.qt.widgets.section import SectionHeader
from wnin_desktop.qt.widgets.sparkline import Sparkline
from wnin_desktop.qt.widgets.swatch import ColourButton, Swatch

__all__ = [
    "Badge",
    "ColourButton",
    "ElidedLabel",
    "EmptyState",
    "FlowLayout",
    "Hairline",
    "IconButton",
    "KeyHint",
    "LogSlider",
    "NoticeBar",
    "PathLine",
    "ProgressChip",
    "SearchField",
    "SectionHeader",
    "Segmented",
    "Sparkline",
    "StatusChip",
    "Swatch",
    "YieldingButton",
]
