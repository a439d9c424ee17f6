"""Asking before something that cannot be undone; where nobody can answer, a flag must have said it."""

from __future__ import annotations

import sys

import click

from wnin_desktop.errors import InputError


def is_confirmed(question: str, what_needs_it: str) -> bool:
    """Return whether a person says yes; the answer that Enter gives is no.

    Raises:
        InputError: Nobody sits at standard input, so `--yes` has to be given.
    """
    if not sys.stdin.isatty():
        raise InputError.of("--yes", False, f"nobody can be asked here, so {what_needs_it} needs --yes")
    return click.confirm(question, default=False, err=True)
