"""Where a client may connect to: this machine, or another one through TLS."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from wnin_desktop.errors import InputError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PUBLISH_PATH = "/publish"
SUBSCRIBE_PATH = "/subscribe"
_ALLOWED = "allowed is ws:// to this machine, such as ws://127.0.0.1:8765, or wss://HOST:PORT"


def endpoint(uri: str, path: str, *, field: str = "--ws") -> str:
    """Return `uri` with `path` in place.

    `ws://` is accepted to this machine only, because the token would cross the network in the clear.

    Raises:
        InputError: another scheme or host, no port, or a path, query, fragment or user name.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise InputError.of(field, _shown(uri), _ALLOWED) from None
    if not _acceptable(parts, path) or not port or not uri.isprintable() or " " in uri:
        raise InputError.of(field, _shown(uri), _ALLOWED)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{port}{path}"


def _acceptable(parts: SplitResult, path: str) -> bool:
    if "@" in parts.netloc or parts.query or parts.fragment or parts.path not in ("", "/", path):
        return False
    return bool(parts.hostname) and (
        parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in LOOPBACK)
    )


def _shown(uri: str) -> str:
    """Return the URI without the parts in which people hide secrets."""
    return re.split(r"[?#]", uri.rpartition("@")[2], maxsplit=1)[0]
