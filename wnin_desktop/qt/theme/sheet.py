"""The style sheet of the window, from its colours and sizes.

Two dynamic properties change how a widget looks: `invalid` (true: this field has an error) on fields, and
`kind` on buttons ("primary", "danger", "quiet") and labels ("muted", "danger", "warning", "good").
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QDir

from wnin_desktop import paths
from wnin_desktop.qt.theme import icons
from wnin_desktop.qt.theme.measures import CONTROL_HEIGHT, FOCUS, HAIRLINE, RADIUS, Space

FOLDER = "wnintheme"
PICTURES = {
    "tick": ("check", "on_accent"), "dash_mark": ("remove", "on_accent"), "menu_tick": ("check", "text"),
    "down": ("chevron-down", "muted"), "up": ("chevron-up", "muted"), "right": ("chevron-right", "muted"),
    "down_off": ("chevron-down", "disabled"), "up_off": ("chevron-up", "disabled"),
    "close": ("close", "muted"), "close_hover": ("close", "text"), "float": ("external", "muted"),
}  # fmt: skip
"""Pictures that a style sheet can name by their file only: icon and colour."""


def make_sheet(colours: dict[str, str]) -> str:
    """Return the style sheet."""
    inner = {"pad_y": Space.XS - HAIRLINE, "pad_x": Space.S - HAIRLINE}
    focused = {"focus_y": Space.XS - FOCUS, "focus_x": Space.S - FOCUS}
    sizes = {
        "xs": Space.XS, "s": Space.S, "m": Space.M, "l": Space.L, "xl": Space.XL, "radius": RADIUS,
        "small_radius": RADIUS - 2, "line": HAIRLINE, "focus": FOCUS,
        "height": CONTROL_HEIGHT - 2 * Space.XS,
    }  # fmt: skip
    values = {name: f"{size}px" for name, size in (inner | focused | sizes).items()}
    return Template(SHEET).substitute(colours | values | _pictures(colours))


def _pictures(colours: dict[str, str]) -> dict[str, str]:
    """Return the style sheet's values for its pictures, after writing those that are not there yet."""
    folder = paths.home() / "cache" / "theme"
    # A name for the folder: its own path may hold what a style sheet cannot say.
    QDir.setSearchPaths(FOLDER, [str(folder)])
    return {
        key: _picture(folder / f"{name}-{colours[colour].lstrip('#')}.svg", name, colours[colour])
        for key, (name, colour) in PICTURES.items()
    }


def _picture(path: Path, name: str, colour: str) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        svg = icons.tinted(name, colour)
        if not path.is_file() or path.read_bytes() != svg:
            path.write_bytes(svg)
    except OSError:  # a home that cannot be written costs the window its small arrows, nothing else
        return "none"
    return f'url("{FOLDER}:{path.name}")'


SHEET = """
QToolTip {
    color: $text; background: $raised; border: $line solid $edge; padding: $xs $s;
}
QMainWindow::separator { background: $hairline; width: 1px; height: 1px; margin: 2px; }
QMainWindow::separator:hover { background: $accent; }

/* buttons */
QPushButton {
    color: $text; background: $raised; border: $line solid $edge; border-radius: $radius;
    padding: $pad_y $m; min-height: $height;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:checked { background: $selected; border-color: $accent; }
QPushButton:focus { border: $focus solid $accent; padding: $focus_y 11px; }
QPushButton:disabled { color: $disabled; background: $window; border-color: $hairline; }
QPushButton:default { font-weight: 600; }
QPushButton[kind="primary"] {
    color: $on_accent; background: $accent; border-color: $accent; font-weight: 600;
}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed { background: $accent_strong; }
QPushButton[kind="primary"]:focus { border: $focus solid $text; }
QPushButton[kind="primary"]:disabled {
    color: $disabled; background: $pressed; border-color: $pressed;
}
QPushButton[kind="danger"] { color: $danger; border-color: $danger; }
QPushButton[kind="danger"]:hover { background: $danger_tint; }
QPushButton[kind="quiet"] { color: $accent; background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton::menu-indicator {
    image: $down; width: 12px; height: 12px; right: $s;
    subcontrol-origin: padding; subcontrol-position: center right;
}

QToolButton {
    color: $text; background: transparent; border: $focus solid transparent; border-radius: $radius;
    padding: 2px;
}
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $selected; color: $accent; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton::menu-indicator { image: none; }
QToolButton[popupMode="1"] { padding-right: 18px; }
QToolButton::menu-button { border: none; width: 16px; }
QToolButton::menu-arrow { image: $down; width: 12px; height: 12px; }

/* fields */
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QKeySequenceEdit {
    color: $text; background: $panel; border: $line solid $edge; border-radius: $radius;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QAbstractSpinBox, QComboBox { padding: $pad_y $pad_x; min-height: $height; }
QKeySequenceEdit { border: none; background: transparent; }
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QKeySequenceEdit QLineEdit { min-height: 0; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; background: transparent; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on {
    border: $focus solid $accent; padding: $focus_y $focus_x;
}
QAbstractSpinBox:focus { padding-right: 17px; }
QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit:focus { border: none; padding: 0; }
QPlainTextEdit:focus, QTextEdit:focus { border: $focus solid $accent; }
QLineEdit:read-only { background: $window; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled,
QTextEdit:disabled {
    color: $disabled; background: $window; border-color: $hairline;
}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"],
QPlainTextEdit[invalid="true"] {
    border: $focus solid $danger; padding: $focus_y $focus_x;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 18px; border: none; background: transparent;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: $up; width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: $down; width: 10px; height: 10px; }
QAbstractSpinBox::up-arrow:off { image: $up_off; }
QAbstractSpinBox::down-arrow:off { image: $down_off; }
QComboBox { combobox-popup: 0; }  /* the other kind of list is too short by its scrollers */
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: $down; width: 12px; height: 12px; }
QComboBox::down-arrow:disabled { image: $down_off; }
QComboBox QAbstractItemView {
    background: $raised; border: $line solid $edge; padding: $xs; outline: 0;
}
QComboBox QAbstractItemView::item { min-height: $height; padding: 0 $xs; border-radius: $small_radius; }

QCheckBox, QRadioButton {
    spacing: $s; padding: 3px; border: $focus solid transparent; border-radius: $radius;
}
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {
    width: 14px; height: 14px; border: $line solid $muted; background: $panel;
}
QCheckBox::indicator, QAbstractItemView::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {
    background: $accent; border-color: $accent; image: $tick;
}
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate {
    background: $accent; border-color: $accent; image: $dash_mark;
}
QRadioButton::indicator:checked {
    border: 4px solid $accent; width: 8px; height: 8px; background: $on_accent;
}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {
    border-color: $hairline; background: $window;
}
QCheckBox::indicator:checked:disabled { background: $disabled; border-color: $disabled; }

/* sliders and progress */
QSlider { min-height: 20px; }
QSlider:vertical { min-width: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $pressed; }
QSlider::groove:vertical { width: 4px; border-radius: 2px; background: $pressed; }
QSlider::sub-page:horizontal, QSlider::add-page:vertical { background: $accent; border-radius: 2px; }
QSlider::handle {
    background: $panel; border: $line solid $muted; width: 12px; height: 12px; border-radius: 7px;
}
QSlider::handle:horizontal { margin: -5px 0; }
QSlider::handle:vertical { margin: 0 -5px; }
QSlider::handle:hover { border-color: $accent; }
QSlider::handle:focus { border: $focus solid $accent; width: 12px; height: 12px; border-radius: 8px; }
QSlider::handle:horizontal:focus { margin: -6px 0; }
QSlider::handle:vertical:focus { margin: 0 -6px; }
QSlider::sub-page:disabled, QSlider::add-page:disabled { background: $hairline; }
QProgressBar {
    border: none; background: $pressed; border-radius: 3px; max-height: 6px; min-height: 6px;
    color: transparent; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }

/* tabs and docks */
QTabWidget::pane { border: none; border-top: $line solid $hairline; }
QTabBar { background: transparent; }
QTabBar::tab {
    color: $muted; background: transparent; border: none; padding: 6px $m; margin: 0;
    border-bottom: $focus solid transparent; border-top: $focus solid transparent;
}
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar:focus { outline: 0; }
QTabBar::tab:selected:focus { background: $selected; }
QTabBar::tab:disabled { color: $disabled; }
QTabBar::close-button { image: $close; subcontrol-position: right; width: 12px; height: 12px; }
QTabBar::close-button:hover { image: $close_hover; }
QDockWidget { titlebar-close-icon: $close; titlebar-normal-icon: $float; }
QDockWidget::title { background: $window; padding: 6px $s; text-align: left; }
QDockWidget::close-button, QDockWidget::float-button {
    border: none; background: transparent; padding: 0; width: 18px; height: 18px; icon-size: 16px;
}
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $pressed; border-radius: 4px; }

/* tables, trees and lists */
QAbstractItemView {
    background: $panel; alternate-background-color: $stripe; color: $text; border: none; outline: 0;
    selection-background-color: $selected; selection-color: $text;
}
QTableView { gridline-color: $hairline; }
QTableView::item, QTreeView::item, QListView::item { padding: 3px $xs; border: none; }
QListView::item, QTreeView::item { min-height: 20px; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $selected; color: $text; }
QTableView:focus, QTreeView:focus, QListView:focus { border: $line solid $accent; }
QTreeView::branch:has-children:closed { image: $right; }
QTreeView::branch:has-children:open { image: $down; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: $line solid $hairline;
    padding: $xs $s; text-align: left;
}
QHeaderView::section:checked { font-weight: 400; }
QHeaderView::section:hover { color: $text; background: $hover; }
QHeaderView::up-arrow { image: $up; width: 10px; height: 10px; }
QHeaderView::down-arrow { image: $down; width: 10px; height: 10px; }
QTableCornerButton::section { background: $panel; border: none; border-bottom: $line solid $hairline; }

/* menus and bars */
QMenuBar { background: $window; border-bottom: $line solid $hairline; padding: 1px $xs; }
QMenuBar::item { padding: $xs $s; border-radius: $small_radius; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $pressed; }
QMenu { background: $raised; border: $line solid $edge; padding: $xs; }
QMenu::item { padding: 5px $xl 5px $s; border-radius: $small_radius; }
QMenu::item:selected { background: $selected; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: $s; }
QMenu::separator { height: 1px; background: $hairline; margin: $xs $s; }
QMenu::indicator { width: 14px; height: 14px; left: 6px; }
QMenu::indicator:checked { image: $menu_tick; }
QMenu::right-arrow { image: $right; width: 12px; height: 12px; right: $xs; }
QToolBar {
    background: $window; border: none; border-bottom: $line solid $hairline; padding: $xs; spacing: $xs;
}
QToolBar::separator { background: $hairline; width: 1px; height: 1px; margin: $xs; }
QStatusBar { background: $window; border-top: $line solid $hairline; color: $muted; }
QStatusBar::item { border: none; }

/* frames, scroll bars, splitters */
QGroupBox { border: none; margin-top: 1.6em; padding-top: $xs; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; subcontrol-position: top left; padding: 0; }
QScrollArea { border: none; background: transparent; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $edge; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QSplitter::handle { background: transparent; }
QSplitter::handle:horizontal { width: 5px; border-left: $line solid $hairline; }
QSplitter::handle:vertical { height: 5px; border-top: $line solid $hairline; }
QSplitter::handle:horizontal:hover { border-left: $focus solid $accent; }
QSplitter::handle:vertical:hover { border-top: $focus solid $accent; }

QLabel[kind="muted"] { color: $muted; }
QLabel[kind="danger"] { color: $danger; }
QLabel[kind="warning"] { color: $warning; }
QLabel[kind="good"] { color: $good; }
"""
