"""F1: the entry of the field that has the keyboard."""

from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.dialogs.reference import ReferenceDialog
from wnin_desktop.qt.experiment.arm_form import ArmForm
from wnin_desktop.qt.forms.make import help_anchor
from wnin_desktop.qt.forms.params import ParamsForm
from wnin_desktop.runs.optimizer_catalogue import CatalogueRow
from wnin_desktop.schema.fields import FieldSpec


def row(name):
    beta = FieldSpec(path="beta1", name="beta1", title="Beta", kind="float", default=0.9, allowed="a number")
    return CatalogueRow(name=name, summary=name, fields=(beta,))


def test_that_a_parameter_leads_to_its_own_optimizers_entry(desk, window, qtbot):
    rows = [row("adamw"), row("muon")]
    desk.catalogue.take(rows)
    dialog, places = ReferenceDialog(desk, window), {}
    for each in rows:
        form = ParamsForm(base="arms[0].optimizer.params", parent=window)
        form.show_optimizer(each.name, each.fields)
        anchor = help_anchor(form.form.rows()[0].editor)
        assert anchor == f"{each.name}/beta1"
        assert f'name="{anchor}"' in dialog.page.toHtml()
        dialog.open_at(anchor)
        places[each.name] = dialog.page.verticalScrollBar().value()
    assert 0 < places["adamw"] < places["muon"]


def test_that_every_field_of_an_arm_has_an_entry(desk, window):
    page, form = ReferenceDialog(desk, window).page.toHtml(), ArmForm(window)
    anchors = {help_anchor(each) for each in form.findChildren(QWidget) if each.property("helpAnchor")}
    assert "arms[0]/optimizer.lr" in anchors
    missing = [each for each in anchors if f'name="{each.removesuffix(".kind")}"' not in page]
    assert missing == []
