"""The viewer's own tests, its habits, and how it is built."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

LATER = r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"
ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "zigviz" / "src").glob("*.zig"))
AT_THE_START = {"main.zig": "bytes", "scene.zig": "create", "renderer.zig": "create"}
"""Files that ask for memory once, while the viewer starts, and how."""
FOR_FILES = {"png.zig", "gltf.zig", "viewer.zig", "selftest.zig", "main.zig"}
"""Files that ask for memory while a file is written, outside of the frame loop, or to start the process."""


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code(path):
    """Return a source without its tests and comments."""
    text = path.read_text(encoding="utf-8").split("\nconst testing = std.testing;", 1)[0]
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def test_that_the_zig_tests_pass(hook):
    """In the quick mode of the compiler; `zig build test` of a release takes a minute to compile."""
    try:
        headers, _ = hook.headers_folder(), hook.compiler_version()
    except hook.NotBuiltError as error:
        pytest.skip(str(error))
    cache = hook.cache_folder(ROOT)
    command = [
        sys.executable, "-m", "ziglang", "build", "test", "-Doptimize=Debug", f"-Dwgpu={headers}",
        "--cache-dir", str(cache / "local"), "--global-cache-dir", str(cache / "global"), *hook.target(),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT / "zigviz", capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.full
@pytest.mark.timeout(900)
def test_v4_that_the_zig_tests_pass_as_shipped(hook):
    """More than 100 000 damaged messages, in the mode that is shipped."""
    headers, cache = hook.headers_folder(), hook.cache_folder(ROOT)
    command = [
        sys.executable, "-m", "ziglang", "build", "test", f"-Dwgpu={headers}",
        "--cache-dir", str(cache / "local"), "--global-cache-dir", str(cache / "global"), *hook.target(),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT / "zigviz", capture_output=True, text=True, check=False, timeout=880
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_that_the_frame_loop_asks_for_no_memory():
    asking = {path.name for path in SOURCES if re.search(r"[aA]llocator|ArrayList|heap\.", code(path))}
    assert asking <= {"json.zig", "memory.zig"} | FOR_FILES
    sources = {path.name: code(path) for path in SOURCES}
    assert "page_allocator" not in sources["json.zig"]
    assert "FixedBufferAllocator" in sources["json.zig"]
    asked = {name: re.findall(r"memory\.(create|bytes)\(", text) for name, text in sources.items()}
    assert {name: calls for name, calls in asked.items() if calls} == {
        name: [call] for name, call in AT_THE_START.items()
    }


def test_that_every_source_has_tests_that_are_run():
    """What has no tests is shaders' bookkeeping, which the pictures try."""
    without = {path.name for path in SOURCES if '\ntest "' not in path.read_text(encoding="utf-8")}
    drawn = {
        "connection.zig", "constants.zig", "decor.zig", "entries.zig", "gpu.zig", "library.zig", "main.zig",
        "messages.zig", "painter.zig", "pipelines.zig", "renderer.zig", "selftest.zig", "target.zig",
        "viewer.zig",
    }  # fmt: skip
    assert without <= drawn
    main = (ROOT / "zigviz" / "src" / "main.zig").read_text(encoding="utf-8")
    listed = main.split("\ntest {", 1)[1]
    assert {path.name for path in SOURCES if path.name not in drawn} <= set(
        re.findall(r'"(\w+\.zig)"', listed)
    )


def test_that_sources_stay_short_and_nothing_is_left_for_later():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert len(code(path).splitlines()) < 700, path.name
        assert not re.search(LATER, text), path.name


def test_that_a_build_of_the_same_sources_is_not_made_twice(hook, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(hook, "headers_folder", lambda: tmp_path)
    monkeypatch.setattr(hook, "compiler_version", lambda: "0.16.0")
    for name in ("webgpu.h", "wgpu.h"):
        (tmp_path / name).write_text(name)
    (tmp_path / "zigviz" / "src" / "testdata").mkdir(parents=True)
    source = tmp_path / "zigviz" / "src" / "main.zig"
    source.write_text("a\n")

    def compile_into(root, headers, binary):
        made.append(binary)
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_bytes(b"viewer")

    monkeypatch.setattr(hook, "compile_into", compile_into)
    said = []
    hook.build(tmp_path, said.append)
    hook.build(tmp_path, said.append)
    assert len(made) == 1
    assert said[-1] == "wnin-viz is of these sources already."
    (tmp_path / "zigviz" / "src" / "testdata" / "ping.bin").write_bytes(b"only tests read this")
    source.write_bytes(b"a\r\n")
    hook.build(tmp_path, said.append)
    assert len(made) == 1
    source.write_text("b\n")
    hook.build(tmp_path, said.append)
    assert len(made) == 2


def test_that_a_viewer_that_cannot_be_built_is_a_warning(hook, tmp_path, monkeypatch):
    def refuse(*_):
        raise hook.NotBuiltError("there is no compiler.")

    monkeypatch.setattr(hook, "build", refuse)
    warned = []

    class Hook(hook.ViewerBuildHook):
        root, target_name = str(tmp_path), "wheel"
        app = type("App", (), {"display_warning": warned.append, "display_info": print})

        def __init__(self):
            pass

    data = {"force_include": {}, "pure_python": True}
    Hook().initialize("standard", data)
    assert data == {"force_include": {}, "pure_python": True}
    assert len(warned) == 1
    assert "2-D view works" in warned[0]


def test_that_a_wheel_with_a_viewer_is_for_one_platform(hook, tmp_path, monkeypatch):
    binary = tmp_path / "wnin_desktop" / "viewer" / "bin" / "wnin-viz"
    monkeypatch.setattr(hook, "build", lambda *_: binary)

    class Hook(hook.ViewerBuildHook):
        root, target_name = str(tmp_path), "wheel"
        app = type("App", (), {"display_warning": print, "display_info": print})

        def __init__(self):
            pass

    data = {"force_include": {}, "pure_python": True}
    Hook().initialize("standard", data)
    assert data["force_include"] == {str(binary): "wnin_desktop/viewer/bin/wnin-viz"}
    assert data["tag"].startswith("py3-none-")
    assert data["pure_python"] is False
    editable = {"force_include": {}}
    Hook().initialize("editable", editable)
    assert editable == {"force_include": {}}
