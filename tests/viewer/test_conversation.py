"""Who is believed, and what is said to whom."""

import pytest

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.conversation import (
    HALF,
    Conversation,
    ImpostorError,
    OtherVersionError,
    new_token,
)
from wnin_desktop.viewer.messages import (
    FrameReady,
    FrameRelease,
    Greeting,
    Hello,
    Ping,
    Pong,
    Ready,
    Resize,
)
from wnin_desktop.viewer.protocol import Decoder, Direction, ProtocolError, encode
from wnin_desktop.viewer.ring import FrameRing


class Other:
    """The viewer's side."""

    def __init__(self):
        self.token = new_token()
        self.bytes = bytearray()
        self.talk = Conversation(self.token, self.bytes.extend)
        self.sequence = 0
        self.decoder = Decoder(Direction.DOWN)

    def say(self, *messages):
        data = b""
        for message in messages:
            self.sequence += 1
            data += encode(message, self.sequence)
        return self.talk.feed(data)

    def heard(self):
        data, self.bytes[:] = bytes(self.bytes), b""
        return list(self.decoder.feed(data))

    def greet(self, **more):
        told = {"proof": self.token[:HALF], "version": "0", "pid": 1}
        return self.say(Greeting(**(told | more)))


def test_that_the_one_with_the_token_is_answered_with_its_other_half():
    other = Other()
    other.greet()
    (hello,) = other.heard()
    assert isinstance(hello, Hello)
    assert hello.proof == other.token[HALF:]
    assert other.talk.is_known


@pytest.mark.parametrize("seed", range(60))
def test_v6_that_an_impostor_learns_nothing(seed):
    other = Other()
    wrong = new_token()[:HALF] if seed else other.token[HALF:]
    with pytest.raises(ImpostorError):
        other.greet(proof=wrong)
    assert other.bytes == b""
    with pytest.raises(ProtocolError):
        other.talk.send(Ping())


def test_that_one_who_does_not_greet_is_an_impostor():
    with pytest.raises(ImpostorError):
        Other().say(Pong(reply_to=0))


def test_that_without_the_check_an_impostor_is_seen_to_be_believed(monkeypatch):
    monkeypatch.setattr("hmac.compare_digest", lambda *_: True)
    other = Other()
    other.greet(proof="0" * HALF)
    assert other.heard()


def test_that_another_protocol_is_named():
    with pytest.raises(OtherVersionError, match="protocol 2"):
        Other().greet(protocol=2)


def test_that_garbage_is_a_protocol_error():
    other = Other()
    other.greet()
    with pytest.raises(ProtocolError):
        other.talk.feed(b"\x00" * limits.HEADER_BYTES)


def test_that_a_slot_is_given_back_when_the_next_frame_is_taken(tmp_path):
    other = Other()
    other.greet()
    with FrameRing(1, 32, 32, tmp_path) as ring:
        other.talk.use_ring(ring, 1.0)
        _, resize = other.heard()
        assert isinstance(resize, Resize)

        def frame(slot, number, generation=1):
            return FrameReady(
                slot=slot, generation=generation, width=32, height=32, stride=256, frame=number, after=1,
                quality="still",
            )  # fmt: skip

        assert other.talk.take_frame(frame(0, 1)) is not None
        assert other.heard() == []
        assert other.talk.take_frame(frame(1, 2)) is not None
        assert other.heard() == [FrameRelease(slot=0, generation=1)]
        assert other.talk.take_frame(frame(2, 3, generation=9)) is None
        other.talk.let_go()
        assert other.heard() == [FrameRelease(slot=1, generation=1)]


def test_that_what_it_says_of_itself_is_kept():
    other = Other()
    told = Ready(
        adapter="llvmpipe", backend="gl", adapter_type="cpu", driver="", version="0", samples=1,
        texture_side=4096,
    )  # fmt: skip
    other.greet()
    assert other.say(told) == [told]
    assert other.talk.ready == told
