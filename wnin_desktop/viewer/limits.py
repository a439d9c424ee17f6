"""Every limit of the viewer's wire format.

`zigviz/src/constants.zig` holds the same numbers, and a test compares them. Whole numbers only, one to a
line, so that both sides can be read by the same eye.
"""

from __future__ import annotations

PROTOCOL_VERSION = 1

HEADER_BYTES = 16
PAYLOAD_BYTES = 64 * 1024 * 1024
"""Largest payload of a message that carries arrays."""
CONTROL_BYTES = 64 * 1024
"""Largest payload of a message that is JSON only."""
HEAD_BYTES = 4096
"""Largest JSON head in front of arrays, padding included."""

TOKEN_CHARACTERS = 64
"""Hexadecimal digits of the one-time token; each side proves one half."""
TEXT_CHARACTERS = 128
"""Longest label or title, in Unicode code points."""
PATH_CHARACTERS = 2048
"""Longest file name with its folders."""
MESSAGE_CHARACTERS = 1024
"""Longest message of an error."""

PANELS = 4
SURFACES = 16
GRID_SIDE = 1024
GRID_SIDE_LEAST = 2
PATHS = 64
PATH_POINTS = 1_000_000
"""Points of all paths together."""
CLOUDS = 16
CLOUD_POINTS = 1_000_000
"""Points of all particle clouds together."""
MARKER_GROUPS = 64
MARKERS = 8192
"""Markers of all groups together."""
COLOUR_MAPS = 16
COLOUR_MAP_ENTRIES = 256
FACES = 2
GLYPHS = 1024
"""Glyphs of one face."""
ATLAS_SIDE = 2048
"""Largest side of a face's bitmap, in pixels."""
TICKS = 32
"""Ticks of one axis."""
CONTOUR_LEVELS = 64
DASHES = 8
"""Lengths in one dash pattern."""

FRAME_WIDTH = 3840
FRAME_HEIGHT = 2160
FRAME_SIDE_LEAST = 16
SNAPSHOT_WIDTH = 7680
SNAPSHOT_HEIGHT = 4320

SLOTS = 3
IN_FLIGHT = 2
"""Frames handed to the host and not released yet."""
ROW_ALIGNMENT = 256
RING_HEADER_BYTES = 4096
RING_VERSION = 1

STEP_LARGEST = 4_294_967_295
"""A step on the wire is a u32."""
