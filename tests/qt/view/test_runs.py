"""Runs from a stream and from a file in the small window."""

import pytest
from PySide6.QtGui import QImage

from tests.qt.view import events
from tests.qt.view.conftest import PATIENCE_MS, told
from wnin_desktop.qt.pages.landscape.saving import FOLDER
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.feed import Feed
from wnin_desktop.qt.view.runs import METRIC, RunsContent
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token
from wnin_desktop.viewer.supervision import Life

SOON = Limits(backoff_first_s=0.05, backoff_last_s=0.1)


@pytest.fixture
def token():
    return Token.new()


@pytest.fixture
def server(token):
    with EventServer(port=0, token=token) as running:
        yield running


@pytest.fixture
def listen(bench):
    """Return a function that makes the content that follows a server."""
    made = []

    def follow(uri, token):
        feed = Feed(Subscriber(uri, token, limits=SOON))
        feed.start()
        made.append(feed)
        return RunsContent(bench, feed=feed, source=uri)

    yield follow
    for feed in made:
        feed.close()


def wait(qtbot, until):
    qtbot.waitUntil(until, timeout=PATIENCE_MS)


def shown(content):
    return {run.run_id: (run.step, run.status) for run in content.gathering.experiment.runs.values()}


def test_that_a_stream_becomes_paths_and_curves_that_grow(qtbot, fake_viewer, server, token, listen, show):
    content = listen(server.uri, token)
    window = show(content)
    wait(qtbot, lambda: server.stats().subscribers == 1)
    assert content.empty.isVisible()
    server.publish([events.begun("adamw", 0), *events.steps("adamw", 0, 1, 40)])
    told(qtbot, fake_viewer, "PathSet", "PathStyle", "Axes", "Scale", "Style", "Glyphs")
    assert content.views.isVisible()
    assert tuple(content.legend.chips) == ("adamw",)
    server.publish(events.steps("adamw", 0, 41, 80))
    assert ("PathAppend", 1) in told(qtbot, fake_viewer, "PathAppend")
    server.publish([events.begun("sgd", 0), *events.steps("sgd", 0, 1, 30)])
    wait(qtbot, lambda: tuple(content.legend.chips) == ("adamw", "sgd"))
    assert window.line.text() == f"{server.uri} · on box · 2 runs, 2 running"
    assert content.views.plot.curves.has_points


def test_that_ended_runs_stay_and_a_lost_server_is_told_and_found_again(qtbot, token, listen, show):
    first = EventServer(port=0, token=token).start()
    content = listen(first.uri, token)
    window = show(content)
    wait(qtbot, lambda: first.stats().subscribers == 1)
    first.publish([events.begun("adamw", 0), *events.steps("adamw", 0), events.ended("adamw", 0)])
    wait(qtbot, lambda: shown(content) == {"exp/adamw/s0": (100, "completed")})
    port = first.port
    first.stop()
    wait(qtbot, lambda: "connection lost" in window.line.text())
    assert window.line.property("kind") == "warning"
    assert "1 run, all ended" in window.line.text()
    with EventServer(port=port, token=token) as second:
        wait(qtbot, lambda: second.stats().subscribers == 1)
        second.publish([events.begun("adamw", 1), *events.steps("adamw", 1, 1, 20)])
        wait(qtbot, lambda: len(shown(content)) == 2)
        wait(qtbot, lambda: window.line.property("kind") == "muted")
        assert content.gathering.experiment.arms == ("adamw",)
        window.close()


def test_that_a_server_that_is_not_there_yet_is_waited_for(qtbot, token, listen, show):
    with EventServer(port=0, token=token) as gone:
        uri = gone.uri
    window = show(listen(uri, token))
    wait(qtbot, lambda: "no server yet: nothing listens there" in window.line.text())


def test_that_a_refusal_is_told(qtbot, server, listen, show):
    window = show(listen(server.uri, Token.new()))
    wait(qtbot, lambda: "refused: the token" in window.line.text())
    assert window.line.property("kind") == "danger"


def test_that_a_file_of_events_is_shown_whole(qtbot, fake_viewer, bench, show):
    content = RunsContent(bench, events=events.whole(), source="events.jsonl")
    window = show(content)
    wait(qtbot, lambda: window.line.text() == "events.jsonl · on box · 4 runs, all ended")
    found = told(qtbot, fake_viewer, "PathSet", "PathStyle")
    wait(qtbot, lambda: found.extend(fake_viewer()) or len({n for k, n in found if k == "PathSet"}) == 6)
    wait(qtbot, lambda: content.is_settled)
    assert content.views.stage.is_log
    assert content.lens.is_log_y(METRIC)


def test_that_a_run_that_diverged_is_marked_and_hidden_arms_go(qtbot, fake_viewer, bench, show):
    happened = [*events.whole(seeds=(0,)), events.begun("lion", 0), *events.steps("lion", 0, 1, 30)]
    content = RunsContent(bench, events=happened + events.diverged("lion", 0, 30), source="events.jsonl")
    show(content)
    assert ("Markers", 1) in told(qtbot, fake_viewer, "Markers")
    content.legend.chips["adamw"].click()
    told(qtbot, fake_viewer, "Remove", "Axes")


def test_that_without_a_viewer_the_curves_stand_alone(qtbot, bench, show):
    content = RunsContent(bench, events=events.whole(), source="events.jsonl")
    show(content)
    wait(qtbot, lambda: content.views.viewer.life is Life.GIVEN_UP)
    assert "Curves alone" in content.views.note.label.text()
    assert not content.views.pane3d.isVisible()
    assert content.views.plot.isVisible()


def test_that_the_axis_follows_until_a_person_chooses(qtbot, fake_viewer, bench, show):
    content = RunsContent(bench, events=events.whole(), source="events.jsonl")
    show(content)
    wait(qtbot, lambda: content.views.stage.is_log is True)
    content.switches["log"].click()
    wait(qtbot, lambda: content.views.stage.is_log is False)
    assert not content.lens.is_log_y(METRIC)


def test_that_a_picture_holds_what_is_seen(qtbot, bench, show, tmp_path):
    content = RunsContent(bench, events=events.whole(), source="events.jsonl")
    window = show(content)
    wait(qtbot, lambda: "all ended" in window.line.text())
    content.save_picture()
    assert content.dialog.isVisible()
    content.dialog.reject()
    content.write_picture(str(tmp_path / "runs.png"))
    wait(qtbot, lambda: window.line.text() == "Saved runs.png.")
    assert QImage(str(tmp_path / "runs.png")).width() == content.width()
    content.write_picture(str(tmp_path / "no folder" / "runs.png"))
    wait(qtbot, lambda: window.line.property("kind") == "danger")


def test_that_the_folder_of_a_picture_is_remembered_and_nothing_else_is_lost(qapp, tmp_path):
    mine = Bench(WindowState(tmp_path / "window.toml"))
    other = WindowState(tmp_path / "window.toml")
    other.set("tour.seen", True)
    other.save()
    mine.state.set(FOLDER, str(tmp_path))
    mine.close()
    now = WindowState(tmp_path / "window.toml")
    assert (now.get("tour.seen", False), now.get(FOLDER, "")) == (True, str(tmp_path))
    mine.deleteLater()
