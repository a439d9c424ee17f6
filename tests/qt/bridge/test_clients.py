"""Who is connected to the window's server and who was."""

from wnin_desktop.qt.bridge.clients import LATE_S, MOST_ENDED, Clients
from wnin_desktop.stream.service import ClientStats


def seen(peer, events=0, *, subscriber=False):
    return ClientStats(peer, subscriber, events, 0, 0, lagging=False)


def test_that_one_who_leaves_is_listed_as_ended_with_what_it_did():
    clients = Clients()
    clients.take([seen("a", 5), seen("b", subscriber=True)], 100.0)
    clients.hear("a", "sweep", "gpu-07", 5, 100.5)
    clients.take([seen("b", 9, subscriber=True)], 160.0)
    here, gone = clients.all()
    assert (here.peer, here.ended, here.events) == ("b", None, 9)
    assert (gone.name, gone.host, gone.events) == ("sweep", "gpu-07", 5)
    assert (gone.since, gone.ended) == (100.0, 160.0)


def test_that_one_who_comes_and_goes_between_two_pictures_is_listed():
    clients = Clients()
    clients.hear("a", "quick", "here", 40, 100.0)
    clients.hear("a", "quick", "here", 2, 100.1)
    clients.take([], 101.0)
    clients.hear("a", "quick", "here", 1, 101.1)
    (gone,) = clients.all()
    assert (gone.events, gone.ended) == (43, 101.0)


def test_that_one_who_was_missing_in_a_late_picture_was_never_gone():
    clients = Clients()
    clients.hear("a", "sweep", "here", 1, 100.0)
    clients.take([], 100.1)
    clients.take([seen("a", 7)], 101.0)
    (client,) = clients.all()
    assert (client.ended, client.events, client.name) == (None, 7, "sweep")


def test_that_an_address_that_is_used_again_is_another_client():
    clients = Clients()
    clients.take([seen("a", 3)], 100.0)
    clients.take([], 110.0)
    clients.take([seen("a", 1)], 111.0 + LATE_S)
    assert [(each.events, each.ended) for each in clients.all()] == [(1, None), (3, 110.0)]


def test_that_the_last_that_ended_are_kept_and_no_more():
    clients = Clients()
    for number in range(MOST_ENDED + 8):
        clients.take([seen(f"{number}")], float(10 * number))
    clients.take([], 10_000.0)
    assert [each.peer for each in clients.all()] == [f"{MOST_ENDED + 7 - back}" for back in range(MOST_ENDED)]
