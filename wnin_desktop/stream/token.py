"""The shared secret of one launch: 32 random bytes, in a file only its owner can read.

It travels in the `Authorization` header alone: never in a URL, an argument, a log or a representation.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import getpass
import hmac
import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from wnin_desktop import paths
from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.stream.limits import TOKEN_BYTES

VARIABLE = "WNIN_TOKEN"
_HIDDEN = "(not shown)"


class Token:
    """A secret that shows itself to nobody: `repr` hides it, pickling and copying refuse."""

    __slots__ = ("_secret",)

    def __init__(self, text: str, *, field: str = "token") -> None:
        """Take the token's text form.

        Raises:
            InputError: `text` is not 32 bytes in URL-safe base64.
        """
        text = text.strip()
        if not _well_formed(text):
            raise InputError.of(field, _HIDDEN, "allowed is the token that `wnin serve` wrote, 43 characters")
        self._secret = text

    @classmethod
    def new(cls) -> Token:
        """Return a fresh token from the system's random source."""
        return cls(secrets.token_urlsafe(TOKEN_BYTES))

    def matches(self, text: str) -> bool:
        """Return whether `text` is this token, in a time that does not depend on where they differ."""
        return hmac.compare_digest(self._secret.encode(), text.encode("utf-8", "replace"))

    def headers(self) -> dict[str, str]:
        """Return the HTTP header that presents this token."""
        return {"Authorization": f"Bearer {self._secret}"}

    def write(self, path: Path) -> None:
        """Write the token to `path`, readable by the current user only, replacing an older one.

        Raises:
            StreamError: the file cannot be written.
        """
        temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary.unlink(missing_ok=True)
            # O_EXCL and the mode at creation: there is no moment at which others can open it.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(self._secret + "\n")
            _restrict_on_windows(temporary)
            temporary.replace(path)
        except OSError as error:
            raise StreamError(
                f"The token file {path} cannot be written: {error.strerror or error}."
            ) from None

    def __repr__(self) -> str:
        return "Token(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled: it would end in a file or a log")


def token_path() -> Path:
    """Return where `wnin serve` leaves the token of this launch for clients on this machine."""
    return paths.home() / "stream.token"


def read_token(path: Path) -> Token:
    """Return the token in a file.

    Raises:
        InputError: the file is missing, holds no token, or can be read by other users.
    """
    field = "--token-file"
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(256)
    except OSError as error:
        raise InputError.of(field, str(path), f"it cannot be read ({error.strerror})") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        allowed = f"allowed is a file only you can read (chmod 600), this one has mode {stat.S_IMODE(mode):o}"
        raise InputError.of(field, str(path), allowed)
    return Token(data.decode("ascii", "replace"), field=field)


def find_token(token_file: Path | None = None) -> Token:
    """Return the client's token: from `token_file`, else `WNIN_TOKEN`, else the file of `wnin serve`.

    Raises:
        InputError: there is none, or it is not a token.
    """
    if token_file is not None:
        return read_token(token_file)
    if text := os.environ.get(VARIABLE):
        return Token(text, field=VARIABLE)
    return read_token(token_path())


TokenSource = Callable[[], Token]
"""Returns the token of the launch that runs now, or raises InputError while there is none."""


def token_source(token_file: Path | None = None) -> Token | TokenSource:
    """Return what `find_token` returns, and where that is a file, a way to read it again.

    Every launch of the server has a token of its own: who connects again has to look again.
    """
    if token_file is None and os.environ.get(VARIABLE):
        return find_token()
    path = token_path() if token_file is None else token_file
    return lambda: read_token(path)


def remove_token(path: Path, token: Token) -> None:
    """Remove the token file at the end of a launch, unless a later launch has put its own there."""
    with contextlib.suppress(OSError):
        if token.matches(path.read_text(encoding="ascii", errors="replace").strip()):
            path.unlink()


def _well_formed(text: str) -> bool:
    try:
        data = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    return len(data) == TOKEN_BYTES


def windows_acl_command(path: Path, user: str) -> list[str]:
    """Return the command that leaves `user` as the only one with access to `path`."""
    system = Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32" / "icacls.exe"  # noqa: SIM112 - Windows' spelling
    return [str(system), str(path), "/inheritance:r", "/grant:r", f"{user}:F"]


def _restrict_on_windows(path: Path) -> None:
    """Best effort: the user's profile, where the file lies, is private already."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                windows_acl_command(path, getpass.getuser()), capture_output=True, timeout=5, check=True
            )
