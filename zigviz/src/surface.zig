//! A surface: a grid of heights, how it is drawn, and where a ray or a place meets it.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const vector = @import("vector.zig");
const Vec3 = vector.Vec3;
const Box = @import("box.zig").Box;
const box_module = @import("box.zig");
const Label = @import("label.zig").Label;

pub const Surface = struct {
    /// 0: there is none.
    id: u32 = 0,
    panel: u32 = 0,
    columns: u32 = 0,
    rows: u32 = 0,
    a: [2]f64 = .{ 0, 1 },
    b: [2]f64 = .{ 0, 1 },
    has_values: bool = false,
    label: Label = .{},
    visible: bool = true,
    opacity: f32 = 1,
    colour_by: messages.ColourBy = .height,
    colour: messages.Colour = .{ 128, 128, 128, 255 },
    map: Label = .{},
    value_range: ?messages.Range = null,
    mesh: u32 = 0,
    /// Least and most of what is finite; the first is above the second when nothing is.
    heights: [2]f32 = .{ 0, 1 },
    values: [2]f32 = .{ 0, 1 },
    /// Some height is not finite.
    has_holes: bool = false,
    /// The places are not those of the heights.
    stale: bool = true,
    /// The graphics card has other places.
    unsent: bool = true,

    pub fn setStyle(surface: *Surface, style: *const messages.SurfaceStyle) void {
        surface.visible = style.visible;
        surface.opacity = style.opacity;
        surface.colour_by = style.colour_by;
        surface.colour = style.colour;
        surface.map.set(style.colour_map);
        surface.value_range = style.value_range;
        surface.mesh = style.mesh;
    }

    pub fn isSolid(surface: *const Surface) bool {
        return surface.opacity >= 0.999;
    }

    /// What is coloured: `colour_by`, unless there are no values.
    pub fn colouring(surface: *const Surface) messages.ColourBy {
        return if (surface.colour_by == .value and !surface.has_values) .height else surface.colour_by;
    }

    /// Ends of the colour map.
    pub fn valueRange(surface: *const Surface, box: *const Box) [2]f64 {
        if (surface.value_range) |range| return range;
        if (surface.colouring() == .height) return box.height;
        if (surface.values[0] < surface.values[1]) return .{ surface.values[0], surface.values[1] };
        return .{ surface.values[0] - 0.5, surface.values[0] + 0.5 };
    }
};

/// Least and most of the finite numbers.
pub fn extent(numbers: []const f32) [2]f32 {
    var least: f32 = std.math.inf(f32);
    var most: f32 = -std.math.inf(f32);
    for (numbers) |number| if (std.math.isFinite(number)) {
        least = @min(least, number);
        most = @max(most, number);
    };
    return .{ least, most };
}

pub fn allFinite(numbers: []const f32) bool {
    var sum: f32 = 0;
    for (numbers) |number| sum += number * 0;
    return sum == 0;
}

/// A surface with its places, for questions of geometry.
pub const Shape = struct {
    columns: u32,
    rows: u32,
    /// Where the first column and row lie in the box, and how far the next is.
    start: [2]f32,
    step: [2]f32,
    /// With the border of `mesh.prepare`.
    places: []const f32,
    /// Places outside of these are cut away.
    clip: [2]f32,

    pub fn of(surface: *const Surface, box: *const Box, places: []const f32, clip: [2]f32) Shape {
        const start: [2]f32 = .{ box.x(surface.a[0]), box.y(surface.b[0]) };
        const end: [2]f32 = .{ box.x(surface.a[1]), box.y(surface.b[1]) };
        return .{
            .columns = surface.columns,
            .rows = surface.rows,
            .start = start,
            .step = .{
                (end[0] - start[0]) / @as(f32, @floatFromInt(surface.columns - 1)),
                (end[1] - start[1]) / @as(f32, @floatFromInt(surface.rows - 1)),
            },
            .places = places,
            .clip = clip,
        };
    }

    fn corner(shape: *const Shape, i: u32, j: u32) f32 {
        return shape.places[(j + 1) * (shape.columns + 2) + i + 1];
    }

    /// The height of the surface, on its triangles; null outside and in a hole.
    pub fn heightAt(shape: *const Shape, x: f32, y: f32) ?f32 {
        const u = (x - shape.start[0]) / shape.step[0];
        const v = (y - shape.start[1]) / shape.step[1];
        const last_u: f32 = @floatFromInt(shape.columns - 1);
        const last_v: f32 = @floatFromInt(shape.rows - 1);
        if (!(u >= -1e-4 and v >= -1e-4 and u <= last_u + 1e-4 and v <= last_v + 1e-4)) return null;
        const i: u32 = @intFromFloat(std.math.clamp(@floor(u), 0, last_u - 1));
        const j: u32 = @intFromFloat(std.math.clamp(@floor(v), 0, last_v - 1));
        const s = std.math.clamp(u - @as(f32, @floatFromInt(i)), 0, 1);
        const t = std.math.clamp(v - @as(f32, @floatFromInt(j)), 0, 1);
        const low, const high = .{ shape.corner(i, j), shape.corner(i + 1, j + 1) };
        const height = if (s > t) between: {
            const side = shape.corner(i + 1, j);
            break :between low + s * (side - low) + t * (high - side);
        } else between: {
            const side = shape.corner(i, j + 1);
            break :between low + t * (side - low) + s * (high - side);
        };
        return if (height > box_module.hole_limit) height else null;
    }

    /// How far along the ray, in its directions, it meets the surface first.
    pub fn meet(shape: *const Shape, origin: Vec3, direction: Vec3) ?f32 {
        const inside = shape.throughBase(origin, direction) orelse return null;
        // In columns and rows; then every line of the grid that the ray crosses ends a cell.
        const from: [2]f32 = .{ (origin[0] - shape.start[0]) / shape.step[0], (origin[1] - shape.start[1]) / shape.step[1] };
        const speed: [2]f32 = .{ direction[0] / shape.step[0], direction[1] / shape.step[1] };
        var along = inside[0];
        const longest = 2 * (shape.columns + shape.rows);
        for (0..longest) |_| {
            const middle = 1e-5 * (inside[1] - inside[0]);
            const at: [2]f32 = .{ from[0] + (along + middle) * speed[0], from[1] + (along + middle) * speed[1] };
            const i = cellOf(at[0], shape.columns);
            const j = cellOf(at[1], shape.rows);
            if (shape.meetCell(i, j, origin, direction)) |met| return met;
            const next = @min(crossing(from[0], speed[0], i, along), crossing(from[1], speed[1], j, along));
            if (next >= inside[1]) return null;
            along = @max(next, along + middle);
        }
        return null;
    }

    fn cellOf(at: f32, lines: u32) u32 {
        return @intFromFloat(std.math.clamp(@floor(at), 0, @as(f32, @floatFromInt(lines - 2))));
    }

    fn crossing(from: f32, speed: f32, cell: u32, after: f32) f32 {
        if (@abs(speed) < 1e-12) return std.math.inf(f32);
        const border: f32 = @floatFromInt(if (speed > 0) cell + 1 else cell);
        const at = (border - from) / speed;
        return if (at > after) at else std.math.inf(f32);
    }

    /// Where the ray is above or below the grid.
    fn throughBase(shape: *const Shape, origin: Vec3, direction: Vec3) ?[2]f32 {
        var span: [2]f32 = .{ 0, 1e6 };
        const sizes: [2]f32 = .{ @floatFromInt(shape.columns - 1), @floatFromInt(shape.rows - 1) };
        inline for (0..2) |axis| {
            const low = shape.start[axis];
            const high = low + sizes[axis] * shape.step[axis];
            if (@abs(direction[axis]) < 1e-12) {
                if (origin[axis] < low or origin[axis] > high) return null;
            } else {
                const one = (low - origin[axis]) / direction[axis];
                const two = (high - origin[axis]) / direction[axis];
                span = .{ @max(span[0], @min(one, two)), @min(span[1], @max(one, two)) };
            }
        }
        return if (span[0] < span[1]) span else null;
    }

    fn meetCell(shape: *const Shape, i: u32, j: u32, origin: Vec3, direction: Vec3) ?f32 {
        const places = [4]Vec3{
            shape.vertex(i, j), shape.vertex(i + 1, j), shape.vertex(i + 1, j + 1), shape.vertex(i, j + 1),
        };
        var nearest: ?f32 = null;
        for ([_][3]u8{ .{ 0, 1, 2 }, .{ 0, 2, 3 } }) |triangle| {
            const met = meetTriangle(origin, direction, places[triangle[0]], places[triangle[1]], places[triangle[2]]) orelse continue;
            const height = origin[2] + met * direction[2];
            if (height < shape.clip[0] or height > shape.clip[1]) continue;
            if (nearest == null or met < nearest.?) nearest = met;
        }
        return nearest;
    }

    fn vertex(shape: *const Shape, i: u32, j: u32) Vec3 {
        return .{
            shape.start[0] + @as(f32, @floatFromInt(i)) * shape.step[0],
            shape.start[1] + @as(f32, @floatFromInt(j)) * shape.step[1],
            shape.corner(i, j),
        };
    }
};

/// Möller and Trumbore: how far along the ray it goes through the triangle.
fn meetTriangle(origin: Vec3, direction: Vec3, a: Vec3, b: Vec3, c: Vec3) ?f32 {
    if (a[2] < box_module.hole_limit or b[2] < box_module.hole_limit or c[2] < box_module.hole_limit) return null;
    const one, const two = .{ b - a, c - a };
    const normal = vector.cross(direction, two);
    const size = vector.dot(one, normal);
    if (@abs(size) < 1e-18) return null;
    const slack = 1e-4;
    const from = origin - a;
    const u = vector.dot(from, normal) / size;
    if (u < -slack or u > 1 + slack) return null;
    const across = vector.cross(from, one);
    const v = vector.dot(direction, across) / size;
    if (v < -slack or u + v > 1 + slack) return null;
    const along = vector.dot(two, across) / size;
    return if (along > 0) along else null;
}

const testing = std.testing;
const mesh = @import("mesh.zig");

fn sampleShape(comptime side: u32, heights: *[side * side]f32, places: *[(side + 2) * (side + 2)]f32) Shape {
    for (0..side) |j| for (0..side) |i| {
        const x = 2 * @as(f32, @floatFromInt(i)) / (side - 1) - 1;
        const y = 2 * @as(f32, @floatFromInt(j)) / (side - 1) - 1;
        heights[j * side + i] = 0.5 * (x * x + y * y) - 0.5;
    };
    const box: Box = .{ .height = .{ -1, 1 } };
    mesh.prepare(heights, side, side, box.heights(), places);
    const surface: Surface = .{ .id = 1, .columns = side, .rows = side, .a = .{ -1, 1 }, .b = .{ -1, 1 } };
    return .of(&surface, &box, places, .{ -1, 1 });
}

test "what a ray meets lies on the surface, and is what walking along the ray finds" {
    var heights: [33 * 33]f32 = undefined;
    var places: [35 * 35]f32 = undefined;
    const shape = sampleShape(33, &heights, &places);
    var random: std.Random.DefaultPrng = .init(7);
    const chance = random.random();
    var met_count: usize = 0;
    for (0..2000) |_| {
        const origin: Vec3 = .{ 6 * chance.float(f32) - 3, 6 * chance.float(f32) - 3, 3 * chance.float(f32) - 1 };
        const aim: Vec3 = .{ 2 * chance.float(f32) - 1, 2 * chance.float(f32) - 1, chance.float(f32) - 0.5 };
        const direction = vector.unit(aim - origin);
        const met = shape.meet(origin, direction);
        const walked = walk(&shape, origin, direction);
        if (walked) |along| {
            try testing.expect(met != null);
            try testing.expectApproxEqAbs(along, met.?, 0.02);
        }
        if (met) |along| {
            met_count += 1;
            const place = origin + vector.times(along, direction);
            try testing.expectApproxEqAbs(shape.heightAt(place[0], place[1]).?, place[2], 1e-3);
        }
    }
    try testing.expect(met_count > 500);
}

/// The plain way: small steps until the other side is reached.
fn walk(shape: *const Shape, origin: Vec3, direction: Vec3) ?f32 {
    var before: ?f32 = null;
    var along: f32 = 0.05;
    while (along < 9) : (along += 0.005) {
        const place = origin + vector.times(along, direction);
        const height = shape.heightAt(place[0], place[1]) orelse {
            before = null;
            continue;
        };
        const above = place[2] - height;
        if (before) |last| if (last * above < 0) return along;
        before = above;
    }
    return null;
}

test "a hole is met by nothing" {
    var heights: [5 * 5]f32 = undefined;
    var places: [7 * 7]f32 = undefined;
    var shape = sampleShape(5, &heights, &places);
    try testing.expectApproxEqAbs(3.5, shape.meet(.{ 0, 0, 3 }, .{ 0, 0, -1 }).?, 1e-4);
    places[3 * 7 + 3] = box_module.hole;
    shape.places = &places;
    try testing.expectEqual(null, shape.meet(.{ 0.1, 0.05, 3 }, .{ 0, 0, -1 }));
    try testing.expectEqual(null, shape.heightAt(0.1, 0.05));
    shape.clip = .{ -1, -0.9 };
    try testing.expectEqual(null, shape.meet(.{ 0.9, 0.9, 3 }, .{ 0, 0, -1 }));
}

test "only finite numbers have an extent" {
    try testing.expectEqual([2]f32{ -1, 3 }, extent(&.{ 3, std.math.inf(f32), -1, std.math.nan(f32) }));
    try testing.expect(!allFinite(&.{ 3, std.math.inf(f32) }) and !allFinite(&.{std.math.nan(f32)}) and allFinite(&.{ 1, -2 }));
    const none = extent(&.{std.math.nan(f32)});
    try testing.expect(none[0] > none[1]);
}
