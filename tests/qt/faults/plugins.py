"""Plugin files that nobody should run, and optimizers that break while they train."""

from __future__ import annotations

import textwrap
from pathlib import Path

from wnin_desktop.engine.plugins import TrustStore

BREAKS_AT = 1000
"""Step at which a broken optimizer breaks: long after it was tried and found to work."""

HIDING = {
    "at the top": "{touch}",
    "in a class body": "class A:\n    {touch}",
    "in a default": "def f(a={touch}): pass",
    "in a decorator": "@(lambda f: {touch})\ndef f(): pass",
    "in a base class": "class A(({touch}) or object): pass",
    "in a metaclass": "class M(type):\n    def __init__(cls, *a): {touch}\nclass A(metaclass=M): pass",
    "in a name's setter": "class A:\n    def __set_name__(self, *a): {touch}\nclass B: a = A()",
    "in an annotation": "x: ({touch})",
    "in a comprehension": "[{touch} for _ in range(1)]",
    "in an f-string": 'f"""{{{touch}}}"""',
}
NAMES = ("evil{}.py", "adamw{}.py", "sitecustomize{}.py", "torch{}.py", "conftest{}.py")
EXACT = ("numpy.py", "torch.py", "sitecustomize.py", "adamw.py")
"""Names that an import by accident would find."""


def canary_source(canary: Path, hiding: str) -> str:
    """Return a plugin that makes a file as soon as it runs, and registers an optimizer."""
    touch = f'__import__("pathlib").Path({str(canary)!r}).touch()'
    return (
        '"""Looks harmless."""\n'
        + HIDING[hiding].format(touch=touch)
        + "\nfrom wnin_desktop.engine.optimizers.registry import OptimizerRegistry\n"
        + f"OptimizerRegistry.register({hiding.replace(' ', '_')!r}, lambda params, lr=0.1: None)\n"
    )


def plant_canaries(folder: Path, canaries: Path) -> list[Path]:
    """Write fifty untrusted plugins and four with telling names; return their files."""
    folder.mkdir(parents=True)
    canaries.mkdir()
    files = []
    for number, hiding in enumerate(HIDING):
        for name in NAMES:
            files.append(folder / name.format(f"_{number}"))
            files[-1].write_text(canary_source(canaries / files[-1].name, hiding))
    for name in EXACT:
        files.append(folder / name)
        files[-1].write_text(canary_source(canaries / name, "at the top"))
    (folder / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(canaries / 'pth')!r}).touch()\n")
    return files


BREAKING = {
    "raises": 'raise ValueError("broken on purpose")',
    "hangs": "threading.Event().wait()",
    "spins": "while True: pass",
    "holds the interpreter": 're.match(r"(a|aa)+$", "a" * 200 + "b")',
    "exits": "os._exit(3)",
}
BROKEN = '''
"""Plain descent that breaks at a step."""
import os, re, threading
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

class Mine(torch.optim.SGD):
    taken = 0
    def step(self, closure=None):
        super().step(closure)
        Mine.taken += 1
        if Mine.taken == {at}:
            {breaking}

def factory(params, lr=0.1):
    return Mine(params, lr=lr)

OptimizerRegistry.register("mine", factory)
'''
SLOW = '''
"""Descent in pure Python, which holds the interpreter during each step."""
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

class Mine(torch.optim.SGD):
    def step(self, closure=None):
        total = 0.0
        for number in range({loops}):
            total += number * 0.5
        super().step(closure)

def factory(params, lr=0.1):
    return Mine(params, lr=lr)

OptimizerRegistry.register("mine", factory)
'''


def plant_trusted(home: Path, text: str) -> Path:
    """Write a plugin into a home and trust it there."""
    path = home / "plugins" / "optimizers" / "mine.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip())
    TrustStore(home / "trusted-plugins.json").trust(path)
    return path


def plant_broken(home: Path, breaking: str) -> Path:
    """Write and trust an optimizer that breaks at `BREAKS_AT` in the way that is named."""
    return plant_trusted(home, BROKEN.format(at=BREAKS_AT, breaking=BREAKING[breaking]))
