"""The services of the Desk that dialogs ask for: real where they stand alone, small otherwise."""

from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.preferences_model import PreferencesModel
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.actions import Actions
from wnin_desktop.qt.window.notices import Notices
from wnin_desktop.runs.optimizer_catalogue import Catalogue
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.stream.stats import ServerStats


class Tasks(QObject):
    """Runs work in one thread and answers on the GUI thread."""

    _answered = Signal(object, object)

    def __init__(self, parent):
        super().__init__(parent)
        self.pool = ThreadPoolExecutor(1)
        self._answered.connect(self._answer)
        self.waiting = 0

    def start(self, work, *, then=None, failed=None, title="", cancellable=False):
        self.waiting += 1
        self.cancelled = False

        def run():
            try:
                result, take = work(self), then
            except Exception as error:
                result, take = error, failed
            self._answered.emit(take, result)

        self.pool.submit(run)
        return self

    def cancel(self):
        self.cancelled = True

    def _answer(self, take, result):
        self.waiting -= 1
        if take is not None:
            take(result)


class CatalogueModel(QObject):
    changed = Signal()

    def __init__(self, parent):
        super().__init__(parent)
        self.value = Catalogue()
        self.reloads = 0
        self.is_reading = False

    @property
    def rows(self):
        return self.value.rows

    def names(self):
        return self.value.names()

    def take(self, rows):
        self.value = Catalogue(rows=tuple(rows))
        self.changed.emit()

    def reload(self, *, fresh=True):
        self.reloads += 1


class Remote(QObject):
    changed = Signal()

    def __init__(self, parent):
        super().__init__(parent)
        self.is_on = False
        self.error = ""
        self.port = 0
        self.stats = ServerStats()
        self.clients = ()
        self.token_path = "stream.token"

    @property
    def uri(self):
        return f"ws://127.0.0.1:{self.port}" if self.is_on else ""


class Desk(QObject):
    def __init__(self, folder):
        super().__init__()
        self.saved = []
        self.preferences = PreferencesModel(None, self.saved.append, self)
        self.state = WindowState(folder / "window.toml")
        self.actions = Actions(self)
        self.notices = Notices(self)
        self.tasks = Tasks(self)
        self.catalogue = CatalogueModel(self)
        self.remote = Remote(self)
        self.preferences.field_changed.connect(self.follow)

    def follow(self, path):
        value = self.preferences.value
        if path == "appearance.theme":
            theme().apply(value.appearance.theme)
        if path == "appearance.text_scale":
            theme().set_text_scale(value.appearance.text_scale)
        self.actions.set_own_keys(dict(value.shortcuts))
        self.remote.is_on, self.remote.port = value.server.enabled, value.server.port
        self.remote.changed.emit()

    def close(self):
        self.tasks.pool.shutdown()
