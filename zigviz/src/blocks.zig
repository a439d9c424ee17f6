//! What the shaders know of panels, surfaces, paths and clouds: numbers in the order of the WGSL structures.

const std = @import("std");
const assert = std.debug.assert;
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const pipelines_module = @import("pipelines.zig");
const Options = @import("renderer.zig").Options;
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Surface = @import("surface.zig").Surface;
const View = @import("camera.zig").View;
const thinning = @import("thinning.zig");
const vector = @import("vector.zig");

/// What the shaders know of a panel; the order of `Panel` in `common.wgsl`.
pub const PanelBlock = extern struct {
    matrix: [4][4]f32,
    eye: [4]f32,
    back: [4]f32,
    light: [4]f32,
    middle: [4]f32,
    size: [4]f32,
    clip: [4]f32,
    contour: [4]f32,
    halo: [4]f32,
    spacing: [4]f32,
    levels: [constants.contour_levels]f32,
};

pub const SurfaceBlock = extern struct {
    start: [2]f32,
    step: [2]f32,
    colour: [4]f32,
    colouring: [4]f32,
    grid: [4]f32,
};

pub const RibbonBlock = extern struct {
    colour: [4]f32,
    width: [4]f32,
    dashes: [constants.dashes]f32,
    dashing: [4]f32,
    trail: [4]f32,
};

pub const CloudBlock = extern struct {
    colour: [4]f32,
    colouring: [4]f32,
    size: [4]f32,
};

comptime {
    assert(@sizeOf(PanelBlock) <= pipelines_module.panel_bytes);
    for (.{ SurfaceBlock, RibbonBlock, CloudBlock }) |Block| assert(@sizeOf(Block) <= constants.object_bytes);
}

pub fn panelBlock(scene: *const Scene, panel: *const scene_module.Panel, view: *const View, options: *const Options) PanelBlock {
    const light = vector.unit(vector.times(-0.5, view.right) + vector.times(0.62, view.up) + vector.times(0.6, view.back));
    const middle = vector.unit(light + view.back);
    const clip = panel.clipPlaces();
    var result: PanelBlock = .{
        .matrix = view.matrix.columns,
        .eye = .{ view.eye[0], view.eye[1], view.eye[2], if (view.orthographic) 1 else 0 },
        .back = .{ view.back[0], view.back[1], view.back[2], view.stretch },
        .light = .{ light[0], light[1], light[2], if (scene.style.dark) 1 else 0 },
        .middle = .{ middle[0], middle[1], middle[2], 0 },
        .size = .{ view.size[0], view.size[1], options.scale, 0 },
        .clip = .{ clip[0] - 1e-4, clip[1] + 1e-4, panel.contour_width * options.scale, if (panel.contours_on_surface) 1 else 0 },
        .contour = colourOf(scene.style.contour, 1),
        .halo = colourOf(scene.style.halo, 1),
        .spacing = @splat(0),
        .levels = @splat(0),
    };
    const levels = panelLevels(panel, &result.levels);
    result.size[3] = @floatFromInt(levels.len);
    if (levels.len > 0) result.spacing = spacing(levels);
    return result;
}

fn panelLevels(panel: *const scene_module.Panel, target: *[constants.contour_levels]f32) []f32 {
    var count: usize = 0;
    for (panel.levels[0..panel.level_count]) |level| {
        const at = panel.box.z(level);
        if (@abs(at) > 1.001) continue;
        target[count] = at;
        count += 1;
    }
    return target[0..count];
}

/// The first level, how far the next is on the average, and 1 when all are as far apart.
fn spacing(levels: []const f32) [4]f32 {
    if (levels.len == 1) return .{ levels[0], 2, 1, 0 };
    const whole = levels[levels.len - 1] - levels[0];
    const step = whole / @as(f32, @floatFromInt(levels.len - 1));
    for (levels, 0..) |level, index| {
        const expected = levels[0] + step * @as(f32, @floatFromInt(index));
        if (@abs(level - expected) > 1e-3 * step) return .{ levels[0], step, 0, 0 };
    }
    return .{ levels[0], @max(step, 1e-6), 1, 0 };
}

fn colourOf(colour: messages.Colour, opacity: f32) [4]f32 {
    var result: [4]f32 = undefined;
    for (colour, &result) |byte, *part| part.* = @as(f32, @floatFromInt(byte)) / 255;
    result[3] *= opacity;
    return result;
}

fn mapRow(map: u32) f32 {
    return (@as(f32, @floatFromInt(map)) + 0.5) / constants.colour_maps;
}

pub fn surfaceBlock(scene: *const Scene, surface: *const Surface, on_floor: f32) SurfaceBlock {
    const panel = &scene.panels[surface.panel];
    const shape = scene.shapeOf(surface);
    const range = surface.valueRange(&panel.box);
    const colouring = surface.colouring();
    const low: f64, const high: f64 = switch (colouring) {
        .height => .{ panel.box.z(range[0]), panel.box.z(range[1]) },
        else => .{ range[0], range[1] },
    };
    const factor = if (high > low) 1 / (high - low) else 0;
    return .{
        .start = shape.start,
        .step = shape.step,
        .colour = colourOf(surface.colour, 1),
        .colouring = .{
            @floatCast(factor),
            @floatCast(-low * factor),
            mapRow(scene.mapOf(&surface.map)),
            @floatFromInt(@intFromEnum(colouring)),
        },
        .grid = .{ @floatFromInt(surface.columns + 2), @floatFromInt(surface.mesh), surface.opacity, on_floor },
    };
}

pub fn ribbonBlock(scene: *const Scene, path: *const scene_module.Path, view: *const View, options: *const Options) RibbonBlock {
    const width = @max(1, path.width * options.scale);
    // A ribbon is as wide as it is; a slanted surface must not cover one half of it.
    const lift = 0.008 + 2 * width * view.pixelAtTarget();
    var result: RibbonBlock = .{
        .colour = colourOf(path.colour, path.opacity),
        .width = .{ width / 2, width / 2 + 1.6 * options.scale, lift, 0.28 * path.opacity },
        .dashes = @splat(0),
        .dashing = @splat(0),
        .trail = @splat(0),
    };
    var sum: f32 = 0;
    for (path.dash[0..path.dash_count], result.dashes[0..path.dash_count]) |length, *place| {
        place.* = length * width;
        sum += place.*;
    }
    // Dashes have their length on the screen where the box is.
    result.dashing = .{ @floatFromInt(path.dash_count), @max(sum, 1), 1 / view.pixelAtTarget(), 0 };
    if (scene.time.trail != null) {
        const start = scene.trailStart(path);
        const shown = scene.shownPoints(path);
        const step: f32 = @floatFromInt(if (options.thinned) thinning.stepFor(shown -| start) else 1);
        const length: f32 = @floatFromInt(@max(shown, start + 1) - start);
        // Of thinned points the first is that of the trail.
        const first: f32 = if (options.thinned) 0 else @floatFromInt(start);
        result.trail = .{ first, length / step, 1, 0 };
    }
    return result;
}

pub fn cloudBlock(scene: *const Scene, cloud: *const scene_module.Cloud, options: *const Options) CloudBlock {
    const range = cloud.value_range orelse .{ cloud.values[0], cloud.values[1] };
    const span = range[1] - range[0];
    const factor = if (span > 0) 1 / span else 0;
    const coloured = cloud.map != null and cloud.has_values;
    const map = if (cloud.map) |*name| scene.mapOf(name) else 0;
    return .{
        .colour = colourOf(cloud.colour, cloud.opacity),
        .colouring = .{ @floatCast(factor), @floatCast(-range[0] * factor), mapRow(map), if (coloured) 1 else 0 },
        .size = .{ @max(0.6, cloud.size / 2 * options.scale), 0.01, 0.2, 0 },
    };
}

const testing = std.testing;

test "levels that are evenly apart are known as such" {
    try testing.expectEqual([4]f32{ -1, 0.5, 1, 0 }, spacing(&.{ -1, -0.5, 0, 0.5 }));
    try testing.expectEqual(0, spacing(&.{ -1, -0.9, 0.5 })[2]);
    try testing.expectEqual([4]f32{ 0.25, 2, 1, 0 }, spacing(&.{0.25}));
}

test "levels outside of the box are left out" {
    var panel: scene_module.Panel = .{};
    panel.box = .{ .height = .{ 0, 2 } };
    panel.levels[0..3].* = .{ -1, 1, 3 };
    panel.level_count = 3;
    var target: [constants.contour_levels]f32 = undefined;
    const levels = panelLevels(&panel, &target);
    try testing.expectEqual(1, levels.len);
    try testing.expectEqual(0, levels[0]);
}
