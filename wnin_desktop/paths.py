"""Where things live on this machine: the store, data sets, plugins, logs."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "wnin"


def home() -> Path:
    """Return the folder everything lives in; `WNIN_HOME` overrides the platform's choice."""
    override = os.environ.get("WNIN_HOME")
    return Path(override).expanduser() if override else Path(platformdirs.user_data_dir(APP, appauthor=False))


def store_dir() -> Path:
    """Return the default run store; `WNIN_STORE` overrides it."""
    override = os.environ.get("WNIN_STORE")
    return Path(override).expanduser() if override else home() / "store"


def data_dir() -> Path:
    """Return the folder downloaded data sets are kept in; `WNIN_DATA` overrides it."""
    override = os.environ.get("WNIN_DATA")
    return Path(override).expanduser() if override else home() / "data"


def plugin_dir(kind: str) -> Path:
    """Return the user's plugin folder for `kind` ("optimizers" or "networks")."""
    return home() / "plugins" / kind


def resources_dir() -> Path:
    """Return the folder of shipped resources, in a checkout and in an installed wheel."""
    package = Path(__file__).resolve().parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"
