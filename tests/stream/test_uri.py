import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.token import Token
from wnin_desktop.stream.uri import PUBLISH_PATH, SUBSCRIBE_PATH, endpoint


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765/publish"),
        ("ws://127.0.0.1:8765/", "ws://127.0.0.1:8765/publish"),
        ("ws://localhost:9/publish", "ws://localhost:9/publish"),
        ("ws://[::1]:8765", "ws://[::1]:8765/publish"),
        ("wss://lab.example:443", "wss://lab.example:443/publish"),
    ],
)
def test_that_good_addresses_lead_to_the_endpoint(given, expected):
    assert endpoint(given, PUBLISH_PATH) == expected


@pytest.mark.parametrize(
    "given",
    [
        "", "127.0.0.1:8765", "http://127.0.0.1:8765", "ws://", "ws://127.0.0.1", "ws://:8765", "ws://lab.example:8765",
        "ws://192.168.0.1:8765", "ws://0.0.0.0:8765", "ws://127.0.0.1:70000", "ws://127.0.0.1:x", "ws://127.0.0.1:0",
        "ws://127.0.0.1:8765/other", "ws://127.0.0.1:8765/subscribe", "ws://127.0.0.1:8765?a=b", "ws://[::1:8765",
        "ws://127.0.0.1:8765#a", "ws://user@127.0.0.1:8765", "ws://127.0.0.1.evil.example:8765", "wss://lab.example",
        "ws://127.0.0.1:8765\n", "ws://127.0.0.1 :8765", "ws://127.1:8765",
    ],
)  # fmt: skip
def test_that_other_addresses_are_one_sentence_naming_the_flag(given):
    with pytest.raises(InputError) as caught:
        endpoint(given, PUBLISH_PATH)
    assert str(caught.value).startswith("--ws: ")
    assert "ws://127.0.0.1:8765" in str(caught.value)


def test_that_a_secret_in_an_address_is_not_repeated():
    for uri in ("ws://ada:hush@127.0.0.1:8765", "ws://127.0.0.1:8765?token=hush", "ws://127.0.0.1:8765#hush"):
        with pytest.raises(InputError) as caught:
            Publisher(uri, Token.new())
        assert "hush" not in str(caught.value)


def test_that_the_watcher_s_flag_is_named():
    with pytest.raises(InputError, match="--watch"):
        endpoint("ws://elsewhere:1", SUBSCRIBE_PATH, field="--watch")
