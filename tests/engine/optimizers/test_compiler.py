"""What a process that trains imports, and that torch's compiler is there for whoever wants it."""

import subprocess
import sys

import pytest

TRAIN = """
import sys
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

arms = [{"name": name, "optimizer": {"name": name, "lr": 0.01}} for name in ("adamw", "sgd", "muon", "sgld")]
budget = {"steps": 6, "batch_size": 8}
config = validate(CompareConfig, {"name": "x", "arms": arms, "seeds": [0, 1], "budget": budget})
def losses():
    events = list(train(config, RunControl(), experiment_id="e"))
    return [event.train_loss for event in events if hasattr(event, "train_loss")]
"""
COMPILE = """
import torch
before = losses()
plus = torch.compile(lambda x: x + 1, backend="eager")
assert plus(torch.ones(2)).tolist() == [2.0, 2.0]
assert type(sys.modules["torch._dynamo"]).__name__ == "module"
assert torch._dynamo.config.suppress_errors in (True, False)
weight = torch.nn.Parameter(torch.ones(3))
weight.grad = torch.ones(3)
optimizer = torch.optim.SGD([weight], lr=0.25)
torch.compile(optimizer.step, backend="eager")()
assert weight.tolist() == [0.75] * 3
assert losses() == before and len(before) == 48, before
print("equal")
"""

PARTS = """
import importlib.util
import sys
import torch
import wnin_desktop.engine.optimizers.build
assert importlib.util.find_spec("torch._dynamo").origin.endswith("__init__.py")
{wish}
import torch._dynamo.convert_frame, torch._dynamo.eval_frame
assert type(sys.modules["torch._dynamo"]).__name__ == "module"
for name in ("config", "utils", "exc"):
    part = sys.modules["torch._dynamo." + name]
    assert getattr(torch._dynamo, name) is part
    assert getattr(torch._dynamo.convert_frame, name, part) is part
    assert part.__spec__.loader.__class__.__name__ == "SourceFileLoader"
assert torch._dynamo.utils.counters is torch._dynamo.convert_frame.counters
assert torch._dynamo.exc.Unsupported is torch._dynamo.convert_frame.Unsupported
print("one")
"""


def said_by(code):
    """Return what a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_that_training_imports_neither_the_compiler_nor_scikit_learn():
    heavy = ("torch._dynamo.config", "torch._inductor", "sklearn", "sympy", "matplotlib", "pandas")
    code = f"{TRAIN}\nassert losses()\nprint(*(name for name in {heavy} if name in sys.modules))"
    assert said_by(code) == []


def test_that_whoever_compiles_gets_the_compiler():
    assert said_by(TRAIN + COMPILE) == ["equal"]


def test_that_looking_through_all_modules_does_not_import_the_compiler():
    code = """
import inspect, sys
import wnin_desktop.engine.optimizers.build
inspect.getmodule(inspect.currentframe())
registries = [getattr(each, "__warningregistry__", None) for each in list(sys.modules.values())]
print("torch._dynamo.config" in sys.modules)
"""
    assert said_by(code) == ["False"]


def test_that_a_compiler_that_was_imported_before_stays():
    code = """
import sys
import torch._dynamo
real = sys.modules["torch._dynamo"]
import wnin_desktop.engine.optimizers.build
print(sys.modules["torch._dynamo"] is real)
"""
    assert said_by(code) == ["True"]


@pytest.mark.parametrize(
    "wish",
    [
        "import torch._dynamo.config",
        "from torch._dynamo.utils import counters",
        "from torch._dynamo.exc import Unsupported",
        "from torch._dynamo import optimize",
        "import torch._dynamo as dynamo; dynamo.reset()",
        "torch.compiler.reset()",
    ],
)
def test_that_each_part_of_the_compiler_is_there_once(wish):
    assert said_by(PARTS.format(wish=wish)) == ["one"]


def test_that_what_anybody_else_marks_is_marked():
    code = """
import sys, torch
import wnin_desktop.engine.optimizers.build

@torch.compiler.disable()
def one(x):
    return x + 1

@torch.compiler.disable(recursive=False)
def two(x):
    return x + 2

three = torch.compiler.disable(lambda x: x + 3)
four = torch._dynamo.disable()(lambda x: x + 4)
assert [f(1) for f in (one, two, three, four)] == [2, 3, 4, 5]
assert one._torchdynamo_disable
torch._dynamo.graph_break()
print("marked")
"""
    assert said_by(code) == ["marked"]
