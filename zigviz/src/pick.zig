//! What lies under a pixel.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Surface = @import("surface.zig").Surface;
const View = @import("camera.zig").View;
const vector = @import("vector.zig");
const Vec3 = vector.Vec3;
const Layout = @import("layout.zig").Layout;
const box_module = @import("box.zig");

pub const Found = struct {
    panel: ?u32 = null,
    surface: u32 = 0,
    /// Of the surface, in the box.
    place: ?Vec3 = null,
    a: ?f64 = null,
    b: ?f64 = null,
    height: ?f64 = null,
    value: ?f64 = null,
    path: u32 = 0,
    point: u32 = 0,
    step: u32 = 0,
    path_position: ?[3]f64 = null,
    path_distance: ?f64 = null,
    group: u32 = 0,
    marker: u32 = 0,
};

/// Looks through the scene, which is settled, at a pixel of the picture.
pub fn at(scene: *const Scene, layout: *const Layout, x: f32, y: f32, scale: f32) Found {
    var found: Found = .{};
    const index = layout.at(x, y) orelse return found;
    found.panel = index;
    const area = layout.places[index].view;
    const view = layout.view(scene, index, scale);
    const here: [2]f32 = .{ x - area.x, y - area.y };
    findSurface(scene, &view, index, here, &found);
    findPath(scene, &view, index, here, constants.pick_reach_pixels * scale, &found);
    findMarker(scene, &view, index, here, constants.pick_reach_pixels * scale, &found);
    return found;
}

fn findSurface(scene: *const Scene, view: *const View, index: u32, here: [2]f32, found: *Found) void {
    const ray = view.ray(here[0], here[1]);
    var nearest: f32 = std.math.inf(f32);
    for (&scene.surfaces) |*surface| {
        if (surface.id == 0 or surface.panel != index or !surface.visible or surface.opacity == 0) continue;
        const shape = scene.shapeOf(surface);
        const along = shape.meet(ray.origin, ray.direction) orelse continue;
        if (along >= nearest) continue;
        nearest = along;
        const place = ray.origin + vector.times(along, ray.direction);
        const box = &scene.panels[index].box;
        found.surface = surface.id;
        found.place = place;
        found.a = box.a_of(place[0]);
        found.b = box.b_of(place[1]);
        const start = scene.gridOf(surface).start;
        const count = surface.columns * surface.rows;
        found.height = sample(surface, scene.heights[start..][0..count], found.a.?, found.b.?);
        found.value = if (surface.has_values) sample(surface, scene.values[start..][0..count], found.a.?, found.b.?) else null;
    }
}

/// The number of the grid at (a, b), between the corners of its triangle; null where it is not finite.
fn sample(surface: *const Surface, numbers: []const f32, a: f64, b: f64) ?f64 {
    const i, const s = cell((a - surface.a[0]) / (surface.a[1] - surface.a[0]), surface.columns);
    const j, const t = cell((b - surface.b[0]) / (surface.b[1] - surface.b[0]), surface.rows);
    const low: f64 = numbers[j * surface.columns + i];
    const high: f64 = numbers[(j + 1) * surface.columns + i + 1];
    const side: f64 = if (s > t) numbers[j * surface.columns + i + 1] else numbers[(j + 1) * surface.columns + i];
    const value = if (s > t) low + s * (side - low) + t * (high - side) else low + t * (side - low) + s * (high - side);
    return if (std.math.isFinite(value)) value else null;
}

fn cell(part: f64, lines: u32) struct { u32, f64 } {
    const last: f64 = @floatFromInt(lines - 1);
    const place = std.math.clamp(part, 0, 1) * last;
    const first = std.math.clamp(@floor(place), 0, last - 1);
    return .{ @intFromFloat(first), place - first };
}

fn distanceTo(view: *const View, place: Vec3, here: [2]f32) ?f32 {
    if (place[2] < box_module.hole_limit or @abs(place[0]) > 1.001 or @abs(place[1]) > 1.001) return null;
    const seen = view.project(place) orelse return null;
    const x, const y = .{ seen[0] - here[0], seen[1] - here[1] };
    return @sqrt(x * x + y * y);
}

fn findPath(scene: *const Scene, view: *const View, index: u32, here: [2]f32, reach: f32, found: *Found) void {
    var nearest = reach;
    for (&scene.paths) |*path| {
        if (path.id == 0 or path.panel != index or !path.visible) continue;
        const region = scene.lineOf(path);
        for (scene.trailStart(path)..scene.shownPoints(path)) |point| {
            const entry = scene.path_places[region.start + point + constants.path_ends];
            const distance = distanceTo(view, .{ entry[0], entry[1], entry[2] }, here) orelse continue;
            if (distance >= nearest) continue;
            nearest = distance;
            found.path = path.id;
            found.point = @intCast(point);
            found.step = scene.path_steps[region.start + point];
            const position = scene.path_positions[region.start + point];
            found.path_position = null;
            if (std.math.isFinite(position[0]) and std.math.isFinite(position[1]) and std.math.isFinite(position[2])) {
                found.path_position = .{ position[0], position[1], position[2] };
            }
            found.path_distance = distance;
        }
    }
}

fn findMarker(scene: *const Scene, view: *const View, index: u32, here: [2]f32, reach: f32, found: *Found) void {
    var nearest = reach;
    for (&scene.groups, &scene.marks.of) |*group, region| {
        if (group.id == 0 or group.panel != index) continue;
        for (0..group.count) |marker| {
            if (scene.time.step) |step| if (scene.mark_steps[region.start + marker] > step) continue;
            const place = scene.mark_places[region.start + marker];
            const distance = distanceTo(view, place, here) orelse continue;
            if (distance >= nearest) continue;
            nearest = distance;
            found.group = group.id;
            found.marker = @intCast(marker);
        }
    }
}

/// The answer to a question, in the words of the wire.
pub fn answer(comptime T: type, found: *const Found, x: f32, y: f32, reply_to: u32) T {
    var result: T = undefined;
    inline for (@typeInfo(T).@"struct".fields) |field| {
        if (comptime @hasField(Found, field.name)) @field(result, field.name) = @field(found, field.name);
    }
    result.x = x;
    result.y = y;
    result.reply_to = reply_to;
    if (T == messages.Picked) result.clicked = false;
    return result;
}

const testing = std.testing;

fn testScene() !*Scene {
    const scene = try Scene.create();
    errdefer scene.destroy();
    var heights: [21 * 31]f32 = undefined;
    for (0..21) |j| for (0..31) |i| {
        heights[j * 31 + i] = 1 + 0.1 * @as(f32, @floatFromInt(i)) + 0.05 * @as(f32, @floatFromInt(j));
    };
    const head: messages.Surface = .{ .id = 4, .a = .{ -3, 3 }, .b = .{ 0, 2 }, .rows = 21, .columns = 31, .values = true };
    try scene.setSurface(&head, .{ .heights = &heights, .values = &heights });
    const positions = [_][3]f32{ .{ -1, 0.5, 2 }, .{ 1, 1.5, 3 } };
    try scene.setPath(&.{ .id = 6, .count = 2 }, .{ .positions = &positions, .steps = &.{ 10, 20 } });
    try scene.stylePath(&.{ .id = 6, .drape = 4 });
    const shapes = [_]u32{ 0, 2 };
    const colours: [2][4]u8 = @splat(.{ 0, 0, 0, 255 });
    try scene.setMarkers(&.{ .id = 8, .count = 2, .drape = 4 }, .{ .positions = &positions, .steps = &.{ 10, 20 }, .shapes = &shapes, .colours = &colours });
    scene.settle();
    return scene;
}

test "what is drawn at a place is found at its pixel" {
    const scene = try testScene();
    defer scene.destroy();
    for ([_]messages.Preset{ .corner, .top, .low }) |preset| {
        scene.panels[0].camera.go((@import("camera.zig").Pose{}).preset(preset), 0);
        const layout: Layout = .of(scene, 900, 700, 1);
        const view = layout.view(scene, 0, 1);
        const shape = scene.shapeOf(&scene.surfaces[0]);
        for ([_][2]f32{ .{ 0.2, 0.4 }, .{ 0.5, -0.7 }, .{ 0.9, 0.9 } }) |place| {
            const seen = view.project(.{ place[0], place[1], shape.heightAt(place[0], place[1]).? }).?;
            const found = at(scene, &layout, seen[0], seen[1], 1);
            try testing.expectEqual(4, found.surface);
            try testing.expectApproxEqAbs(@as(f64, place[0]) * 3, found.a.?, 0.02);
            try testing.expectApproxEqAbs(@as(f64, place[1]) + 1, found.b.?, 0.02);
            const expected = 1 + 0.1 * (found.a.? + 3) / 0.2 + 0.05 * found.b.? / 0.1;
            try testing.expectApproxEqAbs(expected, found.height.?, 1e-4);
            try testing.expectEqual(found.height, found.value);
        }
    }
}

test "the nearest step of a path is found, and only what the time shows" {
    const scene = try testScene();
    defer scene.destroy();
    const layout: Layout = .of(scene, 900, 700, 1);
    const view = layout.view(scene, 0, 1);
    const entry = scene.path_places[scene.lineOf(&scene.paths[0]).start + 2];
    const seen = view.project(.{ entry[0], entry[1], entry[2] }).?;
    const found = at(scene, &layout, seen[0] + 3, seen[1], 1);
    try testing.expectEqual(6, found.path);
    try testing.expectEqual(1, found.point);
    try testing.expectEqual(20, found.step);
    try testing.expectApproxEqAbs(3, found.path_distance.?, 0.05);
    try testing.expectEqual(8, found.group);
    try testing.expectEqual(1, found.marker);
    scene.time.step = 15;
    const earlier = at(scene, &layout, seen[0], seen[1], 1);
    try testing.expectEqual(0, earlier.path);
    try testing.expectEqual(0, earlier.group);
}

test "where nothing is, nothing is found" {
    const scene = try testScene();
    defer scene.destroy();
    const layout: Layout = .of(scene, 900, 700, 1);
    const found = at(scene, &layout, 2, 2, 1);
    try testing.expectEqual(0, found.panel.?);
    try testing.expectEqual(0, found.surface);
    try testing.expectEqual(null, found.a);
    try testing.expectEqual(null, at(scene, &layout, -5, 2, 1).panel);
    const picked = answer(messages.Picked, &found, 2, 2, 77);
    try testing.expectEqual(77, picked.reply_to);
    try testing.expect(!picked.clicked);
}
