import json

import pytest

from wnin_desktop.engine.plugins import TrustStore, read_metadata, read_source
from wnin_desktop.errors import PluginError


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        '"""Goes down.\n\nSlowly.\n"""\nOptimizerRegistry.register("mine", lambda params, lr: 0)\n'
    )
    return path


@pytest.fixture
def store(tmp_path):
    return TrustStore(tmp_path / "home" / "trusted.json")


def test_that_trust_is_of_the_bytes_not_of_the_name(plugin, store):
    digest = store.trust(plugin)
    assert store.is_trusted(digest)
    plugin.write_text("x = 1\n")
    assert not store.is_trusted(read_source(plugin).sha256)


def test_that_trust_outlives_the_process_and_can_be_taken_back(plugin, store):
    digest = store.trust(plugin)
    again = TrustStore(store.path)
    assert again.entries()[digest].label == str(plugin)
    assert again.revoke(digest)
    assert not store.is_trusted(digest)
    assert not again.revoke(digest)


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"trusted": 3}', b'{"trusted": [{}]}', b"\xff\xff", b"[" * 100_000],
)
def test_that_a_damaged_store_trusts_nothing_and_is_kept(damage, plugin, store):
    digest = store.trust(plugin)
    store.path.write_bytes(damage)
    assert not store.is_trusted(digest)
    store.trust(plugin)
    assert store.is_trusted(digest)
    assert store.path.with_suffix(".damaged.json").read_bytes() == damage


def test_that_an_emptied_store_is_not_called_damaged(plugin, store):
    store.revoke(store.trust(plugin))
    store.trust(plugin)
    assert [path.name for path in store.path.parent.iterdir()] == ["trusted.json"]


def test_that_only_hashes_are_trusted(store):
    with pytest.raises(PluginError, match="is not a SHA-256 hash"):
        store.trust_hash("adamw", "adamw.py")


def test_that_a_forged_entry_of_a_try_gives_no_trust(plugin, store):
    store.remember_try(read_source(plugin).sha256, "3.11")
    assert not store.is_trusted(read_source(plugin).sha256)


def test_that_the_store_holds_what_people_can_read(plugin, store):
    digest = store.trust(plugin)
    (entry,) = json.loads(store.path.read_text())["trusted"]
    assert (entry["sha256"], entry["label"]) == (digest, str(plugin))


def test_that_a_file_is_described_without_running_it(plugin):
    said = read_metadata(read_source(plugin))
    assert (said.summary, said.names) == ("Goes down.", ("mine",))


def test_that_a_description_is_one_printable_line(tmp_path):
    path = tmp_path / "odd.py"
    path.write_text('"""A \\x1b[31mred\\x07 ' + "long " * 200 + 'summary."""\n')
    summary = read_metadata(read_source(path)).summary
    assert summary.isprintable()
    assert len(summary) <= 240
