"""Plugin files as a person meets them: what to read before trusting one, and a first one to begin with."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from wnin_desktop import paths
from wnin_desktop.engine.durable import replacing
from wnin_desktop.engine.plugins import read_metadata, read_source
from wnin_desktop.errors import PluginError

TEMPLATE_NAME = "template_copy"
"""The name that the template registers; a copy registers its own."""
FIRST_NAME = "my_optimizer"
MOST_COPIES = 1000
SHOWN_ESCAPED = re.compile(r"[^\n\t\x20-\x7e]")


@dataclass(frozen=True)
class PluginText:
    """A plugin file as it was read once: what is shown is what is hashed, and what is trusted.

    Attributes:
        path: The file.
        sha256: Hash of its bytes.
        text: Its source; letters that could hide something are written as escapes.
        summary: First line of its docstring.
        names: Optimizers that it seems to register.
        escaped: How many letters are shown as escapes.
    """

    path: Path
    sha256: str
    text: str
    summary: str = ""
    names: tuple[str, ...] = ()
    escaped: int = 0


def read_plugin(path: str | Path) -> PluginText:
    """Return a plugin file's text without running it.

    Raises:
        PluginError: It cannot be read, is too large, or is not Python.
    """
    source = read_source(Path(path).expanduser().absolute())
    said = read_metadata(source)
    text, escaped = visible(source.code.decode("utf-8-sig", "backslashreplace").replace("\r\n", "\n"))
    return PluginText(source.path, source.sha256, text, said.summary, said.names, escaped)


def visible(text: str) -> tuple[str, int]:
    """Return `text` with every letter that is not printed (such as those that turn the direction of writing)
    as an escape, and how many there were.
    """  # noqa: D205 - one sentence
    count = 0

    def shown(found: re.Match[str]) -> str:
        nonlocal count
        letter = found[0]
        if letter.isprintable():
            return letter
        count += 1
        return letter.encode("unicode_escape").decode("ascii")

    return SHOWN_ESCAPED.sub(shown, text), count


def template_path() -> Path:
    """Return the template that ships with the program.

    Raises:
        PluginError: The program is installed without it.
    """
    found = importlib.util.find_spec("optimizers")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "template.py"
        if path.is_file():
            return path
    raise PluginError("the template of an optimizer is not installed with this program")


def copy_template(folder: Path | None = None) -> Path:
    """Copy the template into the folder of own optimizers, under a name that is new there, and return it.

    Raises:
        PluginError: There is no template, or no name is left.
        OSError: The file cannot be written.
    """
    folder = folder or paths.plugin_dir("optimizers")
    folder.mkdir(parents=True, exist_ok=True)
    text = template_path().read_text(encoding="utf-8")
    for number in range(1, MOST_COPIES):
        name = FIRST_NAME if number == 1 else f"{FIRST_NAME}_{number}"
        path = folder / f"{name}.py"
        if not path.exists():
            with replacing(path) as handle:
                handle.write(text.replace(f'"{TEMPLATE_NAME}"', f'"{name}"').encode())
            return path
    raise PluginError(f"{folder} holds {MOST_COPIES} copies of the template already; rename or remove some")
