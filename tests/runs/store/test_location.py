from types import SimpleNamespace

import pytest

from wnin_desktop.runs.store import Store, location, location_warning


@pytest.fixture
def mounts(monkeypatch):
    def install(*found):
        parts = [SimpleNamespace(mountpoint=at, fstype=kind, opts=opts) for at, kind, opts in found]
        monkeypatch.setattr(location.psutil, "disk_partitions", lambda all: parts)  # noqa: A006 - psutil's name

    return install


def test_that_a_local_folder_is_fine(mounts, tmp_path):
    mounts(("/", "ext4", "rw"))
    assert location_warning(tmp_path) is None


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_that_a_network_file_system_is_named(mounts, tmp_path, kind):
    mounts(("/", "ext4", "rw"), (str(tmp_path), kind, "rw"))
    warning = location_warning(tmp_path / "store")
    assert warning is not None
    assert kind in warning
    assert str(tmp_path / "store") in warning


def test_that_a_local_disk_inside_a_network_one_is_fine(mounts, tmp_path):
    mounts(("/", "nfs", "rw"), (str(tmp_path), "ext4", "rw"))
    assert location_warning(tmp_path) is None


@pytest.mark.parametrize(
    "name", ["Dropbox", "OneDrive", "OneDrive - University", "Google Drive", "Nextcloud"]
)
def test_that_a_synchronized_folder_is_named(mounts, tmp_path, name):
    mounts(("/", "ext4", "rw"))
    warning = location_warning(tmp_path / name / "results" / "store")
    assert warning is not None
    assert repr(name) in warning


def test_that_a_folder_marked_by_a_synchronizing_program_is_named(mounts, tmp_path):
    mounts(("/", "ext4", "rw"))
    (tmp_path / ".stfolder").mkdir()
    assert "synchronized" in (location_warning(tmp_path / "store") or "")


def test_that_names_that_only_look_alike_are_fine(mounts, tmp_path):
    mounts(("/", "ext4", "rw"))
    assert location_warning(tmp_path / "dropboxes" / "onedriver") is None


def test_that_opening_a_store_there_says_so(mounts, tmp_path):
    mounts(("/", "nfs", "rw"))
    with Store.open(tmp_path) as store:
        assert any("network file system (nfs)" in notice for notice in store.notices)
