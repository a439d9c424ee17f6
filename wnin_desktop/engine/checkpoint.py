"""Checkpoint files: tensors in safetensors, the rest as JSON in its header, a SHA-256 that is checked first.

Neither torch nor safetensors notices flipped bits in the numbers, so a file is read only when its size and
SHA-256 are those of the manifest that was recorded when it was written. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import platform
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from wnin_desktop.engine.durable import replacing
from wnin_desktop.errors import CheckpointError
from wnin_desktop.schema.fingerprint import canonical_json
from wnin_desktop.schema.manifest import Manifest, SnapshotReason

FORMAT = "wnin-checkpoint"
"""The one key of the header's metadata; with several, safetensors writes them in an order of its own."""
VERSION = 1


@dataclass(frozen=True)
class Snapshot:
    """State at the end of step `step`.

    Attributes:
        step: Finished optimizer steps.
        tensors: Every tensor of the state by name; on the CPU after reading.
        meta: Everything else, as JSON can say it: tuples come back as lists, keys as text, numbers exactly.
    """

    step: int
    tensors: dict[str, torch.Tensor]
    meta: dict[str, Any] = field(default_factory=dict)


def library_versions() -> dict[str, str]:
    """Return the versions of what decides the bits of a state."""
    return {"python": platform.python_version(), "numpy": np.__version__, "torch": str(torch.__version__)}


def write_snapshot(
    path: Path, snapshot: Snapshot, *, reason: SnapshotReason, run_id: str | None = None
) -> Manifest:
    """Write `snapshot` to `path` durably and return its manifest.

    Temporary file, fsync, replace, fsync of the folder: a crash leaves the old file or the new one.

    Raises:
        CheckpointError: The state cannot be said in this format, or the file cannot be written.
        DiskFullError: No space is left; nothing partial was kept.
    """
    content = _serialized(path, snapshot)
    try:
        with replacing(path) as handle:
            handle.write(content)
    except OSError as error:
        raise CheckpointError(f"{path} could not be written: {error.strerror or error}.") from error
    digest = hashlib.sha256(content).hexdigest()
    return Manifest(path.name, digest, len(content), snapshot.step, reason, library_versions(), run_id)


def read_snapshot(path: Path, manifest: Manifest) -> Snapshot:
    """Return the state in `path`, tensors on the CPU.

    Raises:
        CheckpointError: The file is missing, is not the one `manifest` describes, or does not hold a state.
    """
    content = _verified(path, manifest)
    header = _header(path, content)
    try:
        tensors = safetensors.torch.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} holds no readable tensors: {error}.") from error
    return Snapshot(manifest.step, tensors, _meta(path, header, manifest))


def _serialized(path: Path, snapshot: Snapshot) -> bytes:
    try:
        header = canonical_json({"version": VERSION, "step": snapshot.step, "meta": snapshot.meta})
        tensors = {name: _portable(tensor) for name, tensor in snapshot.tensors.items()}
        return safetensors.torch.save(tensors, metadata={FORMAT: header})
    except (safetensors.SafetensorError, TypeError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} was not written, the state cannot be stored: {error}.") from error


def _portable(tensor: torch.Tensor) -> torch.Tensor:
    # A view into a parameter block must not drag the block along, and safetensors refuses shared memory.
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def _verified(path: Path, manifest: Manifest) -> bytes:
    try:
        size = path.stat().st_size
        if size != manifest.size:
            raise CheckpointError(f"{path} holds {size} bytes and its manifest says {manifest.size}.")
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from error
    _check_content(path, content, manifest)
    return content


def _check_content(path: Path, content: bytes, manifest: Manifest) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != manifest.sha256:
        raise CheckpointError(f"{path} has SHA-256 {digest} and its manifest says {manifest.sha256}.")


def _header(path: Path, content: bytes) -> dict[str, Any]:
    # safetensors: eight bytes of little-endian header length, then the header as JSON.
    try:
        (length,) = struct.unpack_from("<Q", content)
        header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][FORMAT])
        version = header["version"]
    except (struct.error, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of this program ({error}).") from error
    if version != VERSION:
        raise CheckpointError(f"{path} has format version {version!r}; this program reads {VERSION}.")
    return header


def _meta(path: Path, header: dict[str, Any], manifest: Manifest) -> dict[str, Any]:
    if header.get("step") != manifest.step:
        raise CheckpointError(f"{path} is of step {header.get('step')!r}, its manifest says {manifest.step}.")
    meta = header.get("meta")
    if not isinstance(meta, dict):
        raise CheckpointError(f"{path} has settings that are not a mapping.")
    return meta
