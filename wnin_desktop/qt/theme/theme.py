"""The theme of the application: what everything in the window is drawn with."""

from __future__ import annotations

from typing import Literal, Protocol, cast

import shiboken6
from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QPropertyAnimation, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon
from PySide6.QtWidgets import QApplication, QWidget

from wnin_desktop.qt.theme import icons, maps
from wnin_desktop.qt.theme.arms import ArmLook, arm_look
from wnin_desktop.qt.theme.colours import colours
from wnin_desktop.qt.theme.fonts import make_font
from wnin_desktop.qt.theme.keepers import again, keep
from wnin_desktop.qt.theme.measures import EASE_MS
from wnin_desktop.qt.theme.palette import make_palette
from wnin_desktop.qt.theme.sheet import make_sheet
from wnin_desktop.schema.look import BAND_ALPHA, DARK, LIGHT, SEED_ALPHA, Tokens

Choice = Literal["light", "dark", "system"]
LEAST_SCALE, MOST_SCALE = 1.0, 1.5


class HasIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon, /) -> None:  # noqa: N802 - the name is Qt's
        """Show the icon."""
        ...


class Theme(QObject):
    """Colours, fonts, icons and motion; `theme()` returns the one of this application."""

    changed = Signal()
    """Colours, icons or the size of text are others now."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.setObjectName("theme")
        self._application = application
        self._system_font = QFont(application.font())
        self._choice: Choice = "system"
        self._scale = LEAST_SCALE
        self._icons: dict[tuple[str, str], QIcon] = {}
        self.reduced_motion = False
        self.tokens: Tokens = DARK if self._system_is_dark() else LIGHT
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._refresh()

    @property
    def choice(self) -> Choice:
        """What the person chose: "light", "dark" or "system"."""
        return self._choice

    @property
    def dark(self) -> bool:
        """True while light is on dark."""
        return self.tokens is DARK

    def apply(self, choice: str) -> None:
        """Show the window light, dark, or as the system has it."""
        if choice not in ("light", "dark", "system"):
            raise ValueError(f"a theme is light, dark or system, not {choice!r}")
        self._choice = cast("Choice", choice)
        dark = choice == "dark" or (choice == "system" and self._system_is_dark())
        tokens = DARK if dark else LIGHT
        if tokens is not self.tokens:
            self.tokens = tokens
            self._refresh()

    @property
    def text_scale(self) -> float:
        """How much larger than the system's text is ours, 1 to 1.5."""
        return self._scale

    def set_text_scale(self, scale: float) -> None:
        """Make all text larger, 1 to 1.5."""
        wanted = min(max(float(scale), LEAST_SCALE), MOST_SCALE)
        if wanted != self._scale:
            self._scale = wanted
            self._refresh()

    def colour(self, name: str) -> QColor:
        """Return a colour by name; those of `colours.INKS` are readable as text on every ground in use."""
        return QColor(colours(self.tokens)[name])

    def arm(self, index: int) -> ArmLook:
        """Return the look of an arm by its place in the experiment; -1 is the baseline."""
        return arm_look(index, self.tokens.panel)

    @property
    def baseline(self) -> ArmLook:
        """The look of the baseline: grey and dashed."""
        return arm_look(-1, self.tokens.panel)

    @property
    def band_alpha(self) -> float:
        """How opaque a band over seeds is."""
        return BAND_ALPHA

    @property
    def seed_alpha(self) -> float:
        """How opaque the curve of one seed is."""
        return SEED_ALPHA

    surface_map = staticmethod(maps.surface_map)

    def temperature_colour(self, fraction: float) -> QColor:
        """Return the colour of a temperature, 0 (coldest) to 1 (hottest); for nothing but temperature."""
        table = maps.temperature_map()
        place = round(min(max(fraction, 0.0), 1.0) * (len(table) - 1))
        return QColor(*(int(part) for part in table[place]))

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        """Return a line icon in the named colour (text without one), or "wnin"; ask again after `changed`."""
        if name == icons.APPLICATION:
            return icons.application_icon()
        known = colours(self.tokens)
        shade = known[colour or "text"]
        if (name, shade) not in self._icons:
            active = known["accent"] if colour is None else shade
            self._icons[name, shade] = icons.make_icon(name, shade, known["disabled"], active)
        return self._icons[name, shade]

    def set_icon(self, holder: HasIcon, name: str, colour: str | None = None) -> None:
        """Show an icon on a button or action, now and after every change of the theme."""
        keep(
            cast("QObject", holder),
            "icon-keeper",
            self.changed,
            lambda it: it.setIcon(self.icon(name, colour)),
        )

    def font(self, kind: str = "ui") -> QFont:
        """Return the font of a kind of text: ui, small, title, heading, numbers, small_numbers or mono."""
        return make_font(kind, self._system_font, self._scale)

    def set_font(self, widget: QWidget, kind: str) -> None:
        """Give a widget the font of a kind of text, now and after every change of the size of text."""
        keep(widget, "font-keeper", self.changed, lambda it: it.setFont(self.font(kind)))

    def ease(self, target: QObject, name: str, to: object) -> QPropertyAnimation | None:
        """Move a property of `target` there in a short while, or at once where motion is not wanted."""
        if self.reduced_motion:
            target.setProperty(name, to)
            return None
        animation = QPropertyAnimation(target, name.encode(), target)
        animation.setDuration(EASE_MS)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.setEndValue(to)
        animation.start(QAbstractAnimation.DeletionPolicy.DeleteWhenStopped)
        return animation

    def _system_is_dark(self) -> bool:
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self.apply("system")

    def _refresh(self) -> None:
        """Draw everything anew."""
        self._icons.clear()
        known = colours(self.tokens)
        self._application.setPalette(make_palette(known))
        self._application.setFont(self.font("ui"))
        self._application.setStyleSheet(make_sheet(known))
        self.changed.emit()


def theme() -> Theme:
    """Return the theme of this application, made on first use."""
    application = cast("QApplication | None", QApplication.instance())
    if application is None:
        raise RuntimeError("there is no application to have a theme")
    found = _made.get("theme")
    if found is None or not shiboken6.isValid(found):
        found = _made["theme"] = Theme(application)
    return found


_made: dict[str, Theme] = {}


def set_icon(holder: HasIcon, name: str, colour: str | None = None) -> None:
    """Show an icon on a button or action, now and after every change of the theme."""
    theme().set_icon(holder, name, colour)


def restyle(widget: QWidget) -> None:
    """Let the style sheet see that a property has changed; Qt forgets the font of the widget with that."""
    widget.style().polish(widget)
    again(widget, "font-keeper")


def set_font(widget: QWidget, kind: str) -> None:
    """Give a widget the font of a kind of text, now and after every change of the size of text."""
    theme().set_font(widget, kind)
