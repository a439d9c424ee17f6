"""B11: 256 x 256 heights that change with every picture, at 1280 x 720, on a software adapter.

Each contender draws in a process of its own, in turn, the same wave: as many pictures as it can in the time,
each from new heights, each whole before the next. Counted are pictures a second, wall time.

    still, drag  wnin-viz as the window has it: heights over the socket, the picture back in shared memory, as
                 it is drawn when nothing moves (all heights, 4x MSAA, light for each pixel) and while
                 something does, as here in the window: one sample, the coarser mesh, light at the vertices
    pyqtgraph    GLSurfacePlotItem.setData in a GLViewWidget, shaded, painted, glFinish (wants a display)
    pygfx        Mesh of the grid with a phong material, positions updated, drawn off screen and read back,
                 without anti-aliasing

The light and the colours of each are its own; all draw every triangle of the grid except `drag`, which is
what a person sees while heights change: `ratio` is its, and `ratios` have `still`, which alone draws more
than the peers do. Also told: how long a turn of the mouse takes to reach a picture in the window's process.

    uv run --group bench python benchmarks/viewer_surface.py [--seconds S] [--rounds N]
    (pyqtgraph needs OpenGL: without a display, `xvfb-run -a` before it)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

import numpy as np
from machine import check, cpu_name, keep

SIDE, WIDTH, HEIGHT = 256, 1280, 720
PHASES = 16
PEERS = ("pyqtgraph", "pygfx")
PATIENCE_S = 60.0


def waves() -> list[np.ndarray]:
    """Return the heights of each phase."""
    line = np.linspace(-3, 3, SIDE, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    turns = np.arange(PHASES) * (2 * np.pi / PHASES)
    return [(0.3 * np.sin(2 * np.hypot(x, y) - turn)).astype(np.float32) for turn in turns]


# -- contenders, each in a process of its own ----------------------------------------------------------------


def ours(seconds: float, mode: str) -> dict[str, object]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QTimer  # noqa: PLC0415 - in its own process
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - in its own process

    from wnin_desktop.qt.viewer.process import ViewerProcess  # noqa: PLC0415 - in its own process
    from wnin_desktop.viewer import messages as m  # noqa: PLC0415 - in its own process
    from wnin_desktop.viewer.supervision import Life  # noqa: PLC0415 - in its own process

    application = QGuiApplication([])
    viewer = ViewerProcess()
    viewer.resize(WIDTH, HEIGHT, 1.0)
    flat = waves()
    viewer.show(m.Surface(id=1, a=(-1, 1), b=(-1, 1), heights=flat[0]), m.SurfaceStyle(id=1))
    viewer.start()
    begun = time.monotonic()
    while viewer.life is not Life.READY or viewer.image is None:
        application.processEvents()
        check(time.monotonic() - begun < PATIENCE_S, f"no viewer: {viewer.reason}")
    viewer.say(m.Quality(mode=mode, frames_per_second=240))

    def draw(message: m.Message) -> float:
        begun = time.perf_counter()
        number = viewer.say(message)
        while viewer._seen is None or viewer._seen.after < number:
            application.processEvents()
        return time.perf_counter() - begun

    def update(turn: int) -> float:
        return draw(m.SurfaceUpdate(id=1, heights=flat[turn % PHASES].ravel()))

    rate = count_pictures(update, seconds)
    viewer.say(m.Quality(mode="auto"))
    turns = [m.Camera(action="orbit", azimuth=azimuth) for azimuth in (2.0, 3.0)]
    seen = sorted(draw(turns[turn % 2]) for turn in range(round(5 * seconds) + 20))
    image = viewer.image
    check(image is not None and image.width() == WIDTH, "the picture has another size")
    adapter = viewer.ready.adapter if viewer.ready is not None else ""
    viewer.stop()
    QTimer.singleShot(1000, application.quit)  # at whose end it is made sure of that the viewer has ended
    application.exec()
    return {
        "fps": rate,
        "adapter": adapter,
        "turn_ms_p50": 1e3 * seen[len(seen) // 2],
        "turn_ms_p95": 1e3 * seen[int(0.95 * len(seen))],
    }


def pyqtgraph(seconds: float) -> dict[str, object]:
    import pyqtgraph.opengl as gl  # noqa: PLC0415 - in its own process
    from OpenGL.GL import GL_RENDERER, glFinish, glGetString  # noqa: PLC0415 - in its own process
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - in its own process

    application = QApplication([])

    class Widget(gl.GLViewWidget):
        """Counts its pictures: `repaint` alone makes none while an earlier one is due."""

        drawn = 0

        def paintGL(self) -> None:  # noqa: N802 - the name is Qt's
            super().paintGL()
            glFinish()
            self.drawn += 1

    widget = Widget()
    widget.resize(WIDTH, HEIGHT)
    widget.setCameraPosition(distance=3)
    flat = waves()
    line = np.linspace(-1, 1, SIDE, dtype=np.float32)
    item = gl.GLSurfacePlotItem(x=line, y=line, z=flat[0], shader="shaded", smooth=True)
    widget.addItem(item)
    widget.show()
    application.processEvents()

    def update(turn: int) -> None:
        item.setData(z=flat[turn % PHASES])
        widget.update()
        before = widget.drawn
        while widget.drawn == before:
            application.processEvents()

    rate = count_pictures(update, seconds)
    image = widget.grabFramebuffer()
    check(
        image.width() >= WIDTH and len({image.pixel(x, HEIGHT // 2) for x in range(0, WIDTH, 9)}) > 9,
        "nothing drawn",
    )
    widget.makeCurrent()
    return {"fps": rate, "adapter": glGetString(GL_RENDERER).decode()}


def pygfx(seconds: float) -> dict[str, object]:
    import pygfx as gfx  # noqa: PLC0415 - in its own process
    from rendercanvas.offscreen import RenderCanvas  # noqa: PLC0415 - in its own process

    canvas = RenderCanvas(size=(WIDTH, HEIGHT), pixel_ratio=1, update_mode="manual")
    renderer = gfx.WgpuRenderer(canvas, pixel_ratio=1, ppaa="none")
    flat = waves()
    geometry = gfx.plane_geometry(2, 2, SIDE - 1, SIDE - 1)
    mesh = gfx.Mesh(geometry, gfx.MeshPhongMaterial(color="#3a86c8"))
    lamp = gfx.DirectionalLight()
    lamp.local.position = (1, 2, 3)
    scene = gfx.Scene().add(mesh, gfx.AmbientLight(), lamp)
    camera = gfx.PerspectiveCamera(50, WIDTH / HEIGHT)
    camera.show_object(mesh, view_dir=(-1, 1, -1), up=(0, 0, 1))
    canvas.request_draw(lambda: renderer.render(scene, camera))
    picture = []

    def update(turn: int) -> None:
        geometry.positions.data[:, 2] = flat[turn % PHASES].ravel()
        geometry.positions.update_full()
        picture[:] = [np.asarray(canvas.draw())]

    rate = count_pictures(update, seconds)
    check(
        len(np.unique(picture[0][HEIGHT // 2, ::9].reshape(-1, picture[0].shape[-1]), axis=0)) > 9,
        "nothing drawn",
    )
    return {"fps": rate, "adapter": renderer.device.adapter.info["device"]}


def count_pictures(update: object, seconds: float) -> float:
    for turn in range(5):
        update(turn)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        update(count)
        count += 1
    return count / (time.perf_counter() - begun)


CONTENDERS = {
    "still": lambda seconds: ours(seconds, "still"),
    "drag": lambda seconds: ours(seconds, "drag"),
    "pyqtgraph": pyqtgraph,
    "pygfx": pygfx,
}


# -- in turn -------------------------------------------------------------------------------------------------


def measured(name: str, seconds: float) -> dict[str, object]:
    command = [sys.executable, __file__, "--only", name, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{name}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round and contender")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=CONTENDERS, help="one contender, here")
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(CONTENDERS[asked.only](asked.seconds)))
        return
    found: dict[str, list[dict[str, object]]] = {name: [] for name in CONTENDERS}
    for _ in range(asked.rounds):
        for name, results in found.items():
            results.append(measured(name, asked.seconds))
    fps = {name: [result["fps"] for result in results] for name, results in found.items()}
    middle = {name: statistics.median(rates) for name, rates in fps.items()}
    best = max(PEERS, key=middle.__getitem__)
    ratios = {
        f"{name} / {peer}": round(
            statistics.median(a / b for a, b in zip(fps[name], fps[peer], strict=True)), 2
        )
        for name in ("still", "drag")
        for peer in PEERS
    }
    turns = {
        key: statistics.median(result[key] for result in found["still"])
        for key in ("turn_ms_p50", "turn_ms_p95")
    }
    line = {
        "name": "B11",
        "ratio": ratios[f"drag / {best}"],  # what the window shows while heights change
        "best_peer": best,
        "ratios": ratios,
        "fps": {name: round(rate, 1) for name, rate in middle.items()},
        **{key: round(value, 1) for key, value in turns.items()},
        "n": asked.rounds,
        "adapters": {name: results[0]["adapter"] for name, results in found.items()},
        "device": f"cpu, {os.cpu_count()} cores, {cpu_name()}",
        "versions": {p: version(p) for p in ("wgpu", "pyqtgraph", "pygfx", "PyOpenGL", "PySide6-Essentials")}
        | {"python": platform.python_version()},
    }
    keep(line)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
