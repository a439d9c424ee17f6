"""A program with a viewer, to be killed: it says on stdout what the viewer is, once it draws."""

import json
import sys

from PySide6.QtGui import QGuiApplication

from tests.viewer.scenes import bowl
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.viewer.messages import Camera
from wnin_desktop.viewer.supervision import Life


def main() -> None:
    application = QGuiApplication(sys.argv)
    viewer = ViewerProcess()
    viewer.resize(320, 200, 1.0)
    viewer.show(bowl())

    def tell() -> None:
        """Say it once, and go on drawing: a process that is busy must hear of the end too."""
        if viewer.life is Life.READY and not told:
            told.append(viewer.process_id)
            sys.stdout.write(json.dumps({"viewer": viewer.process_id}) + "\n")
            sys.stdout.flush()
        viewer.say(Camera(action="orbit", azimuth=1.0))

    told: list[int] = []
    viewer.framed.connect(tell)
    viewer.start()
    application.exec()


if __name__ == "__main__":
    main()
