"""Rules of threads and event loops, read from the source of `qt/` without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QT = ROOT / "wnin_desktop" / "qt"
FROM_THREADS = frozenset({"caught", "finished", "named", "noticed", "progressed", "_reported", "_worked"})
"""Signals that other threads emit, beside those that are found by `thread_signals`."""
LATE = ("torch", "scipy", "matplotlib")
NESTED = {"exec", "exec_", "processEvents", "msleep", "usleep"}
STATIC_DIALOGS = {
    "QMessageBox": {"about", "critical", "information", "question", "warning"},
    "QFileDialog": {"getExistingDirectory", "getOpenFileName", "getOpenFileNames", "getSaveFileName"},
    "QInputDialog": {"getDouble", "getInt", "getItem", "getMultiLineText", "getText"},
    "QColorDialog": {"getColor"},
    "QFontDialog": {"getFont"},
}
SLEEPS = {("time", "sleep"), ("QThread", "sleep")}


@dataclass(frozen=True)
class Source:
    """One file, as text and tree."""

    name: str
    tree: ast.Module

    @classmethod
    def of(cls, text: str, name: str = "planted.py") -> Source:
        """Return the source of a text."""
        return cls(name, ast.parse(text))


def sources() -> list[Source]:
    """Return all files of the window."""
    return [
        Source.of(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
        for path in sorted(QT.rglob("*.py"))
    ]


def _classes(files: list[Source]) -> dict[str, ast.ClassDef]:
    return {
        node.name: node for file in files for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)
    }


def _bases(name: str, classes: dict[str, ast.ClassDef]) -> set[str]:
    """Return all bases of a class, by name."""
    found: set[str] = set()
    left = [name]
    while left:
        node = classes.get(left.pop())
        for base in node.bases if node is not None else ():
            said = ast.unparse(base).rpartition(".")[2]
            if said not in found:
                found.add(said)
                left.append(said)
    return found


def is_qt(name: str, classes: dict[str, ast.ClassDef]) -> bool:
    """Return whether a class is a QObject."""
    return any(base[:1] == "Q" and base[1:2].isupper() for base in _bases(name, classes))


def _signals(node: ast.ClassDef) -> set[str]:
    found = set()
    for line in node.body:
        call = line.value if isinstance(line, ast.Assign) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "Signal":
            found |= {target.id for target in line.targets if isinstance(target, ast.Name)}
    return found


def _emitted(node: ast.AST) -> set[str]:
    return {
        each.value.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and each.attr == "emit" and isinstance(each.value, ast.Attribute)
    }


def _thread_targets(node: ast.ClassDef) -> set[str]:
    """Return the methods that are handed to threads."""
    return {
        keyword.value.attr
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "Thread"
        for keyword in call.keywords
        if keyword.arg == "target" and isinstance(keyword.value, ast.Attribute)
    }


def thread_signals(files: list[Source]) -> frozenset[str]:
    """Return the names of all signals that other threads emit.

    These are the known ones, every signal of a QThread, and what methods emit that run in a thread.
    """
    classes = _classes(files)
    found = set(FROM_THREADS)
    for name, node in classes.items():
        is_thread = "QThread" in _bases(name, classes)
        found |= _signals(node) if is_thread else set()
        apart = _thread_targets(node) | ({"run"} if is_thread else set())
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name in apart]
        found |= {signal for method in methods for signal in _emitted(method)}
    return frozenset(found)


def _calls(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the class that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.ClassDef) else owner
        if isinstance(node, ast.Call):
            yield inside, node
        yield from _calls(node, inside)


def _imported(tree: ast.Module) -> set[str]:
    """Return the names of imported modules, whose functions are no methods."""
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def why_not_a_slot(slot: ast.expr, owner: str, classes: dict[str, ast.ClassDef], modules: set[str]) -> str:
    """Return why a slot would run in the thread of whoever emits; "" where it runs in its object's thread."""
    if not isinstance(slot, ast.Attribute):
        return f"{type(slot).__name__} is no method of a QObject"
    if slot.attr == "emit":
        return "emit is called in the emitting thread; connect the signal itself"
    if isinstance(slot.value, ast.Name) and slot.value.id in modules:
        return "it is a function of a module"
    if isinstance(slot.value, ast.Name) and slot.value.id in ("self", "cls") and not is_qt(owner, classes):
        return f"{owner or 'its class'} is no QObject"
    return ""


def foreign_slots(files: list[Source]) -> list[str]:
    """Return every connection of a thread's signal to something that Qt cannot bring home."""
    classes, names = _classes(files), thread_signals(files)
    found = []
    for file in files:
        modules = _imported(file.tree)
        for owner, call in _calls(file.tree):
            signal = call.func.value if isinstance(call.func, ast.Attribute) else None
            if getattr(call.func, "attr", "") != "connect" or getattr(signal, "attr", "") not in names:
                continue
            slot = call.args[0] if call.args else ast.Constant(None)
            direct = any("DirectConnection" in ast.unparse(each) for each in [*call.args[1:], *call.keywords])
            why = "a direct connection" if direct else why_not_a_slot(slot, owner, classes, modules)
            if why:
                found.append(f"{file.name}:{call.lineno}: {ast.unparse(call)}: {why}")
    return found


def nested_loops(files: list[Source]) -> list[str]:
    """Return every call that would run an event loop inside the event loop, or make it sleep."""
    found = []
    for file in files:
        for _owner, call in _calls(file.tree):
            said = ast.unparse(call.func)
            of, _, name = said.rpartition(".")
            last = of.rpartition(".")[2]
            if (
                (of and name in NESTED)
                or name in STATIC_DIALOGS.get(last, ())
                or (last, name) in SLEEPS
                or (name or said, last == "qasync") == ("QEventLoop", False)
            ):
                found.append(f"{file.name}:{call.lineno}: {said}")
    return found


def early_imports(files: list[Source]) -> list[str]:
    """Return imports of heavy libraries that happen when a module is imported."""
    return [
        f"{file.name}:{node.lineno}: {name}"
        for file in files
        for node in _at_import(file.tree.body)
        for name in _names_of(node)
        if name.partition(".")[0] in LATE
    ]


def _at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at import: no function bodies, nothing for type checkers alone."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _at_import(node.orelse)
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _at_import(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from _at_import(handler.body)


def _names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
