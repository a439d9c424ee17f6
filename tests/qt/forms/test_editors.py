"""Every field has an editor that shows its value, gives it back, and keeps what a person typed."""

import pytest
from PySide6.QtCore import QLocale, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip

from tests.qt.forms.specs import leaves, other
from wnin_desktop.qt.forms import (
    BoolEdit,
    ChoiceEdit,
    IntEdit,
    LineEditor,
    ListEdit,
    NumberEdit,
    PathEdit,
    ScalarEdit,
    SizeEdit,
    TableEdit,
    TextEdit,
    editor_for,
)
from wnin_desktop.qt.forms.make import describe
from wnin_desktop.schema.fields import FieldSpec, default_of

LR = FieldSpec(path="lr", name="lr", title="Learning rate", kind="float", gt=0, le=1e3, default=1e-3,
               allowed="a finite number above 0 and of at most 1000")  # fmt: skip
STEPS = FieldSpec(path="steps", name="steps", title="Steps", kind="int", ge=1, le=10**8, default=500,
                  allowed="a whole number from 1 to 100000000")  # fmt: skip
BATCH = FieldSpec(path="batch", name="batch", title="Batch size", kind="size", ge=1, choices=("full",),
                  default=64, allowed="a whole number of at least 1 or full")  # fmt: skip
HIDDEN = FieldSpec(path="hidden", name="hidden", title="Hidden layers", kind="int_list", ge=1, le=16384,
                   max_length=32, default=[64, 64], allowed="a list of 0 to 32 values")  # fmt: skip
MODE = FieldSpec(path="mode", name="mode", title="Mode", kind="choice", choices=("none", "inverse_anneal"),
                 default="none", allowed="none, inverse_anneal")  # fmt: skip


@pytest.fixture(autouse=True)
def _english():
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def german():
    QLocale.setDefault(QLocale("de_DE"))


def shown(qtbot, editor):
    qtbot.addWidget(editor)
    editor.show()
    editor.setFocus()
    return editor


def heard(editor):
    values = []
    editor.edited.connect(values.append)
    return values


def write(qtbot, editor, text):
    editor.selectAll()
    qtbot.keyClicks(editor, text) if text else qtbot.keyClick(editor, Qt.Key.Key_Delete)


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
def test_that_every_field_has_an_editor_that_gives_back_what_it_shows(qtbot, locale):
    QLocale.setDefault(QLocale(locale))
    for spec in leaves():
        editor = editor_for(spec)
        qtbot.addWidget(editor)
        values = heard(editor)
        if not spec.required:
            editor.show_value(default_of(spec))
            assert editor.value() == default_of(spec), spec.path
            assert editor.fault() == "", spec.path
        editor.show_value(other(spec))
        assert editor.value() == other(spec), spec.path
        assert editor.fault() == "", spec.path
        assert values == [], f"showing {spec.path} is no edit"


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
def test_that_what_an_editor_of_one_line_shows_can_be_typed(qtbot, locale):
    QLocale.setDefault(QLocale(locale))
    for spec in leaves():
        editor = editor_for(spec)
        qtbot.addWidget(editor)
        if isinstance(editor, LineEditor):
            values = heard(editor)
            write(qtbot, editor, editor.write(other(spec)))
            assert values[-1] == other(spec), spec.path
            assert type(values[-1]) is type(other(spec)) or spec.kind == "float", spec.path


def test_that_every_editor_has_a_name_and_says_what_it_means(qtbot):
    for spec in leaves():
        editor = editor_for(spec)
        qtbot.addWidget(editor)
        assert editor.objectName() == spec.path
        assert editor.accessibleName().startswith(spec.title)
        if isinstance(editor, PathEdit):
            assert editor.line.accessibleName() == editor.accessibleName()
        assert spec.help.split("'")[0].split("&")[0] in editor.toolTip()
        assert (
            editor.focusPolicy() != Qt.FocusPolicy.NoFocus
            or editor.focusProxy() is not None
            or spec.kind == "models"
        )


def test_that_bad_text_is_kept_and_said_to_be_bad_until_it_is_mended(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    editor.show_value(0.001)
    values = heard(editor)
    write(qtbot, editor, "0.00x")
    assert values[-1] == "0.00x"
    assert editor.fault() == "x is no prefix here: k, M, G, m, \u00b5 and % are."
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text() == "0.00x"
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    qtbot.keyClicks(editor, "2")
    assert values[-1] == 0.002
    assert editor.fault() == ""


def test_that_a_value_out_of_range_is_told_with_the_range(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    values = heard(editor)
    write(qtbot, editor, "-1")
    assert values[-1] == -1
    assert editor.fault() == "Allowed: a finite number above 0 and of at most 1000."


@pytest.mark.usefixtures("german")
def test_that_a_comma_is_a_fraction_where_people_write_it_so(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    values = heard(editor)
    write(qtbot, editor, "0,002")
    assert values[-1] == 0.002
    editor.show_value(0.5)
    assert editor.text() == "0,5"
    write(qtbot, editor, "1.234")
    assert editor.fault() == "This has two readings: write 1234 or 1,2340."
    assert values[-1] == "1.234"


def test_that_typing_is_not_disturbed_by_the_echo_of_the_edit(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    editor.edited.connect(editor.show_value)
    write(qtbot, editor, "1e-3")
    assert editor.text() == "1e-3"
    editor.setCursorPosition(1)
    editor.show_value(0.001)
    assert (editor.text(), editor.cursorPosition()) == ("1e-3", 1)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text() == "0.001"


def test_that_arrow_keys_go_1_2_5_through_the_decades(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    editor.show_value(0.001)
    seen = []
    for key in (
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageDown,
    ):
        qtbot.keyClick(editor, key)
        seen.append(editor.value())
    assert seen == [0.002, 0.005, 0.01, 0.1, 0.05, 0.005]


@pytest.mark.parametrize(
    ("spec", "start", "key", "end"),
    [
        (LR, 0.003, Qt.Key.Key_Up, 0.005),
        (LR, 0.003, Qt.Key.Key_Down, 0.002),
        (LR, 1000.0, Qt.Key.Key_Up, 1000.0),
        (STEPS, 64, Qt.Key.Key_Up, 65),
        (STEPS, 500, Qt.Key.Key_Up, 510),
        (STEPS, 500, Qt.Key.Key_PageDown, 400),
        (STEPS, 1, Qt.Key.Key_Down, 1),
        (BATCH, 64, Qt.Key.Key_Down, 63),
    ],
)
def test_that_steps_stay_within_the_bounds(qtbot, spec, start, key, end):
    editor = shown(qtbot, editor_for(spec))
    editor.show_value(start)
    qtbot.keyClick(editor, key)
    assert editor.value() == end
    assert editor.fault() == ""


def test_that_open_bounds_are_never_stepped_upon(qtbot):
    beta = FieldSpec(path="b", name="b", kind="float", ge=0, lt=1, default=0.9)
    editor = shown(qtbot, NumberEdit(beta))
    editor.show_value(0.98)
    for _ in range(5):
        qtbot.keyClick(editor, Qt.Key.Key_Up)
    assert editor.value() == 0.99


def wheel(editor, notches=1):
    centre = QPointF(editor.rect().center())
    event = QWheelEvent(centre, editor.mapToGlobal(centre), QPoint(), QPoint(0, 120 * notches),
                        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
                        False)  # fmt: skip
    QApplication.sendEvent(editor, event)
    return event.isAccepted()


@pytest.mark.parametrize("spec", [LR, STEPS, MODE])
def test_that_the_wheel_turns_only_what_has_the_keyboard(qtbot, spec):
    editor = shown(qtbot, editor_for(spec))
    editor.show_value(default_of(spec))
    qtbot.waitUntil(editor.hasFocus)
    editor.clearFocus()
    assert not wheel(editor)
    assert editor.value() == default_of(spec)
    editor.setFocus()
    wheel(editor, -1)
    assert editor.value() != default_of(spec)


def test_that_whole_numbers_take_powers_and_prefixes(qtbot):
    editor = shown(qtbot, IntEdit(STEPS))
    values = heard(editor)
    for text, value in (("1e4", 10_000), ("20k", 20_000), ("1 500", 1500)):
        write(qtbot, editor, text)
        assert values[-1] == value
        assert isinstance(values[-1], int)
    write(qtbot, editor, "1.5")
    assert editor.fault() == "Allowed: a whole number from 1 to 100000000."


def test_that_an_empty_line_is_none_and_required_fields_say_so(qtbot):
    editor = shown(qtbot, IntEdit(STEPS))
    editor.show_value(500)
    values = heard(editor)
    write(qtbot, editor, "")
    assert values == [None]
    assert editor.fault().startswith("This field is required")
    optional = shown(qtbot, NumberEdit(FieldSpec(path="c", name="c", kind="float", nullable=True)))
    assert optional.fault() == ""
    assert optional.placeholderText() == "empty"


def test_that_a_size_takes_its_word(qtbot):
    editor = shown(qtbot, SizeEdit(BATCH))
    values = heard(editor)
    write(qtbot, editor, "full")
    assert values[-1] == "full"
    assert editor.fault() == ""
    write(qtbot, editor, "ful")
    assert editor.fault()
    write(qtbot, editor, "128")
    assert values[-1] == 128


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("64 32", [64, 32]),
        ("64, 32", [64, 32]),
        ("[64,32]", [64, 32]),
        ("", []),
        ("1-4", [1, 2, 3, 4]),
        ("7", [7]),
    ],
)
def test_that_lists_are_written_as_people_write_them(qtbot, text, value):
    editor = shown(qtbot, ListEdit(HIDDEN))
    editor.show_value([5])
    values = heard(editor)
    write(qtbot, editor, text)
    assert values[-1] == value
    assert editor.fault() == ""


@pytest.mark.parametrize("text", ["64 x", "0", "99999", "9-1", "64 1.5"])
def test_that_a_bad_list_is_kept_and_refused(qtbot, text):
    editor = shown(qtbot, ListEdit(HIDDEN))
    write(qtbot, editor, text)
    assert editor.text() == text
    assert editor.fault().endswith(".")


def test_that_a_choice_is_taken_by_keyboard_and_shows_strays(qtbot):
    editor = shown(qtbot, ChoiceEdit(MODE))
    editor.show_value("none")
    values = heard(editor)
    qtbot.keyClick(editor, Qt.Key.Key_Down)
    assert values == ["inverse_anneal"]
    assert editor.currentText() == "inverse anneal"
    editor.show_value("cosin")
    assert (editor.value(), editor.placeholderText()) == ("cosin", "cosin")
    assert editor.fault().startswith("Allowed: none, inverse_anneal")
    editor.set_choices(("none", "cosin"))
    assert (editor.value(), editor.fault()) == ("cosin", "")


def test_that_an_optional_choice_may_be_empty(qtbot):
    spec = FieldSpec(path="c", name="c", kind="choice", choices=(1, 3), nullable=True)
    editor = shown(qtbot, ChoiceEdit(spec))
    editor.show_value(3)
    editor.show_value(None)
    assert editor.value() is None
    assert editor.currentText() == "empty"


def test_that_a_switch_is_switched_by_mouse_and_space(qtbot):
    editor = shown(qtbot, BoolEdit(FieldSpec(path="b", name="b", kind="bool", default=False)))
    editor.show_value(False)
    values = heard(editor)
    qtbot.keyClick(editor, Qt.Key.Key_Space)
    qtbot.mouseClick(editor, Qt.MouseButton.LeftButton, pos=QPoint(8, editor.height() // 2))
    assert values == [True, False]
    editor.show_value("yes")
    assert editor.value() == "yes"
    assert editor.fault()
    qtbot.keyClick(editor, Qt.Key.Key_Space)
    assert isinstance(values[-1], bool)
    assert editor.fault() == ""


def test_that_undo_is_left_to_the_experiment(qtbot):
    editor = shown(qtbot, TextEdit(FieldSpec(path="t", name="t", kind="text")))
    write(qtbot, editor, "abc")
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.text() == "abc"


def test_that_scalars_and_tables_are_read_as_a_file_would(qtbot):
    scalar = shown(qtbot, ScalarEdit(FieldSpec(path="s", name="s", kind="scalar")))
    for text, value in (("true", True), ("3", 3), ("0.5", 0.5), ("sum", "sum")):
        write(qtbot, scalar, text)
        assert scalar.value() == value
        assert type(scalar.value()) is type(value)
    table = shown(qtbot, TableEdit(FieldSpec(path="p", name="p", kind="table")))
    write(qtbot, table, 'width=64, act=relu, deep=true, text="12"')
    assert table.value() == {"width": 64, "act": "relu", "deep": True, "text": "12"}
    copy = TableEdit(table.spec)
    qtbot.addWidget(copy)
    copy.show_value(table.value())
    assert copy.value() == table.value()
    write(qtbot, table, "width 64")
    assert table.fault() == "Write name=value, with commas between."


def test_that_a_path_is_picked_in_the_systems_own_dialog(qtbot, tmp_path):
    editor = shown(
        qtbot, PathEdit(FieldSpec(path="task.path", name="path", title="Path", kind="path", nullable=True))
    )
    values = heard(editor)
    qtbot.mouseClick(editor.file_button, Qt.MouseButton.LeftButton)
    dialog = editor.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "data.npz"))
    dialog.close()
    assert values == [str(tmp_path / "data.npz")]


def test_that_one_local_file_can_be_dropped_on_a_path(qtbot, tmp_path):
    editor = shown(qtbot, PathEdit(FieldSpec(path="task.path", name="path", kind="path", nullable=True)))
    values = heard(editor)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    rest = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(editor, QDragEnterEvent(QPoint(5, 5), *rest))
    QApplication.sendEvent(editor, QDropEvent(QPointF(5, 5), *rest))
    assert values == [str(tmp_path)]


def test_that_what_must_be_mended_is_marked_for_the_style_sheet(qtbot):
    editor = shown(qtbot, NumberEdit(LR))
    editor.set_faulty(True)
    assert editor.property("invalid") is True
    editor.set_faulty(False)
    assert editor.property("invalid") is False


def test_that_a_word_without_room_is_cut_with_dots_told_whole_and_readable_in_the_list(qtbot):
    long = MODE.choices[-1]
    editor = shown(qtbot, ChoiceEdit(MODE))
    describe(editor, MODE)
    editor.show_value(long)
    editor.resize(400, editor.height())
    assert editor.shown_text == "inverse anneal"
    editor.setFixedWidth(70)
    assert editor.shown_text.endswith("\u2026")
    QApplication.sendEvent(
        editor, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), editor.mapToGlobal(QPoint(5, 5)))
    )
    qtbot.waitUntil(lambda: "<b>inverse anneal</b>" in QToolTip.text())
    assert "Default: none" in QToolTip.text()
    QToolTip.hideText()
    editor.showPopup()
    qtbot.waitUntil(editor.view().isVisible)
    assert editor.view().viewport().width() >= editor.view().sizeHintForColumn(0)
    editor.hidePopup()
    editor.grab()
