import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from wnin_desktop.qt.bridge.clients import Client
from wnin_desktop.qt.dialogs.server import Rates, ServerDialog, trainer_command
from wnin_desktop.qt.theme import theme
from wnin_desktop.stream.stats import ClientStats, ServerStats

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
TRAINER = Client("127.0.0.1:5000", False, NOON, name="sweep", host="gpu-07", events=100)
WATCHER = Client("127.0.0.1:6000", True, NOON, events=40, dropped=3, lagging=True)


@pytest.fixture
def dialog(desk, window, qtbot, tmp_path):
    desk.remote.token_path = str(tmp_path / "with space" / "stream.token")
    (tmp_path / "with space").mkdir()
    (tmp_path / "with space" / "stream.token").write_text("the-secret-itself")
    dialog = ServerDialog(desk, window)
    dialog.present()
    return dialog


def switch(dialog, qtbot):
    editor = dialog.section.form.editor("server.enabled")
    qtbot.keyClick(editor, Qt.Key.Key_Space)


def cells(dialog, row):
    item = dialog.clients.topLevelItem(row)
    return [item.text(column) for column in range(dialog.clients.columnCount())]


def test_that_one_switch_turns_the_server_on_and_shows_its_address(dialog, desk, qtbot):
    assert dialog.badge.text == "Off"
    assert not dialog.copy_command.isEnabled()
    switch(dialog, qtbot)
    assert desk.preferences.value.server.enabled
    assert dialog.badge.text == "Listening"
    assert dialog.facts["uri"].text() == "ws://127.0.0.1:8765"
    switch(dialog, qtbot)
    assert dialog.badge.text == "Off"


def test_that_the_copied_command_names_the_token_file_and_never_the_token(dialog, desk, qtbot):
    switch(dialog, qtbot)
    qtbot.mouseClick(dialog.copy_command, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("wnin-train EXPERIMENT.toml --ws ws://127.0.0.1:8765 --token-file ")
    assert "with space" in copied
    texts = [copied, *(label.text() for label in dialog.facts.values())]
    assert not any("the-secret-itself" in text for text in texts)


def test_that_paths_with_spaces_are_quoted_for_the_system_at_hand():
    assert trainer_command("ws://h:1", "a b", "linux").endswith("--token-file 'a b'")
    assert trainer_command("ws://h:1", "a b", "win32").endswith('--token-file "a b"')


def test_that_clients_are_shown_with_who_where_when_and_what_they_lost(dialog, desk, qtbot):
    switch(dialog, qtbot)
    desk.remote.clients = (TRAINER, WATCHER)
    stats = (
        ClientStats(TRAINER.peer, False, 100, 0, 0, False),
        ClientStats(WATCHER.peer, True, 40, 3, 9, True),
    )
    desk.remote.stats = ServerStats(clients=stats, received=100)
    desk.remote.changed.emit()
    assert cells(dialog, 0) == ["sweep", "gpu-07", "trains", "since 12:00:00", "100", "", "0"]
    assert cells(dialog, 1) == [WATCHER.peer, WATCHER.peer, "watches", "since 12:00:00", "40", "", "3"]
    assert dialog.totals.text().startswith("2 clients, 100 events received")


def test_that_a_trainer_that_has_ended_stays_listed_with_what_it_was(dialog, desk, qtbot):
    switch(dialog, qtbot)
    desk.remote.clients = (WATCHER, replace(TRAINER, ended=NOON + 90))
    desk.remote.changed.emit()
    assert cells(dialog, 1) == ["sweep", "gpu-07", "ended", "12:00:00 \u2013 12:01:30", "100", "", "0"]
    colours = [dialog.clients.topLevelItem(row).foreground(0).color() for row in range(2)]
    assert colours == [theme().colour("text"), theme().colour("muted")]
    switch(dialog, qtbot)
    assert dialog.clients.topLevelItemCount() == 2


def test_that_a_server_that_did_not_start_says_why(dialog, desk):
    desk.remote.error = "Port 8765 is taken."
    desk.remote.changed.emit()
    assert dialog.error.text() == "Port 8765 is taken."
    assert dialog.error.isVisible()
    assert dialog.badge.text == "Not started"


def test_that_rates_are_events_over_time_and_forget_who_left():
    rates = Rates()
    assert rates.take({"a": 0}, 0.0) == {}
    assert rates.take({"a": 500, "b": 7}, 2.0) == {"a": 250.0}
    assert rates.take({"b": 17}, 4.0) == {"b": 5.0}
