"""Whether a folder is a good place for a database: not on a network, not synchronized by some program."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

NETWORK_FILE_SYSTEMS = frozenset({
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "fuse.davfs", "9p",
    "afs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "ceph", "fuse.ceph", "glusterfs", "fuse.glusterfs",
    "lustre", "beegfs", "gpfs", "drvfs", "ncpfs",
})  # fmt: skip
SYNC_FOLDERS = (
    "onedrive", "dropbox", "google drive", "googledrive", "my drive", "mobile documents", "icloud drive",
    "nextcloud", "owncloud", "pcloud", "box sync", "megasync", "creative cloud files",
)  # fmt: skip
SYNC_MARKS = (".stfolder", ".dropbox", ".sync_folder")
"""Files that synchronizing programs leave at the top of their folder."""


def location_warning(path: Path) -> str | None:
    """Return one sentence why `path` is a risky place for the run store, or None."""
    place = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would hang on a dead network path
    if reason := _network(place) or _synchronized(place):
        return f"The run store {place} {reason}; commits may not last there. Choose a folder on a local disk."
    return None


def _network(place: Path) -> str | None:
    if place.drive.startswith("\\\\"):
        return "is on a network share"
    mounts = [part for part in psutil.disk_partitions(all=True) if place.is_relative_to(part.mountpoint)]
    if not mounts:
        return None
    nearest = max(mounts, key=lambda part: len(part.mountpoint))
    if nearest.fstype.lower() in NETWORK_FILE_SYSTEMS or "remote" in nearest.opts.split(","):
        return f"is on a network file system ({nearest.fstype or 'remote'})"
    return None


def _synchronized(place: Path) -> str | None:
    for folder in (place, *place.parents):
        name = folder.name.lower()
        for known in SYNC_FOLDERS:
            if name == known or name.startswith((f"{known} - ", f"{known} (", f"{known}-")):
                return f"is inside {folder.name!r}, which is synchronized with a server"
        if any((folder / mark).exists() for mark in SYNC_MARKS):
            return f"is inside {folder.name!r}, which is synchronized with a server"
    return None
