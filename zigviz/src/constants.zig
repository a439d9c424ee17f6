//! Every limit of the viewer. The first part is the wire's and stands in `wnin_desktop/viewer/limits.py`
//! too; a test on the Python side compares the two.

const std = @import("std");
const assert = std.debug.assert;

// The wire.
pub const protocol_version = 1;
pub const header_bytes = 16;
pub const payload_bytes = 64 * 1024 * 1024;
pub const control_bytes = 64 * 1024;
pub const head_bytes = 4096;
pub const token_characters = 64;
pub const text_characters = 128;
pub const path_characters = 2048;
pub const message_characters = 1024;
pub const panels = 4;
pub const surfaces = 16;
pub const grid_side = 1024;
pub const grid_side_least = 2;
pub const paths = 64;
pub const path_points = 1_000_000;
pub const clouds = 16;
pub const cloud_points = 1_000_000;
pub const marker_groups = 64;
pub const markers = 8192;
pub const colour_maps = 16;
pub const colour_map_entries = 256;
pub const faces = 2;
pub const glyphs = 1024;
pub const atlas_side = 2048;
pub const ticks = 32;
pub const contour_levels = 64;
pub const dashes = 8;
pub const frame_width = 3840;
pub const frame_height = 2160;
pub const frame_side_least = 16;
pub const snapshot_width = 7680;
pub const snapshot_height = 4320;
pub const slots = 3;
pub const in_flight = 2;
pub const row_alignment = 256;
pub const ring_header_bytes = 4096;
pub const ring_version = 1;
pub const step_largest = 4_294_967_295;

// The viewer's own.

/// A code point takes at most four bytes.
pub const text_bytes = 4 * text_characters;
pub const path_bytes = 4 * path_characters;
pub const slot_bytes_largest = 64 * 1024 * 1024;
pub const number_largest: f64 = 3e38;

/// Messages that wait to be read; the largest one and some small ones fit together.
pub const inbox_bytes = 80 * 1024 * 1024;
/// Memory for what a JSON text needs beside itself: strings with escapes, and its depth.
pub const json_scratch_bytes = 2 * control_bytes;
/// The largest message that goes up.
pub const outbox_bytes = control_bytes;

/// A surface's vertices on the graphics card: its grid with one more line on each side, for the slopes.
pub const padded_side = grid_side + 2;
pub const grid_cells = grid_side * grid_side;
pub const padded_cells = padded_side * padded_side;
/// Six corners for each cell.
pub const mesh_indices = 6 * (grid_side - 1) * (grid_side - 1);
/// Index buffers that are kept: sizes of grids times orders of drawing.
pub const meshes = 24;

/// Places for the vertices of all surfaces together: four of the largest, or many smaller ones.
pub const grid_pool_cells = 4 * padded_cells;
/// Places for points of paths: each path may hold as many again in reserve while it grows.
pub const path_pool_points = 2 * path_points + path_ends * paths;
pub const cloud_pool_points = cloud_points;
/// What a path holds on the graphics card beside its points: its first once more, so that one point is a dot.
pub const path_ends = 1;
pub const path_least_capacity = 256;

/// What is made anew for each picture.
pub const frame_lines = 2048;
pub const frame_quads = 8192;
pub const frame_vertices = 4096;
pub const frame_objects = 512;
pub const object_bytes = 256;
/// Four panels with all that belongs to them.
pub const frame_uniform_bytes = frame_objects * object_bytes;

/// On an adapter that is a processor, while something moves: so many cells along a side, so many particles.
pub const coarse_side = 128;
pub const coarse_points = 20_000;
pub const coarse_path_points = 4_000;
pub const coarse_path_entries = coarse_path_points + path_ends + 1;

pub const samples_still = 4;
pub const still_after_ms = 120;
pub const camera_report_ms = 33;
pub const stats_ms = 1000;
/// After the end of the stream; then the process ends whatever the graphics driver does.
pub const farewell_ms = 1500;
pub const pick_reach_pixels = 14.0;
pub const click_reach_pixels = 4.0;
pub const glb_bytes_largest = 1 << 31;

comptime {
    assert(header_bytes == 16);
    assert(control_bytes <= payload_bytes);
    assert(inbox_bytes >= payload_bytes + 2 * (header_bytes + 8) + control_bytes);
    // The largest surface with values, the longest path and the largest cloud fit in a message.
    assert(head_bytes + 4 + 2 * 4 * grid_cells <= payload_bytes);
    assert(head_bytes + 4 + 16 * path_points <= payload_bytes);
    assert(head_bytes + 4 + 16 * cloud_points <= payload_bytes);
    assert(head_bytes + 4 + 24 * markers <= payload_bytes);
    assert(head_bytes + 4 + 32 * glyphs + atlas_side * atlas_side <= payload_bytes);
    // The largest frame fits in a slot.
    assert(std.mem.alignForward(usize, 4 * frame_width, row_alignment) * frame_height <= slot_bytes_largest);
    assert(in_flight < slots);
    assert(padded_cells < std.math.maxInt(u32));
    assert(object_bytes % 256 == 0);
    assert(@import("builtin").cpu.arch.endian() == .little);
}
