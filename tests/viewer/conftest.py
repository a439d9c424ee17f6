"""Viewers for tests: real processes on every adapter that this machine has."""

import functools
import json
import subprocess
import sys

import pytest

from tests.viewer.driving import PATIENCE_S, Driven
from wnin_desktop.viewer import binary
from wnin_desktop.viewer import messages as m

BACKENDS = {"linux": ("gl", "vulkan"), "win32": ("dx12", "vulkan"), "darwin": ("metal",)}


@functools.cache
def selftest(backend):
    """Return what the known scene came to, or the reason why nothing can be drawn."""
    found = binary.find()
    if isinstance(found, str):
        return found
    command = [found.executable, "--wgpu", found.library, "--selftest", "--backend", backend]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5 * PATIENCE_S, check=False)
    if done.returncode == 4:
        return f"There is no adapter for {backend}: {done.stderr.strip()}"
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def usable():
    """Return the back ends that draw here."""
    names = BACKENDS.get(sys.platform, ("auto",))
    return tuple(name for name in names if isinstance(selftest(name), dict))


def needed():
    """Skip the test where the viewer cannot run at all; say why."""
    if sys.platform == "win32":
        pytest.skip("these tests listen on a Unix socket")
    found = binary.find()
    if isinstance(found, str):
        pytest.skip(found)
    if not usable():
        pytest.skip("no adapter to draw with: " + str(selftest(BACKENDS.get(sys.platform, ("auto",))[0])))
    return usable()


@pytest.fixture(scope="module", params=["first", "second"])
def viewer(request):
    """Return a viewer on each back end in turn; its scene is empty at the start of a test."""
    names = needed()
    place = ("first", "second").index(request.param)
    if place >= len(names):
        pytest.skip(f"this machine draws with {', '.join(names)} only")
    with Driven(640, 400, backend=names[place]) as driven:
        driven.backend = names[place]
        driven.show()
        yield driven


@pytest.fixture
def empty(viewer):
    """Return the viewer with nothing in it, seen from where it starts."""
    viewer.send(
        m.Clear(), m.Layout(), m.Style(), m.Time(), m.Quality(), m.Camera(action="stop"),
        m.Camera(action="set", projection="perspective"), m.Camera(action="reset"),
    )  # fmt: skip
    if viewer.size != (640, 400, 1.0):
        viewer.show(640, 400, 1.0)
    return viewer
