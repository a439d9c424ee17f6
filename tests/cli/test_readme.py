import re
import shlex
from pathlib import Path

import click
import pytest

from wnin_desktop.cli import train
from wnin_desktop.cli.main import wnin
from wnin_desktop.runs.config_files import load_compare

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
COMMANDS = [
    shlex.split(line, comments=True)
    for language, text in BLOCKS
    if not language
    for line in text.splitlines()
    if line.startswith(("wnin ", "wnin-train "))
]


def parsed(program, *words):
    """Read a command line as the program does, without running it."""
    command = train.command if program == "wnin-train" else wnin
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(click.Context(command), list(words))
    return command.make_context(program, list(words)).params


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_that_every_command_of_the_readme_is_understood(words):
    assert parsed(*words)
    with pytest.raises(click.NoSuchOption):
        parsed(*words, "--no-such-flag")


def test_that_there_are_commands_to_try():
    assert {words[0] for words in COMMANDS} == {"wnin", "wnin-train"}


def test_that_the_readme_s_comparison_is_one(tmp_path):
    (text,) = [text for language, text in BLOCKS if language == "toml"]
    file = tmp_path / "my.toml"
    file.write_text(text, encoding="utf-8")
    assert [arm.name for arm in load_compare(file).arms] == ["clean", "jitter"]
