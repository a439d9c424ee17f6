"""The run store: every experiment, run, step, event and checkpoint, committed durably, checked when read."""

from wnin_desktop.runs.store.location import location_warning
from wnin_desktop.runs.store.records import ExperimentRecord, RunRecord, Status
from wnin_desktop.runs.store.store import Store
from wnin_desktop.runs.store.writer import BATCH_S, BATCH_STEPS, RunWriter

__all__ = [
    "BATCH_S",
    "BATCH_STEPS",
    "ExperimentRecord",
    "RunRecord",
    "RunWriter",
    "Status",
    "Store",
    "location_warning",
]
