"""Fetching one file: progress, checksum, and nothing partial left behind."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from wnin_desktop.engine.tasks.reading import Progress
from wnin_desktop.errors import DataError

CHUNK = 2**18
TIMEOUT_S = 30


def md5_of(path: Path) -> str:
    """Return the MD5 of a file, the checksum that the publishers of these sets give."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def fetch(addresses: Sequence[str], target: Path, md5: str, progress: Progress) -> None:
    """Download `target` from the first address that gives a file with this checksum.

    Raises:
        DataError: No address answers, or what they give is not that file; `target` is then untouched.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    reasons = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{target.parent}: this folder cannot be made ({error.strerror}).") from error
    try:
        for address in addresses:
            reason = _attempt(address, part, md5, progress)
            if reason is None:
                part.replace(target)
                return
            reasons.append(reason)
    except OSError as error:
        raise DataError(f"{target}: the download cannot be kept ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)
    raise DataError(
        f"{target.name} could not be downloaded ({'; '.join(reasons)}); "
        "connect this machine, or give a folder that holds the files with `path`."
    )


def _attempt(address: str, part: Path, md5: str, progress: Progress) -> str | None:
    """Return None when `part` holds the file, else why not."""
    host = address.split("/")[2]
    try:
        response = urllib.request.urlopen(address, timeout=TIMEOUT_S)  # noqa: S310 - addresses are torchvision's
    except (OSError, http.client.HTTPException) as error:
        return f"{host}: {getattr(error, 'reason', error)}"
    with response, part.open("wb") as file:
        broken = _copy(response, file, progress, address.rsplit("/", 1)[-1])
    if broken:
        return f"{host}: {broken}"
    return None if md5_of(part) == md5 else f"{host}: the file it gave is damaged, its checksum differs"


def _copy(response: http.client.HTTPResponse, file: BinaryIO, progress: Progress, name: str) -> str | None:
    total, done = response.length or 0, 0
    while True:
        try:
            block = response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            return f"the connection broke ({error})"
        if not block:
            return None
        file.write(block)
        done += len(block)
        progress(f"downloading {name}", min(1.0, done / total) if total else 0.0)
