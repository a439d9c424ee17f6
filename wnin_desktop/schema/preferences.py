"""What a person sets once for every experiment: look, training, server, store, plugins, shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from wnin_desktop.errors import InputError
from wnin_desktop.schema.base import Config, quantity, validate
from wnin_desktop.schema.words import suggestion

LONGEST_SHORTCUT = 80
MOST_SHORTCUTS = 1000
LOCALE_PATTERN = r"^([A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3})?$"

Keys = Annotated[str, Field(max_length=LONGEST_SHORTCUT)]


class AppearancePreferences(Config):
    """How the window looks."""

    theme: Literal["light", "dark", "system"] = quantity(
        "system", title="Theme", help="Dark on light, light on dark, or as the system has it."
    )
    text_scale: float = quantity(
        1.0, title="Text size", help="Factor on the system's size of text.", ge=1.0, le=1.5
    )
    reduced_motion: Literal["system", "on", "off"] = quantity(
        "system",
        title="Reduced motion",
        help="Whether panels open and close without moving; `system` does as the system asks.",
    )
    number_locale: str = quantity(
        "",
        title="Number format",
        help="Locale that numbers are read and written in, such as de_DE; empty is the system's.",
        allowed="empty, or a locale such as en_US or de_DE",
        max_length=40,
        pattern=LOCALE_PATTERN,
    )
    language: Literal["en", "pseudo"] = quantity(
        "en",
        title="Language",
        help="Language of the window, from the next start on; `pseudo` is every text 40 % longer, to test.",
    )


class TrainingPreferences(Config):
    """Where runs train and how often the window shows them."""

    executor: Literal["auto", "process", "thread"] = quantity(
        "auto",
        title="Train in",
        help="A worker process, a thread of the window, or auto: a thread on a GPU, a process otherwise.",
    )
    frame_rate: int = quantity(
        60,
        title="Frame rate",
        unit="Hz",
        help="How often live plots are drawn; training never waits for them.",
        ge=10,
        le=120,
    )
    live_runs: int = quantity(
        4,
        title="Live comparisons",
        help="Comparisons that may train at the same time.",
        ge=1,
        le=32,
    )


class ServerPreferences(Config):
    """The window's server, which shows runs that other processes train."""

    enabled: bool = quantity(
        False,
        title="Listen for trainers",
        help="Show runs of `wnin-train --ws` on this machine, live, until the window closes.",
    )
    port: int = quantity(
        8765,
        title="Port",
        help="Port on 127.0.0.1; 0 takes any free one.",
        ge=0,
        le=65535,
    )


class StorePreferences(Config):
    """Where runs are kept."""

    path: str | None = quantity(
        None,
        title="Store folder",
        help="Folder that runs are kept in, from the next start on; empty is the program's own.",
        min_length=1,
        max_length=4096,
    )


class PluginPreferences(Config):
    """Optimizers and networks of one's own."""

    read_at_start: bool = quantity(
        True,
        title="Look for new plugins at start",
        help="List the optimizers again after each start when a file has changed; a trusted file runs, once.",
    )
    certify_on_trust: bool = quantity(
        True,
        title="Certify what is trusted",
        help="Hold a plugin to the laws of optimizers as soon as it is trusted.",
    )


class BehaviourPreferences(Config):
    """What the window does by itself."""

    confirm_close: bool = quantity(
        False,
        title="Ask before closing",
        help="Ask before the window closes while something trains; without asking it is stopped resumably.",
    )
    restore_session: bool = quantity(
        True,
        title="Restore the session",
        help="Open with the panels, plots and runs of last time, and with a draft that was not saved.",
    )
    notify_at_end: bool = quantity(
        True,
        title="Notify at the end",
        help="Tell through the system when a comparison ends while another window is in front.",
    )
    notify_after: int = quantity(
        30,
        title="Notify after",
        unit="s",
        help="Only comparisons that took at least so long are worth a notification.",
        ge=0,
        le=86_400,
    )
    crash_reports: bool = quantity(
        True,
        title="Keep crash reports",
        help="Write a report on this machine when the program ends unexpectedly; nothing is ever sent.",
    )


class Preferences(Config):
    """Everything a person prefers. Every field has a default: an empty file is a whole one."""

    appearance: AppearancePreferences = quantity(
        AppearancePreferences(), title="Appearance", help="How the window looks."
    )
    training: TrainingPreferences = quantity(
        TrainingPreferences(), title="Training", help="Where runs train and how often they are shown."
    )
    server: ServerPreferences = quantity(
        ServerPreferences(), title="Server", help="Runs that other processes train."
    )
    store: StorePreferences = quantity(StorePreferences(), title="Store", help="Where runs are kept.")
    plugins: PluginPreferences = quantity(
        PluginPreferences(), title="Plugins", help="Optimizers and networks of your own."
    )
    behaviour: BehaviourPreferences = quantity(
        BehaviourPreferences(), title="Behaviour", help="What the window does by itself."
    )
    shortcuts: dict[str, Keys] = quantity(
        title="Shortcuts",
        help="Keys by name of a command; empty text takes its shortcut away.",
        default_factory=dict,
        max_length=MOST_SHORTCUTS,
    )


SECTIONS = tuple(name for name in Preferences.model_fields if name != "shortcuts")
"""The groups that forms are made of."""


def changed(preferences: Preferences, fields: Mapping[str, Any]) -> Preferences:
    """Return `preferences` with other values.

    Args:
        preferences: What holds now.
        fields: New values by path ("appearance.theme": "dark", "shortcuts": {...}).

    Raises:
        InputError: There is no such field, or its value is not allowed.
    """
    data = preferences.model_dump(mode="json")
    for path, value in fields.items():
        _put(data, path, value)
    return validate(Preferences, data)


def value_at(preferences: Preferences, path: str) -> Any:
    """Return the value at a path ("appearance.theme").

    Raises:
        InputError: There is no such field.
    """
    value: Any = preferences
    for name in path.split("."):
        if name not in getattr(type(value), "model_fields", {}):
            raise _unknown(path)
        value = getattr(value, name)
    return value


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *groups, name = path.split(".")
    table: Any = data
    for group in groups:
        table = table.get(group) if isinstance(table, dict) else None
    if not isinstance(table, dict) or name not in table:
        raise _unknown(path)
    table[name] = value


def _unknown(path: str) -> InputError:
    known = [f"{section}.{name}" for section in SECTIONS for name in _names(section)] + ["shortcuts"]
    return InputError.of("preferences", path, f"there is no such preference{suggestion(path, known)}")


def _names(section: str) -> tuple[str, ...]:
    return tuple(type(getattr(Preferences(), section)).model_fields)
