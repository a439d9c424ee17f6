"""Editors and forms made from field specs, and the preview of a schedule.

editors      NumberEdit, IntEdit, SizeEdit, ListEdit, TextEdit, ScalarEdit, TableEdit, ChoiceEdit,
             BoolEdit, PathEdit, ModelsEdit: `value()`, `show_value(value)`, `fault()`,
             `set_faulty(bool)`, signal `edited(value)`
Form         specs bound to a place in nested data, signal `edited(path, value)`
ParamsForm   an optimizer's hyper-parameters from the catalogue
SchedulePreview, ScheduleSpark
             the curve of a schedule, with handles and as a small line
"""

from wnin_desktop.qt.forms.choice import BoolEdit, ChoiceEdit
from wnin_desktop.qt.forms.form import Form
from wnin_desktop.qt.forms.line import LineEditor, ListEdit, ScalarEdit, TableEdit, TextEdit
from wnin_desktop.qt.forms.make import Editor, editor_for, help_anchor
from wnin_desktop.qt.forms.models import ModelsEdit
from wnin_desktop.qt.forms.number import IntEdit, NumberEdit, SizeEdit
from wnin_desktop.qt.forms.params import ParamsForm, optimizer_choice, parameter_specs
from wnin_desktop.qt.forms.path import PathEdit
from wnin_desktop.qt.forms.schedule_preview import SchedulePreview, ScheduleSpark

__all__ = [
    "BoolEdit",
    "ChoiceEdit",
    "Editor",
    "Form",
    "IntEdit",
    "LineEditor",
    "ListEdit",
    "ModelsEdit",
    "NumberEdit",
    "ParamsForm",
    "PathEdit",
    "ScalarEdit",
    "SchedulePreview",
    "ScheduleSpark",
    "SizeEdit",
    "TableEdit",
    "TextEdit",
    "editor_for",
    "help_anchor",
    "optimizer_choice",
    "parameter_specs",
]
