"""P1: broken and hostile optimizer files cost their own row and nothing else."""

import os
import sys
import textwrap
import time

import pytest

from wnin_desktop.engine import plugin_check
from wnin_desktop.engine.optimizers import loader, registry
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.plugins import SOURCE_LIMIT, TrustStore
from wnin_desktop.errors import InputError

BUILT_INS = ["adamw", "muon", "normalized_dynamics", "psgld", "rmsprop", "sgd", "sgld"]
HEAD = "from wnin_desktop.engine.optimizers.registry import OptimizerRegistry\n"
GOOD = HEAD + textwrap.dedent(
    '''
    def factory(params, lr=0.1, momentum=0.0):
        """Plain descent of mine."""
        import torch
        return torch.optim.SGD(params, lr=lr, momentum=momentum)
    '''
)

# Name of the case: (bytes of the file, what the row must say)
BROKEN = {
    "syntax error": (b"def broken(:\n", "not Python in line 1"),
    "not text": (b"\xff\xfe\x00\x80 optimizer", "not Python"),
    "zero bytes": (b"x = 1\0\n", "not Python"),
    "deep nesting": (b"x = " + b"(" * 100_000, "not Python"),
    "import error": (b"import a_module_that_nobody_has\n", "ModuleNotFoundError"),
    "raises": (b"raise ValueError('one\\ntwo')\n", "ValueError: one two"),
    "exits": (b"import sys\nsys.exit(0)\n", "tried to end the program"),
    "exits hard": (b"import os\nos._exit(0)\n", "ended the process while being imported (exit code 0)"),
    "kills itself": (b"import os\nos.kill(os.getpid(), 9)\n", "ended the process"),
    "hangs": (b"while True:\n    pass\n", "importing it took more than"),
    "registers nothing": (b"x = 1\n", "registers no optimizer"),
    "registers twice": (
        (GOOD + "OptimizerRegistry.register('a', factory)\n" * 2).encode(),
        "'a' is registered twice",
    ),
    "takes no lr": (
        (HEAD + "OptimizerRegistry.register('a', lambda params: None)\n").encode(),
        "must accept lr",
    ),
    "deletes the registry": (
        b"import wnin_desktop.engine.optimizers.registry as r\ndel r.OptimizerRegistry\n",
        "changes the registry's module",
    ),
    "replaces register": (
        (HEAD + "OptimizerRegistry.register = print\n").encode(),
        "changes the optimizer registry",
    ),
    "breaks a built-in function": (b"import builtins\nbuiltins.len = None\n", "Python's built-in functions"),
    "floods the terminal": (
        b"import sys\nfor _ in range(100):\n    sys.stdout.write('x' * 10**6)\n",
        "registers no optimizer",
    ),
    "too large": (b"#" * (SOURCE_LIMIT + 1), "larger than"),
}
BROKEN_WITH_TORCH = {
    "returns no optimizer": (
        (HEAD + "OptimizerRegistry.register('a', lambda params, lr=1: 'nothing')\n").encode(),
        "returned str, not a torch optimizer",
    ),
    "raises when it steps": (
        (
            HEAD
            + "import torch\nclass Bad(torch.optim.SGD):\n"
            + "    def step(self, closure=None):\n        raise OSError('no')\n"
            + "OptimizerRegistry.register('a', Bad)\n"
        ).encode(),
        "raises when it steps: OSError: no",
    ),
    "changes torch's default type": (
        (HEAD + "import torch\ntorch.set_default_dtype(torch.float64)\n").encode(),
        "torch's default type",
    ),
}
MORE = {
    "message without end": (b"raise ValueError('x' * 10**7)\n", "ValueError: xxx"),
    "error whose text raises": (
        b"class E(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise E\n",
        "E",
    ),
    "interrupts": (b"raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "recursion": (b"def f():\n    f()\nf()\n", "RecursionError"),
    "memory": (b"x = bytearray(10**15)\n", "MemoryError"),
    "starts a child that stays": (
        (
            b"import subprocess, sys\nendless = 'while True: pass'\n"
            b"subprocess.Popen([sys.executable, '-c', endless])\nexec(endless)\n"
        ),
        "took more than",
    ),
    "starts a thread that stays": (
        b"import threading\ndef f():\n    while True:\n        pass\nthreading.Thread(target=f).start()\n",
        "registers no optimizer",
    ),
    "ignores signals": (
        b"import signal\nfor s in (2, 15):\n    signal.signal(s, signal.SIG_IGN)\nwhile True:\n    pass\n",
        "took more than",
    ),
    "bad name": (
        (HEAD + "OptimizerRegistry.register('../x', lambda params, lr: 0)\n").encode(),
        "is not accepted",
    ),
    "no factory": ((HEAD + "OptimizerRegistry.register('a', 3)\n").encode(), "cannot be called"),
    "bad hyper": (
        (HEAD + "OptimizerRegistry.register('a', print, hyper=dict)\n").encode(),
        "must be a Config class",
    ),
    "changes the search path": (b"import sys\nsys.path.insert(0, '/nowhere')\n", "the module search path"),
    "leaves the folder": (b"import os\nos.chdir('/')\n", "the working folder"),
    "points home elsewhere": (
        b"import os\nos.environ['WNIN_HOME'] = '/nowhere'\n",
        "this program's settings",
    ),
    "forges a report": (
        b"import json, pathlib\npathlib.Path('report.json').write_text('[1]')\nimport os\nos._exit(0)\n",
        "ended the process",
    ),
    "empties the registry": (
        b"import wnin_desktop.engine.optimizers.registry as r\nr._imported['x'] = 1\n",
        "the registered optimizers",
    ),
}
UNREADABLE = {"not text", "zero bytes", "syntax error", "deep nesting", "too large"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(plugin_check, "IMPORT_TIMEOUT_S", 0.5)
    monkeypatch.setattr(loader, "_loaded", {})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


@pytest.fixture
def store(tmp_path):
    return TrustStore(tmp_path / "trusted.json")


def write(folder, store, name, code, *, trusted=True):
    path = folder / f"{name}.py"
    path.write_bytes(code if isinstance(code, bytes) else code.encode())
    if trusted and path.stat().st_size <= SOURCE_LIMIT:
        store.trust(path)
    return path


def user_rows(registered):
    return [row for row in registered.rows if row.origin == "user"]


def good(folder, store):
    return write(folder, store, "zz_good", GOOD + "OptimizerRegistry.register('good', factory)\n")


def check_case(folder, store, code, says):
    """The broken file is one row with its reason; everything else is there and works."""
    write(folder, store, "broken", code)
    good(folder, store)
    found = load_registry(folder, store)
    row, other = user_rows(found)
    assert (row.state, row.spec) == ("broken", None)
    assert says in row.error
    assert "\n" not in row.error
    assert len(row.error) < 400
    assert other.state == "loaded"
    assert found.names() == sorted([*BUILT_INS, "good"])


@pytest.fixture
def remembered_good(folder, store):
    """Note that the good plugin passed its try, so that each case waits for the broken file only."""
    path = good(folder, store)
    store.remember_try(store.trust(path), plugin_check.environment())


@pytest.mark.usefixtures("remembered_good")
@pytest.mark.parametrize("case", BROKEN)
def test_that_a_broken_file_costs_its_own_row_only(case, folder, store):
    check_case(folder, store, *BROKEN[case])


@pytest.mark.usefixtures("remembered_good")
@pytest.mark.parametrize("case", BROKEN_WITH_TORCH)
def test_that_a_file_that_fails_when_used_costs_its_own_row_only(case, folder, store):
    check_case(folder, store, *BROKEN_WITH_TORCH[case])


@pytest.mark.full
@pytest.mark.usefixtures("remembered_good")
@pytest.mark.parametrize("case", MORE)
def test_that_all_the_other_broken_files_cost_their_own_row_only(case, folder, store):
    check_case(folder, store, *MORE[case])


def test_that_there_are_thirty_cases():
    assert len(BROKEN | BROKEN_WITH_TORCH | MORE) >= 30


CANARY = "import pathlib\npathlib.Path({!r}).write_text('ran')\n"


@pytest.mark.parametrize("place", ["top", "default", "decorator", "class body"])
def test_that_nothing_runs_before_it_is_trusted(place, folder, store, tmp_path):
    canary = tmp_path / "canary"
    code = CANARY.format(str(canary))
    run = f"exec({code!r})"
    code = {
        "top": code,
        "default": f"def f(x={run}):\n    pass\n",
        "decorator": f"@({run} or (lambda f: f))\ndef f():\n    pass\n",
        "class body": f"class A:\n    {run}\n",
    }[place]
    path = write(folder, store, "eager", code, trusted=False)
    (row,) = user_rows(load_registry(folder, store))
    assert not canary.exists()
    assert row.state == "untrusted"
    assert row.error == f"{path} was not trusted yet: read it, then run `wnin optimizers trust {path}`"


def test_that_the_canary_is_alive(folder, store, tmp_path):
    """With the trust question answered, the same file does run: the test above can fail."""
    canary = tmp_path / "canary"
    write(folder, store, "eager", CANARY.format(str(canary)))
    load_registry(folder, store)
    assert canary.exists()


def test_that_without_the_trust_question_code_would_run(folder, store, tmp_path, monkeypatch):
    canary = tmp_path / "canary"
    write(folder, store, "eager", CANARY.format(str(canary)), trusted=False)
    monkeypatch.setattr(TrustStore, "is_trusted", lambda *_: True)
    load_registry(folder, store)
    assert canary.exists()


def test_that_a_changed_file_must_be_trusted_again(folder, store):
    path = good(folder, store)
    path.write_text(path.read_text() + "# one more line\n")
    (row,) = user_rows(load_registry(folder, store))
    assert row.state == "untrusted"


def test_that_without_the_child_process_a_hard_exit_would_end_the_program(folder, store, monkeypatch):
    """The child is what protects: with it gone, os._exit is reached in this very process."""
    reached = []
    monkeypatch.setattr(os, "_exit", reached.append)
    monkeypatch.setattr(plugin_check, "check_isolated", lambda *_: plugin_check.Attempt(None))
    write(folder, store, "broken", BROKEN["exits hard"][0])
    load_registry(folder, store)
    assert reached == [0]


def test_that_without_the_guards_a_plugin_could_replace_the_registry(folder, store, monkeypatch):
    monkeypatch.setattr(plugin_check, "check_isolated", lambda *_: plugin_check.Attempt(None))
    original = registry.OptimizerRegistry.__dict__["register"]
    write(folder, store, "broken", BROKEN["replaces register"][0])
    load_registry(folder, store)
    assert registry.OptimizerRegistry.__dict__["register"] is original
    monkeypatch.setattr(loader, "_loaded", {})
    monkeypatch.setattr(plugin_check.Guard, "restore", lambda _: False)
    try:
        load_registry(folder, store)
        assert registry.OptimizerRegistry.register is print
    finally:
        registry.OptimizerRegistry.register = original


def test_that_a_child_that_hangs_is_stopped_in_time(folder, store):
    write(folder, store, "hangs", BROKEN["hangs"][0])
    started = time.monotonic()
    load_registry(folder, store)
    assert time.monotonic() - started < 15.0  # the limit, and a generous start of the child


def test_that_a_plugin_never_sees_the_token(folder, store, tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_TOKEN", "very-secret")
    seen = tmp_path / "seen"
    found = "os.environ.get('WNIN_TOKEN', 'nothing')"
    code = f"import os, pathlib\npathlib.Path({str(seen)!r}).write_text({found})\nos._exit(0)\n"
    write(folder, store, "curious", code)
    load_registry(folder, store)
    assert seen.read_text() == "nothing"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_that_what_is_not_a_regular_file_is_not_opened(folder, store):
    os.mkfifo(folder / "pipe.py")
    (folder / "directory.py").mkdir()
    (folder / "dangling.py").symlink_to(folder / "nowhere")
    rows = user_rows(load_registry(folder, store))
    assert [row.name for row in rows] == ["dangling", "directory", "pipe"]
    assert all(row.state == "broken" and "is not a regular file" in row.error for row in rows)


@pytest.mark.usefixtures("remembered_good")
def test_that_a_taken_name_stays_with_its_first_owner(folder, store):
    path = write(folder, store, "aa_thief", GOOD + "OptimizerRegistry.register('adamw', factory)\n")
    store.remember_try(store.trust(path), plugin_check.environment())
    good(folder, store)
    found = load_registry(folder, store)
    thief, other = user_rows(found)
    assert (thief.state, thief.spec) == ("duplicate", None)
    assert thief.error == "the name 'adamw' belongs to the built-in adamw.py"
    assert found.get("adamw").module == "optimizers.adamw"
    assert other.state == "loaded"


@pytest.mark.usefixtures("remembered_good")
def test_that_a_plain_factory_is_enough(folder, store):
    good(folder, store)
    found = load_registry(folder, store)
    spec = found.get("good")
    assert spec.parameter_names == ["momentum"]
    assert (spec.batching, spec.summary) == ("member", "Plain descent of mine.")
    assert spec.source_sha256 in store.entries()
    with pytest.raises(
        InputError, match=r"optimizer.params.nesterov: True is not accepted; good has: momentum"
    ):
        spec.hyper_parameters(0.1, {"nesterov": True})


def test_that_an_unknown_name_lists_the_known_ones(folder, store):
    with pytest.raises(InputError, match=r"optimizer.name: 'adamv'.*adamw, muon.*did you mean adamw"):
        load_registry(folder, store).get("adamv")


def test_that_asking_for_an_untrusted_one_says_what_to_do(folder, store):
    write(folder, store, "mine", GOOD + "OptimizerRegistry.register('mine', factory)\n", trusted=False)
    with pytest.raises(InputError, match="wnin optimizers trust"):
        load_registry(folder, store).get("mine")


def test_that_a_try_is_remembered_and_a_failure_is_not(folder, store, monkeypatch):
    path = good(folder, store)
    load_registry(folder, store)
    assert store.was_tried(store.trust(path), plugin_check.environment())
    monkeypatch.setattr(plugin_check, "check_isolated", None)  # nothing may call it again
    monkeypatch.setattr(loader, "_loaded", {})
    assert "good" in load_registry(folder, store).names()
    assert not store.was_tried(store.trust(path), "another version")


@pytest.mark.usefixtures("remembered_good")
def test_that_loading_twice_gives_the_same_optimizer(folder, store):
    good(folder, store)
    first, second = (load_registry(folder, store).get("good") for _ in range(2))
    assert first.hyper is second.hyper
