"""The file of frames."""

import struct

import numpy as np
import pytest

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import FrameReady
from wnin_desktop.viewer.ring import FrameRing, RingError, slot_bytes_of, stride_of


def ready(ring, slot=0, **more):
    told = {"generation": ring.generation, "width": ring.width, "height": ring.height, "stride": ring.stride}
    return FrameReady(slot=slot, frame=1, after=0, quality="still", **(told | more))


def test_that_rows_are_padded_and_slots_are_whole_pages():
    assert [stride_of(width) for width in (1, 64, 65, 1280)] == [256, 256, 512, 5120]
    assert slot_bytes_of(65, 16) == 8192
    assert slot_bytes_of(3840, 2160) <= 64 * 1024 * 1024


def test_that_what_another_writes_into_the_file_is_seen_without_a_copy(tmp_path):
    with FrameRing(7, 65, 20, tmp_path) as ring:
        other = np.memmap(ring.path, np.uint8, mode="r+")
        assert struct.unpack_from("<8sIIQ", other) == (b"WNINRING", 1, 3, ring.slot_bytes)
        assert len(other) == limits.RING_HEADER_BYTES + 3 * ring.slot_bytes
        frame = np.frombuffer(ring.frame(ready(ring, 2)), np.uint8).reshape(20, ring.stride)
        other[limits.RING_HEADER_BYTES + 2 * ring.slot_bytes + 3 * ring.stride + 5] = 99
        assert frame[3, 5] == 99
        del frame, other


def test_that_only_its_owner_may_read_it_and_it_is_gone_afterwards(tmp_path):
    ring = FrameRing(1, 32, 32, tmp_path)
    held = ring.frame(ready(ring))
    assert ring.path.stat().st_mode & 0o777 == 0o600
    ring.close()
    assert list(tmp_path.iterdir()) == []
    assert held[0] == 0  # a picture that is still shown keeps its memory


@pytest.mark.parametrize("wrong", [{"width": 33}, {"height": 31}, {"stride": 512}, {"generation": 2}])
def test_that_a_frame_that_does_not_fit_is_refused(tmp_path, wrong):
    with FrameRing(1, 32, 32, tmp_path) as ring, pytest.raises(RingError, match="does not have"):
        ring.frame(ready(ring, **wrong))


def test_that_no_room_is_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(RingError, match="bytes for frames"):
        FrameRing(1, 32, 32, tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []
