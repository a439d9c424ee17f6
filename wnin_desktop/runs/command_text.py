"""The way back from a pasted command to the experiment it makes."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from wnin_desktop.errors import NOTHING, InputError
from wnin_desktop.runs.config_files import load_compare, load_preset, parse_compare
from wnin_desktop.runs.flags import FLAGS, config_from_flags
from wnin_desktop.runs.replay_command import COMPARE, PROGRAM
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig, SharedConfig
from wnin_desktop.schema.words import suggestion

PRESET = "preset:"
COMMAND = "command"
HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1\s*\n(.*?)(?:\n\2\s*)?\Z", re.DOTALL)
HERE_POWERSHELL = re.compile(r"\A@'\r?\n(.*)\r?\n'@\s*\|\s*(wnin\s.*)\Z", re.DOTALL)
ASIDE = ("--ws", "--token-file", "--executor", "--audit", "--store")
ASIDE_SWITCHES = ("--events", "--json", "--no-color")
"""Flags that say how to run, not what."""

DefaultLr = Callable[[str], float | None]


def experiment_of(text: str, default_lr: DefaultLr = lambda _name: None) -> CompareConfig:
    """Return the experiment that a pasted command makes; several `wnin-train` lines make one comparison.

    Args:
        text: `wnin-train ...`, `wnin train ...` or `wnin compare ...`, as a shell would take it.
        default_lr: The learning rate of an optimizer for which none was given, None for the schema's.

    Raises:
        InputError: It is no such command, or what it says cannot be used.
    """
    text = text.strip()
    if found := HERE_POWERSHELL.match(text):
        return parse_compare(found[1], ".toml")
    lines = re.sub(r"[\\`]\r?\n", " ", text)
    if re.match(rf"\A[^\n]*\b{COMPARE[0]}\s+{COMPARE[1]}\b", lines):
        return _comparison(text)
    configs = [_run(line, default_lr) for line in lines.splitlines() if line.strip()]
    if not configs:
        raise InputError.of(COMMAND, NOTHING, f"give a command such as {PROGRAM} --optimizer sgd --lr 0.1")
    return configs[0] if len(configs) == 1 else _together(configs)


def _words(line: str) -> list[str]:
    """Return a command's words after the program; what stands before it, such as `uv run`, is passed over."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError.of(COMMAND, line[:80], f"it cannot be read: {error}") from None
    for index, word in enumerate(words):
        if word == PROGRAM:
            return words[index:]
        if word == "wnin" and words[index + 1 : index + 2] in (["train"], [COMPARE[1]]):
            return words[index + 1 :]
    raise InputError.of(COMMAND, line[:80], f"it begins with {PROGRAM}, wnin train or {' '.join(COMPARE)}")


def _run(line: str, default_lr: DefaultLr) -> CompareConfig:
    verb, *words = _words(line)
    if verb == COMPARE[1]:
        raise InputError.of(COMMAND, line[:80], "a comparison stands alone, without other commands")
    return config_from_flags(_values(words), default_lr=default_lr)


def _values(words: Sequence[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for flag in FLAGS:
        if flag.is_switch:
            parser.add_argument(flag.name, dest=flag.key, action="store_const", const=True)
        else:
            parser.add_argument(flag.name, dest=flag.key)
    parser.add_argument("--param", action="append")
    parser.add_argument("--set", dest="set_", action="append")
    for name in ("--config", "--arm", *ASIDE):
        parser.add_argument(name)
    for name in ASIDE_SWITCHES:
        parser.add_argument(name, action="store_true")
    try:
        found, unknown = parser.parse_known_args(list(words))
    except argparse.ArgumentError as error:
        raise InputError.of(error.argument_name or COMMAND, NOTHING, error.message) from None
    if unknown:
        known = [flag.name for flag in FLAGS] + ["--param", "--set", "--config", "--arm"]
        raise InputError.of(COMMAND, unknown[0], f"there is no such flag{suggestion(unknown[0], known)}")
    return vars(found)


def _comparison(text: str) -> CompareConfig:
    if found := HERE.search(text):
        return parse_compare(found[3], ".toml")
    words = [word for word in _words(re.sub(r"[\\`]\r?\n", " ", text))[1:] if not word.startswith("-")]
    if not words:
        raise InputError.of(COMMAND, NOTHING, f"give a configuration file or {PRESET}NAME")
    file = words[0]
    return load_preset(file.removeprefix(PRESET)) if file.startswith(PRESET) else load_compare(file)


def _together(configs: Sequence[CompareConfig]) -> CompareConfig:
    """Return the comparison whose runs these are: every arm with every seed.

    Raises:
        InputError: They differ in more than arm and seed.
    """
    first = configs[0]
    for name in SharedConfig.model_fields:
        for config in configs:
            if getattr(config, name) != getattr(first, name):
                raise InputError.of(COMMAND, name, "all runs of a comparison share it, here it differs")
    arms = list(dict.fromkeys(config.arms[0].model_dump_json() for config in configs))
    by_text = {config.arms[0].model_dump_json(): config.arms[0] for config in configs}
    seeds = list(dict.fromkeys(config.seeds[0] for config in configs))
    shared = {name: first.model_dump(mode="json")[name] for name in SharedConfig.model_fields}
    data = {"arms": [by_text[arm].model_dump(mode="json") for arm in arms], "seeds": seeds, **shared}
    return validate(CompareConfig, data)
