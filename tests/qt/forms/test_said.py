"""Every word of the schema that a form shows passes tr(), and a longer language has room."""

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from wnin_desktop.qt.forms import Form, ModelsEdit, ParamsForm
from wnin_desktop.qt.text import PseudoTranslator
from wnin_desktop.schema.fields import FieldSpec, fields_of, tooltip, without
from wnin_desktop.schema.run import ArmConfig, CompareConfig

PHASES = {"kind": "phases", "phases": [{"name": "a", "until": 1.0, "factor": 1.0}]}


@pytest.fixture
def longer(qapp):
    translator = PseudoTranslator()
    QApplication.installTranslator(translator)
    yield
    QApplication.removeTranslator(translator)


@pytest.fixture(params=["shared", "arm"])
def form(request, qtbot, longer):
    specs = (
        without(fields_of(CompareConfig), ("arms",)) if request.param == "shared" else fields_of(ArmConfig)
    )
    made = Form(specs)
    qtbot.addWidget(made)
    if request.param == "arm":
        made.show_data({"name": "a", "noise": {"mode": "sgld", "schedule": PHASES}})
    made.show()
    return made


def said(text):
    """Return whether a text went through the longer language, whole."""
    return text.startswith("[") and text.endswith("]")


def test_that_titles_units_and_names_for_screen_readers_are_in_the_language_of_the_window(form):
    for row in form.rows():
        assert said(row.label.text()), row.path
        assert not row.unit.full or said(row.unit.full), row.path
        assert said(row.editor.accessibleName().split(",")[0]), row.path
        assert not row.spec.help or said(row.editor.accessibleDescription()), row.path
    headings = [label for label in form.findChildren(QLabel) if label.objectName().endswith(".heading")]
    assert all(said(label.text()) for label in headings)


def test_that_tooltips_are_in_the_language_of_the_window(form):
    for row in form.rows():
        lines = row.editor.toolTip().removeprefix("<qt>").removesuffix("</qt>").split("<br>")
        assert all(said(line) for line in lines), (row.path, lines)
        if row.spec.allowed and row.spec.kind != "bool":
            assert any(line.startswith("[Allowed: [") for line in lines), row.path


def test_that_a_fault_is_in_the_language_of_the_window(form):
    for row in form.rows():
        if row.spec.kind == "float":
            row.show_value("nothing like a number")
            assert said(row.fault.label.text())
    rows = [row for row in form.rows() if isinstance(row.editor, ModelsEdit)]
    for row in rows:
        heads = [label for label in row.editor.findChildren(QLabel) if label.text()]
        assert heads
        assert all(said(label.text()) for label in heads)


def test_that_hyper_parameters_of_plugins_pass_too(qtbot, longer):
    beta = FieldSpec(path="beta", name="beta", title="Beta", help="Decay.", kind="float", default=0.9)
    form = ParamsForm(base="arms[0].optimizer.params")
    qtbot.addWidget(form)
    form.show_optimizer("one", (beta,))
    row = form.form.row("arms[0].optimizer.params.beta")
    assert said(row.label.text())
    assert row.reset.toolTip() == ""
    row.editor.setText("0.5")
    assert said(row.reset.toolTip())
    assert "[Beta" in row.reset.toolTip()


def test_that_without_a_window_the_words_are_english():
    spec = FieldSpec(path="on", name="on", title="On", help="Whether.", kind="bool", default=False, unit="s",
                     flag="--on")  # fmt: skip
    assert tooltip(spec) == "Whether.\nUnit: s\nDefault: off\nCommand line: --on"
