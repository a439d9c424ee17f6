from dataclasses import replace

import pytest

from tests.qt.pages.landscape import scenes
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.pages.landscape.words import MIDDLE, caption


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("none", "no normalization layers"),
        ("none with running statistics", "no normalization layers with running statistics"),
        ("without running statistics", "normalization layers: without running statistics"),
        ("", None),
    ],
)
def test_that_a_caption_says_what_normalization_layers_did(words, told):
    terrain = replace(Terrain.of_surface(scenes.surface()), normalization=words)
    found = [part for part in caption(terrain).split(MIDDLE) if "normalization" in part]
    assert found == ([] if told is None else [told])
