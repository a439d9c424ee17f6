import os
import socket
import sys

import pytest
import torch

from tests.cli.calling import call
from tests.engine.comparisons import arm, comparison
from tests.viewer.conftest import needed
from wnin_desktop.cli import doctor, doctor_checks
from wnin_desktop.cli.doctor import worst
from wnin_desktop.cli.doctor_checks import (
    Finding,
    check_display,
    check_extra,
    check_viewer,
    examine,
    gemm_speeds,
)
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.database import FILE

NAMES = {
    "Python",
    "torch",
    "GPU",
    "fp32 on cpu",
    "torchvision",
    "display",
    "3-D viewer",
    "store",
    "runs",
    "data",
    "optimizers",
}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor_checks, "GEMM_BUDGET_S", 0.0)
    monkeypatch.setenv("WNIN_VIZ", str(tmp_path / "no-viewer-here"))  # its known scene takes seconds


def rows(*args):
    said = call("doctor", "--json", *args)
    return said, {row["name"]: row for row in said.json["checks"]}


def test_that_a_sound_machine_has_every_row_and_exit_code_0(tmp_path):
    said, found = rows("--store", tmp_path / "store")
    assert said.code == 0
    assert set(found) >= NAMES
    assert {row["state"] for row in found.values()} <= {"ok", "warning"}
    assert all(row["advice"] for row in found.values() if row["state"] != "ok")
    assert "adamw" in found["optimizers"]["found"]
    assert found["plugin folder"]["found"] == str(tmp_path / "home" / "plugins" / "optimizers")
    assert not (tmp_path / "store").exists()


def test_that_the_text_says_what_the_json_says(tmp_path):
    text = call("doctor", "--store", tmp_path)
    _, found = rows("--store", tmp_path)
    assert text.code == 0
    assert all(name in text.out for name in found)
    assert "Everything works." in text.out or "Runs work." in text.out


def test_that_the_speed_of_a_matrix_product_comes_with_its_error(tmp_path):
    speeds = gemm_speeds(torch, "cpu")
    assert len(speeds) >= 2
    assert all(speed > 0 for speed in speeds)
    _, found = rows("--store", tmp_path)
    assert "±" in found["fp32 on cpu"]["found"]
    assert "n = " in found["fp32 on cpu"]["found"]


def test_that_a_speed_has_the_decimals_that_its_error_allows(monkeypatch):
    speeds = [95.3 - 10.3, 95.3 + 10.3]
    monkeypatch.setattr(doctor_checks, "gemm_speeds", lambda _torch, _device: speeds)
    found = next(row for row in doctor_checks.check_torch() if row.name == "fp32 on cpu")
    assert found.found.startswith("95 ± 10 GFLOP/s (n = 2 products")


def test_that_one_of_something_is_told_in_the_singular(tmp_path, capsys):
    with Store.open(tmp_path) as store:
        _, found = rows("--store", tmp_path)
        assert found["runs"]["found"].startswith("0 experiments, 0 in the trash")
        drive(store, comparison(arm("sgd"), steps=1, seeds=[0], name="one"))
    _, found = rows("--store", tmp_path)
    assert found["runs"]["found"] == "1 experiment, 0 in the trash"
    doctor._show([Finding("x", "warning", "y")], "warning", no_color=True)
    assert "0 ok, 1 warning, 0 broken." in capsys.readouterr().out


def test_that_a_torchvision_that_cannot_be_imported_is_a_warning_that_says_why(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    said, found = rows("--store", tmp_path)
    assert said.code == 0
    assert found["torchvision"]["state"] == "warning"
    assert "install the one that belongs to this torch" in found["torchvision"]["found"]


def test_that_a_torch_that_cannot_be_imported_is_broken_and_exit_code_1(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    said, found = rows("--store", tmp_path)
    assert said.code == 1
    assert said.json["verdict"] == "broken"
    assert found["torch"]["state"] == "broken"
    assert "Install torch" in found["torch"]["advice"]


@pytest.mark.parametrize("module", ["pyarrow", "tensorboardX", "mlflow"])
def test_that_a_missing_extra_is_a_warning_with_the_command_that_installs_it(monkeypatch, module):
    assert check_extra(module).state == "ok"
    monkeypatch.setitem(sys.modules, module, None)
    finding = check_extra(module)
    assert finding.state == "warning"
    assert "wnin-desktop[export]" in finding.advice


@pytest.mark.parametrize(
    ("environ", "system", "state"),
    [
        ({"DISPLAY": ":0"}, "linux", "ok"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "ok"),
        ({"DISPLAY": ""}, "linux", "warning"),
        ({}, "linux", "warning"),
        ({}, "win32", "ok"),
        ({}, "darwin", "ok"),
    ],
)
def test_that_a_display_is_found_where_there_is_one(environ, system, state):
    assert check_display(environ, system).state == state


def test_that_a_store_in_use_is_a_warning_that_names_the_process(tmp_path):
    with Store.open(tmp_path):
        _, found = rows("--store", tmp_path)
    assert found["runs"]["state"] == "warning"
    assert f"process {os.getpid()}" in found["runs"]["found"]
    said, found = rows("--store", tmp_path)
    assert found["runs"]["state"] == "ok"
    assert said.code == 0


def test_that_a_damaged_store_is_broken(tmp_path):
    with Store.open(tmp_path):
        pass
    (tmp_path / FILE).write_bytes(b"not a database, whatever its name says" * 100)
    said, found = rows("--store", tmp_path)
    assert said.code == 1
    assert found["runs"]["state"] == "broken"


def test_that_a_store_that_cannot_be_a_folder_is_broken(tmp_path):
    (tmp_path / "file").write_text("")
    said, found = rows("--store", tmp_path / "file")
    assert said.code == 1
    assert "not a folder" in found["store"]["found"]


def test_that_a_synchronized_folder_is_warned_about(tmp_path):
    said, found = rows("--store", tmp_path / "Dropbox" / "runs")
    assert said.code == 0
    assert "Dropbox" in found["store's place"]["found"]


def test_that_a_full_disk_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor_checks, "LEAST_FREE_GB", 1e9)
    _, found = rows("--store", tmp_path)
    assert found["space for runs"]["state"] == "warning"


def test_that_a_busy_port_is_a_warning(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, found = rows("--store", tmp_path, "--port", port)
        assert found[f"port {port}"]["state"] == "warning"
        assert "--port" in found[f"port {port}"]["advice"]


def test_that_broken_and_untrusted_plugins_are_named_and_harm_nothing(tmp_path):
    folder = tmp_path / "home" / "plugins" / "optimizers"
    folder.mkdir(parents=True)
    (folder / "torn.py").write_text("def half(:\n")
    (folder / "unread.py").write_text("raise SystemExit(3)\n")
    said, found = rows("--store", tmp_path)
    assert said.code == 0
    assert "line 1" in found["plugin torn"]["found"]
    assert found["plugin unread"]["found"].startswith("untrusted")
    assert "sgd" in found["optimizers"]["found"]


def test_that_network_files_are_looked_at_without_being_run(tmp_path):
    folder = tmp_path / "home" / "plugins" / "networks"
    folder.mkdir(parents=True)
    (folder / "empty.py").write_text("x = 1\n")
    (folder / "unread.py").write_text("def build(shape, classes):\n    return None\nraise SystemExit(3)\n")
    said, found = rows("--store", tmp_path)
    assert said.code == 0
    assert "no function build" in found["network empty"]["found"]
    assert found["network unread"]["found"].startswith("untrusted")
    assert call("optimizers", "trust", folder / "unread.py", "--yes").err.count("a network (build)") == 1
    _, found = rows("--store", tmp_path)
    assert "network unread" not in found


def test_that_one_broken_row_decides_the_verdict(tmp_path):
    findings = examine(tmp_path)
    assert worst(findings) in ("ok", "warning")
    assert worst([*findings, Finding("x", "broken", "y")]) == "broken"


@pytest.mark.parametrize("port", ["0", "65536", "eighty"])
def test_that_a_port_that_cannot_be_is_refused(port):
    said = call("doctor", "--port", port)
    assert said.code == 2
    assert port in said.err


def test_that_a_viewer_that_draws_says_with_what(monkeypatch):
    monkeypatch.delenv("WNIN_VIZ")
    needed()
    found = check_viewer()
    assert found.state == "ok"
    assert "pictures/s" in found.found


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'wnin-viz: there is no adapter' >&2; exit 4", "there is no adapter"),
        ("echo nonsense", "it does not draw"),
        (None, "is missing"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="a script of a shell stands in")
def test_that_a_viewer_that_does_not_draw_is_a_warning_with_the_reason(tmp_path, monkeypatch, script, words):
    file = tmp_path / "wnin-viz"
    if script is not None:
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
    monkeypatch.setenv("WNIN_VIZ", str(file))
    found = check_viewer()
    assert found.state == "warning"
    assert words in found.found
    assert "contours" in found.advice
