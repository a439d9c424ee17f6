"""A user's text: next-character prediction."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wnin_desktop.engine.tasks.automata import next_token_split
from wnin_desktop.engine.tasks.base import Split, Task, content_hash
from wnin_desktop.engine.tasks.reading import MAX_BYTES, MAX_CLASSES, existing
from wnin_desktop.errors import DataError, InputError
from wnin_desktop.schema.task import TaskConfig

VAL_FRACTION = 0.1


def text_task(config: TaskConfig) -> Task:
    """Return next-character prediction on a UTF-8 text.

    The vocabulary is the set of characters of the whole text, in code-point order. The last tenth of the text
    is held out; both parts are cut into windows of `sequence_length` characters, side by side, of which each
    is asked for the character after each of its own.

    Raises:
        DataError: The file is missing, not UTF-8, too short or has too many or too few different characters.
        InputError: More windows are asked for than there are.
    """
    path = existing(Path(config.path or "").expanduser(), "file")
    points = np.frombuffer(_read(path).encode("utf-32-le"), dtype=np.uint32)
    length = config.sequence_length
    held = max(round(VAL_FRACTION * len(points)), length + 1)
    if len(points) - held < 2 * length + 1:
        needed = 3 * length + 2
        raise DataError(
            f"{path}: it has {len(points)} characters; a sequence length of {length} needs at least {needed}."
        )
    vocabulary, tokens = np.unique(points, return_inverse=True)
    if not 2 <= len(vocabulary) <= MAX_CLASSES:
        allowed = f"allowed: 2 to {MAX_CLASSES}"
        raise DataError(f"{path}: the text has {len(vocabulary)} different characters; {allowed}.")
    train = _windows(tokens[:-held], length, config.train_examples, "task.train_examples")
    val = _windows(tokens[-held:], length, config.val_examples, "task.val_examples")
    return Task(
        name=config.dataset,
        kind="sequence",
        train=train,
        val=val,
        test=None,
        classes=len(vocabulary),
        input_shape=(length,),
        entropy_rate=None,
        provenance=f"characters of {path.name}, {len(vocabulary)} different ones, the last tenth held out",
        sha256=content_hash(train, val),
    )


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES // 8:
            raise DataError(f"{path}: the text is longer than {MAX_BYTES // 8} bytes; use a part of it.")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start} is not UTF-8; save the text in UTF-8."
        raise DataError(message) from None
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error


def _windows(tokens: np.ndarray, length: int, count: int | None, field: str) -> Split:
    available = (len(tokens) - 1) // length
    if count is not None and count > available:
        raise InputError.of(field, count, f"the text gives {available} windows of {length} characters there")
    starts = length * np.arange(count or available)
    return next_token_split(tokens[starts[:, None] + np.arange(length + 1)])
