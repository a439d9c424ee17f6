"""A form shows nested data, says what a person changed and where, and never takes the cursor away."""

from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QScrollArea

from wnin_desktop.errors import InputError, Problem
from wnin_desktop.qt.forms import Form, ModelsEdit, ParamsForm, help_anchor
from wnin_desktop.qt.forms.places import MISSING, below, get, put, split, touches, under
from wnin_desktop.qt.theme import theme
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.fields import FieldSpec, fields_of, without
from wnin_desktop.schema.run import ArmConfig, CompareConfig

BASE = "arms[0]"


@pytest.fixture(autouse=True)
def _english():
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def form(qtbot):
    made = Form(fields_of(ArmConfig), base=BASE)
    qtbot.addWidget(made)
    made.show_data(arm())
    made.show()
    qtbot.waitUntil(made.isVisible)
    return made


def arm(**noise: Any) -> dict[str, Any]:
    return {"name": "adamw", "optimizer": {"name": "adamw", "lr": 0.002}, "noise": noise or {"mode": "none"}}


def heard(form):
    edits = []
    form.edited.connect(lambda path, value: edits.append((path, value)))
    return edits


def write(qtbot, editor, text):
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)


def choose(editor, word):
    editor.setFocus()
    editor.setCurrentIndex(editor.findText(word, Qt.MatchFlag.MatchStartsWith))


def test_that_an_edit_is_told_with_its_whole_path(qtbot, form):
    edits = heard(form)
    write(qtbot, form.editor(f"{BASE}.optimizer.lr"), "5")
    assert edits == [(f"{BASE}.optimizer.lr", 5.0)]
    assert form.value(f"{BASE}.optimizer.lr") == 5.0


def test_that_what_is_not_in_the_data_is_at_its_default(form):
    assert form.editor(f"{BASE}.optimizer.lr").value() == 0.002
    assert form.editor(f"{BASE}.optimizer.clip_norm").value() is None
    assert form.editor(f"{BASE}.noise.schedule.kind").value() == "constant"
    assert form.editor(f"{BASE}.optimizer.lr_follows_temperature").value() is False


def test_that_every_label_is_the_buddy_of_its_field_and_every_field_has_a_name(form):
    for row in form.rows():
        assert row.label.buddy() in (row.editor, row.editor.focusProxy())
        assert row.editor.accessibleName().startswith(row.spec.title)
        assert row.editor.objectName() == row.path
    names = [row.editor.objectName() for row in form.rows()]
    assert len(set(names)) == len(names)


def test_that_a_changed_field_carries_a_dot_and_can_be_put_back(qtbot, form):
    row = form.row(f"{BASE}.optimizer.lr")
    untouched = form.row(f"{BASE}.optimizer.name")
    assert row.dot.isVisible()
    assert not untouched.dot.isVisible()
    assert not untouched.reset.isVisible()
    assert row.reset.accessibleName() == "Reset Learning rate to 0.001"
    edits = heard(form)
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert edits == [(f"{BASE}.optimizer.lr", 0.001)]
    assert not row.dot.isVisible()
    assert row.editor.hasFocus()


def test_that_a_default_of_the_optimizer_counts(form):
    form.set_default(f"{BASE}.optimizer.lr", 0.002)
    assert not form.row(f"{BASE}.optimizer.lr").is_changed
    form.show_value(f"{BASE}.optimizer", {"name": "adamw"})
    assert form.editor(f"{BASE}.optimizer.lr").value() == 0.002


def test_that_an_error_stands_beside_its_field_with_a_sign_until_it_is_mended(qtbot, form):
    row = form.row(f"{BASE}.optimizer.lr")
    write(qtbot, row.editor, "fast")
    assert row.fault.isVisible()
    assert row.fault.label.text() == "Write a number, such as 0.001 or 1e-3."
    assert not row.fault.sign.pixmap().isNull()
    assert row.editor.property("invalid") is True
    assert row.editor.accessibleDescription() == row.fault.label.text()
    write(qtbot, row.editor, "0.1")
    assert not row.fault.isVisible()
    assert row.editor.property("invalid") is False


def test_that_the_experiments_problems_find_their_fields(form):
    data = {
        "name": "x",
        "seeds": [0],
        "arms": [arm(mode="sgld", temperature=-1.0, schedule={"kind": "cosin"})],
    }
    with pytest.raises(InputError) as caught:
        validate(CompareConfig, data)
    form.show_data(data["arms"][0])
    elsewhere = Problem("seeds", 1, "it is there already")
    assert form.show_problems([*caught.value.problems, elsewhere]) == [elsewhere]
    faults = {row.path: row.fault_text for row in form.rows() if row.fault_text}
    assert faults["noise.temperature"] == "Allowed: a finite number from 0 to 1e+06."
    assert faults["noise.schedule.kind"].startswith("Allowed: constant, cosine")
    form.show_problems([])
    form.show_data(arm())
    assert not [row.path for row in form.rows() if row.fault_text]


def test_that_a_contradiction_is_said_and_goes_with_the_next_edit_of_its_field(qtbot, form):
    place = f"{BASE}.noise.magnitude"
    form.show_problems([Problem(place, 1, "noise mode 'none' has no magnitude, leave it out or set 0")])
    row = form.row(place)
    assert row.fault.label.text() == "Noise mode 'none' has no magnitude, leave it out or set 0."
    write(qtbot, row.editor, "0")
    assert not row.fault.isVisible()


def test_that_a_fold_opens_for_what_must_be_mended_and_counts_what_was_changed(form):
    fold, _ = form.body.folds()[0]
    assert not fold.is_open
    form.show_value(f"{BASE}.optimizer.clip_norm", 2.0)
    assert fold.button.text() == "Advanced (1 changed)"
    assert not fold.is_open
    form.show_problems([Problem(f"{BASE}.optimizer.clip_norm", 2.0, "it is too much")])
    assert fold.is_open
    assert form.row(f"{BASE}.optimizer.clip_norm").fault.isVisible()


def test_that_showing_an_edit_rebuilds_nothing_and_keeps_the_cursor(qtbot, form):
    editor = form.editor(f"{BASE}.optimizer.lr")
    before = [(row.path, id(row.editor)) for row in form.rows()]
    write(qtbot, editor, "1e-4")
    editor.setCursorPosition(2)
    edits = heard(form)
    form.show_value(f"{BASE}.optimizer.lr", 1e-4)
    form.show_data({**arm(), "optimizer": {"name": "adamw", "lr": 1e-4}})
    form.show_value("arms", [{"name": "adamw", "optimizer": {"name": "sgd", "lr": 1e-4}}])
    assert [(row.path, id(row.editor)) for row in form.rows()] == before
    assert (editor.text(), editor.cursorPosition(), editor.hasFocus()) == ("1e-4", 2, True)
    assert form.editor(f"{BASE}.optimizer.name").value() == "sgd"
    assert edits == []


def test_that_values_of_other_places_are_passed_over(form):
    form.show_value("arms[1].optimizer.lr", 7.0)
    form.show_value("seeds", [1])
    assert form.editor(f"{BASE}.optimizer.lr").value() == 0.002


def test_that_a_kind_brings_its_fields_in_one_edit_and_remembers_the_others(qtbot, form):
    edits = heard(form)
    kind = form.editor(f"{BASE}.noise.schedule.kind")
    choose(kind, "cos")
    assert edits[-1] == (f"{BASE}.noise.schedule", {"kind": "cosine", "period": None, "restart": False})
    write(qtbot, form.editor(f"{BASE}.noise.schedule.period"), "300")
    assert edits[-1] == (f"{BASE}.noise.schedule.period", 300)
    choose(kind, "inv")
    assert edits[-1] == (f"{BASE}.noise.schedule", {"kind": "inverse_anneal", "k": 0.001})
    assert form.editor(f"{BASE}.noise.schedule.period") is None
    choose(kind, "cos")
    assert edits[-1][1] == {"kind": "cosine", "period": 300, "restart": False}
    assert form.editor(f"{BASE}.noise.schedule.period").value() == 300


def test_that_a_field_that_two_kinds_have_goes_along(qtbot, form):
    form.show_value(f"{BASE}.noise.schedule", {"kind": "cosine", "period": 250})
    edits = heard(form)
    choose(form.editor(f"{BASE}.noise.schedule.kind"), "exp")
    assert edits == [(f"{BASE}.noise.schedule", {"kind": "exponential", "period": 250})]


def test_that_another_arm_in_the_same_form_does_not_inherit_what_was_remembered(qtbot, form):
    form.show_value(f"{BASE}.noise.schedule", {"kind": "inverse_anneal", "k": 0.5})
    form.bind("arms[1]", arm())
    edits = heard(form)
    choose(form.editor("arms[1].noise.schedule.kind"), "inv")
    assert edits == [("arms[1].noise.schedule", {"kind": "inverse_anneal", "k": 0.001})]


def test_that_phases_are_a_table_of_rows(qtbot, form):
    edits = heard(form)
    choose(form.editor(f"{BASE}.noise.schedule.kind"), "pha")
    place = f"{BASE}.noise.schedule.phases"
    editor = form.editor(place)
    assert isinstance(editor, ModelsEdit)
    assert [row["until"] for row in editor.value()] == [0.5, 1.0]
    qtbot.mouseClick(editor.add_button, Qt.MouseButton.LeftButton)
    assert [row["until"] for row in edits[-1][1]] == [0.5, 0.75, 1.0]
    write(qtbot, editor.cell(0, "until"), "0.2")
    assert edits[-1][0] == place
    assert [row["until"] for row in edits[-1][1]] == [0.2, 0.75, 1.0]
    editor.remove_row(2)
    assert [row["until"] for row in edits[-1][1]] == [0.2, 1.0]
    table = {"kind": "phases", "phases": edits[-1][1]}
    data = {"seeds": [0], "arms": [arm(mode="sgld", temperature=1.0, schedule=table)]}
    assert validate(CompareConfig, data)


def test_that_what_is_wrong_in_a_row_is_marked_in_its_cell(qtbot, form):
    phases = [{"name": "a", "until": 0.5, "factor": 1.0}, {"name": "b", "until": 0.4, "factor": 0.1}]
    form.show_value(f"{BASE}.noise.schedule", {"kind": "phases", "phases": phases})
    place = f"{BASE}.noise.schedule.phases"
    form.show_problems(
        [Problem(f"{place}[1].until", 0.4, "it must be above 0.5, where the phase before ends")]
    )
    row = form.row(place)
    assert row.fault.label.text() == "Row 2: It must be above 0.5, where the phase before ends."
    assert row.editor.cell(1, "until").property("invalid") is True
    assert not row.editor.cell(0, "until").property("invalid")
    assert form.focus_field(f"{place}[1].until")


def test_that_the_keyboard_goes_to_the_field_of_a_problem(qtbot):
    area = QScrollArea()
    qtbot.addWidget(area)
    form = Form(fields_of(CompareConfig)[:4])
    area.setWidget(form)
    area.setWidgetResizable(True)
    area.resize(300, 150)
    area.show()
    assert form.focus_field("budget.checkpoint_every")
    editor = form.editor("budget.checkpoint_every")
    qtbot.waitUntil(editor.hasFocus)
    assert editor.isVisible()
    qtbot.waitUntil(lambda: not editor.visibleRegion().isEmpty())
    assert not form.focus_field("arms[0].name")
    assert help_anchor(editor) == "budget.checkpoint_every"
    assert form.focus_field("network.hidden[0]")
    assert form.editor("network.hidden").hasFocus()


def test_that_a_field_can_be_left_out_and_its_unit_follow_the_mode(form):
    form.set_shown(f"{BASE}.noise.temperature", False)
    assert not form.editor(f"{BASE}.noise.temperature").isVisible()
    form.set_unit(f"{BASE}.noise.magnitude", "std(W)")
    row = form.row(f"{BASE}.noise.magnitude")
    assert row.unit.full == "std(W)"
    assert row.editor.accessibleName() == "Magnitude, std(W)"


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_a_narrow_panel_clips_no_field(qtbot, scale):
    theme().set_text_scale(scale)
    area = QScrollArea()
    qtbot.addWidget(area)
    form = Form(without(fields_of(CompareConfig), ("arms",)))
    area.setWidget(form)
    area.setWidgetResizable(True)
    area.resize(round(280 * scale), 600)
    area.show()
    qtbot.waitUntil(area.isVisible)
    assert area.horizontalScrollBar().maximum() == 0
    for row in form.rows():
        if row.editor.isVisible():
            assert row.editor.mapTo(form, row.editor.rect().topRight()).x() <= form.width()
            assert row.editor.width() >= 60
    theme().set_text_scale(1.0)


def test_that_tab_goes_in_reading_order(qtbot, form):
    first = form.editor(f"{BASE}.name")
    first.setFocus()
    seen = []
    for _ in range(40):
        focused = form.window().focusWidget()
        if focused.objectName() in {row.path for row in form.rows()}:
            seen.append(focused.objectName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        if form.window().focusWidget() is first:
            break
    shown = [row.path for row in form.rows() if row.editor.isVisible()]
    assert seen == shown


def test_that_parameters_follow_the_optimizer(qtbot):
    form = ParamsForm(base=f"{BASE}.optimizer.params")
    qtbot.addWidget(form)
    form.show()
    lr = FieldSpec(path="lr", name="lr", kind="float", default=0.1)
    beta = FieldSpec(
        path="beta", name="beta", title="Beta", kind="float", ge=0, lt=1, default=0.9, allowed="0 to 1"
    )
    decay = FieldSpec(path="decay", name="decay", title="Decay", kind="float", ge=0, default=0.0)
    form.show_optimizer("one", (lr, beta))
    form.show_data({"beta": 0.5})
    edits = []
    form.edited.connect(lambda path, value: edits.append((path, value)))
    editor = form.form.editor(f"{BASE}.optimizer.params.beta")
    assert editor.value() == 0.5
    write(qtbot, editor, "0.7")
    assert edits[-1] == (f"{BASE}.optimizer.params.beta", 0.7)
    form.show_optimizer("one", (lr, beta))
    assert form.form.editor(f"{BASE}.optimizer.params.beta") is editor
    assert form.params_for("two", (lr, beta, decay), {"beta": 0.7, "gone": 1}) == {"beta": 0.7}
    form.show_optimizer("two", (lr,))
    assert form.words.text() == "two has no parameters."
    form.show_optimizer("three", None, "it was not trusted yet")
    assert form.words.isVisible()
    assert form.form is None
    problem = Problem(f"{BASE}.optimizer.params.x", 1, "three has: none at all")
    assert form.show_problems([problem]) == [problem]
    assert form.params_for("one", (lr, beta), {}) == {"beta": 0.5}


def test_that_places_are_those_of_error_messages():
    data = {"arms": [{"noise": {"magnitude": 1}}]}
    path = "arms[0].noise.magnitude"
    assert split(path) == ["arms", 0, "noise", "magnitude"]
    assert get(data, path) == 1
    assert get(data, "arms[1].noise") is MISSING
    assert get(data, "arms.noise") is MISSING
    assert put(data, path, 2) == {"arms": [{"noise": {"magnitude": 2}}]}
    assert put({}, "a.b[1].c", 3) == {"a": {"b": [None, {"c": 3}]}}
    assert data == {"arms": [{"noise": {"magnitude": 1}}]}
    assert below("arms[1]", "arms[1].name") == "name"
    assert below("arms[1]", "arms[11].name") is None
    assert below("arms[1]", "arms[1]") == ""
    assert under("arms", "[0]") == "arms[0]"
    assert touches("noise.schedule", "noise")
    assert not touches("noise.schedule", "noise.scheduled")
