import hashlib

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from wnin_desktop import paths
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.errors import PluginError
from wnin_desktop.qt.dialogs.plugins import LETTERS, PluginsDialog
from wnin_desktop.qt.dialogs.trust import TrustDialog
from wnin_desktop.runs import optimizer_catalogue
from wnin_desktop.runs.optimizer_catalogue import CatalogueRow
from wnin_desktop.runs.plugin_files import copy_template, read_plugin, visible

CODE = '"""Goes downhill."""\nOptimizerRegistry.register("mine", lambda params, lr=0.1: None)\n'
CERTIFICATE = {
    "name": "muon",
    "sha256": "a" * 64,
    "passed": False,
    "laws": [
        {"law": "replay", "status": "passed", "detail": "bit for bit"},
        {"law": "temperature", "status": "not applicable", "detail": "it is not a sampler"},
        {"law": "zero gradients", "status": "failed", "detail": "it moved"},
    ],
}
LARGE = 4000


@pytest.fixture
def plugin(desk):
    folder = paths.plugin_dir("optimizers")
    folder.mkdir(parents=True)
    path = folder / "mine.py"
    path.write_text(CODE)
    return path


@pytest.fixture
def dialog(desk, window, plugin, qtbot):
    sha256 = hashlib.sha256(CODE.encode()).hexdigest()
    desk.catalogue.take(
        [
            CatalogueRow(name="muon", sha256="a" * 64, path="muon.py", summary="Orthogonal steps."),
            CatalogueRow(
                name="mine", state="untrusted", origin="user", path=str(plugin), sha256=sha256, error="no"
            ),
            CatalogueRow(name="bad", state="broken", origin="user", path="bad.py", error="line 3 is wrong"),
        ]
    )
    dialog = PluginsDialog(desk, window)
    dialog.present()
    return dialog


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def ask(dialog, qtbot):
    dialog.choose("mine")
    press(qtbot, dialog.trust)
    qtbot.waitUntil(lambda: dialog.findChild(TrustDialog) is not None)
    return dialog.findChild(TrustDialog)


def test_that_a_row_shows_state_origin_and_hash_and_its_error_below(dialog):
    dialog.choose("bad")
    item = dialog.table.currentItem()
    assert [item.text(column) for column in range(3)] == ["bad", "Broken", "your folder"]
    assert dialog.detail.error.text() == "line 3 is wrong"
    assert not dialog.certify.isEnabled()


def test_that_the_prompt_shows_the_source_its_path_and_hash_and_cancel_is_the_default(dialog, plugin, qtbot):
    prompt = ask(dialog, qtbot)
    assert prompt.code.toPlainText() == CODE
    assert prompt.code.isReadOnly()
    shown = [label.text() for label in prompt.findChildren(QLabel)]
    assert str(plugin) in shown
    assert hashlib.sha256(CODE.encode()).hexdigest() in shown
    assert any("cannot be sandboxed" in text for text in shown)
    assert prompt.cancel.isDefault()
    qtbot.waitUntil(prompt.cancel.hasFocus)
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.findChild(TrustDialog) is None)
    assert TrustStore().entries() == {}


def test_that_trust_binds_to_the_bytes_that_were_shown(dialog, desk, plugin, qtbot):
    prompt = ask(dialog, qtbot)
    plugin.write_text(CODE + "import evil\n")
    press(qtbot, prompt.trust)
    qtbot.waitUntil(lambda: desk.catalogue.reloads == 1)
    assert list(TrustStore().entries()) == [hashlib.sha256(CODE.encode()).hexdigest()]


def test_that_what_was_trusted_is_certified_once_it_is_loaded(dialog, desk, plugin, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(
        optimizer_catalogue, "certify", lambda name, **_: asked.append(name) or {**CERTIFICATE, "name": name}
    )
    press(qtbot, ask(dialog, qtbot).trust)
    qtbot.waitUntil(lambda: desk.catalogue.reloads == 1)
    desk.catalogue.take([CatalogueRow(name="mine", origin="user", path=str(plugin), sha256="b" * 64)])
    qtbot.waitUntil(lambda: asked == ["mine"] and desk.tasks.waiting == 0)
    assert dialog.chosen.name == "mine"
    assert dialog.certificate.table.topLevelItemCount() == 3


def test_that_a_certificate_shows_every_law_and_stays_with_its_row(dialog, desk, qtbot, monkeypatch):
    monkeypatch.setattr(optimizer_catalogue, "certify", lambda _name, **_: CERTIFICATE)
    dialog.choose("muon")
    press(qtbot, dialog.certify)
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    table = dialog.certificate.table
    laws = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    assert [(law.text(0), law.text(1)) for law in laws] == [
        ("passed", "replay"),
        ("not applicable", "temperature"),
        ("failed", "zero gradients"),
    ]
    assert dialog.certificate.badge.text == "Not certified"
    dialog.choose("bad")
    assert dialog.certificate.table.isHidden()
    dialog.choose("muon")
    assert table.topLevelItemCount() == 3


def test_that_a_certificate_that_cannot_be_had_says_why(dialog, desk, qtbot, monkeypatch):
    def fail(_name, **_):
        raise PluginError("the process ended unexpectedly")

    monkeypatch.setattr(optimizer_catalogue, "certify", fail)
    dialog.choose("muon")
    press(qtbot, dialog.certify)
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    assert "ended unexpectedly" in dialog.status.text()
    assert dialog.certify.isEnabled()


def test_that_trust_is_taken_back(dialog, desk, plugin, qtbot):
    sha256 = TrustStore().trust(plugin)
    desk.catalogue.take([CatalogueRow(name="mine", origin="user", path=str(plugin), sha256=sha256)])
    dialog.choose("mine")
    press(qtbot, dialog.untrust)
    qtbot.waitUntil(lambda: desk.catalogue.reloads == 1)
    assert TrustStore().entries() == {}


def test_that_a_copy_of_the_template_has_a_name_of_its_own_and_is_chosen(dialog, desk, qtbot):
    press(qtbot, dialog.template)
    qtbot.waitUntil(lambda: desk.catalogue.reloads == 1)
    path = paths.plugin_dir("optimizers") / "my_optimizer.py"
    assert read_plugin(path).names == ("my_optimizer",)
    assert read_plugin(copy_template()).names == ("my_optimizer_2",)
    row = CatalogueRow(name="my_optimizer", state="untrusted", origin="user", path=str(path))
    desk.catalogue.take([row])
    assert dialog.chosen.name == "my_optimizer"


def test_that_the_list_follows_the_catalogue_and_keeps_the_choice(dialog, desk):
    dialog.choose("muon")
    desk.catalogue.take([CatalogueRow(name="adamw"), CatalogueRow(name="muon", path="muon.py")])
    assert dialog.table.topLevelItemCount() == 2
    assert dialog.chosen.name == "muon"


def test_that_a_search_hides_what_does_not_fit(dialog, qtbot):
    qtbot.keyClicks(dialog.search, "muo")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    hidden = [dialog.table.topLevelItem(row).isHidden() for row in range(3)]
    assert hidden.count(False) == 1


def test_that_letters_that_hide_code_are_shown_as_escapes(plugin):
    text, count = visible("a = 1  # \u202e \u200b caf\u00e9\n")
    assert text == "a = 1  # \\u202e \\u200b caf\u00e9\n"
    assert count == 2
    plugin.write_bytes(b"x = '\xff'\r\n")
    with pytest.raises(PluginError):
        read_plugin(plugin)


def test_that_the_table_shows_every_word_at_the_size_the_dialog_opens_with(desk, window, qtbot):
    names = ("adamw", "normalized_dynamics", "sgd", "stochastic_weight_averaging")
    states = ("loaded", "loaded", "untrusted", "duplicate")
    rows = [
        CatalogueRow(name=name, state=state, origin="entry point", sha256=f"{number:064x}", fields=())
        for number, (name, state) in enumerate(zip(names, states, strict=True))
    ]
    dialog = PluginsDialog(desk, window)
    desk.catalogue.take(rows)
    dialog.present()
    dialog.setMaximumSize(LARGE, LARGE)
    dialog.resize(LETTERS * dialog.fontMetrics().averageCharWidth(), dialog.height())  # as on a wide screen
    QApplication.processEvents()
    table = dialog.table
    for column in range(table.columnCount()):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)
    assert table.header().length() == table.viewport().width()
    assert dialog.detail.width() > 0.3 * dialog.width()
    dialog.split.moveSplitter(200, 1)
    desk.catalogue.take(rows[:2])
    assert dialog.split.sizes()[0] == 200


def test_that_in_a_narrow_dialog_the_chosen_optimizer_has_room(dialog):
    dialog.resize(500, 400)
    QApplication.processEvents()
    assert dialog.detail.width() > 0.3 * dialog.width()


def test_that_the_folder_of_ones_own_is_named_and_can_be_copied(dialog):
    folder = str(paths.plugin_dir("optimizers"))
    dialog.place.setFixedWidth(90)
    dialog.present()
    dialog.search.setFocus()
    assert dialog.place.text() != folder
    assert "\u2026" in dialog.place.text()
    assert dialog.place.toolTip() == folder
    dialog.place.setFocus()
    assert dialog.place.selectedText() == folder
