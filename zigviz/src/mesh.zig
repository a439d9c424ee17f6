//! Triangles of a grid, and the places of a surface's vertices.
//!
//! A surface's vertices are its grid with one more line on every side, so that the graphics card can read the
//! four neighbours of every vertex from the same buffer, at four other offsets. Indices count in rows of
//! `columns + 2`, from the vertex (0, 0) of the grid itself.

const std = @import("std");
const constants = @import("constants.zig");
const box_module = @import("box.zig");
const hole = box_module.hole;
const assert = std.debug.assert;

/// From which corner the cells are drawn; for something that one can see through the farthest come first.
pub const Order = packed struct(u8) {
    /// Columns from the last to the first.
    reverse_columns: bool = false,
    reverse_rows: bool = false,
    /// Columns outermost.
    by_column: bool = false,
    _: u5 = 0,

    /// The order in which the cells lie from back to front for an eye in that direction.
    pub fn seen_from(x: f32, y: f32) Order {
        return .{ .reverse_columns = x < 0, .reverse_rows = y < 0, .by_column = @abs(x) > @abs(y) };
    }
};

pub const Key = struct {
    columns: u32,
    rows: u32,
    /// Every so many lines of the grid are drawn, and always the last.
    step: u32 = 1,
    order: Order = .{},
};

/// Numbers of cells along a side, when every `step`-th line of `lines` counts.
pub fn cells(lines: u32, step: u32) u32 {
    return (lines - 2) / step + 1;
}

pub fn count(key: Key) u32 {
    return 6 * cells(key.columns, key.step) * cells(key.rows, key.step);
}

/// The step that leaves at most `most` cells along the longer side.
pub fn step_for(columns: u32, rows: u32, most: u32) u32 {
    const longer = @max(columns, rows) - 1;
    return @max(1, std.math.divCeil(u32, longer, most) catch unreachable);
}

/// Writes the triangles of the grid; returns the part of `target` that is used.
pub fn write(key: Key, target: []u32) []u32 {
    const across, const along = .{ cells(key.columns, key.step), cells(key.rows, key.step) };
    const used = target[0..count(key)];
    const outer, const inner = if (key.order.by_column) .{ across, along } else .{ along, across };
    var next: usize = 0;
    for (0..outer) |first| for (0..inner) |second| {
        const column, const row = if (key.order.by_column) .{ first, second } else .{ second, first };
        const i: u32 = @intCast(if (key.order.reverse_columns) across - 1 - column else column);
        const j: u32 = @intCast(if (key.order.reverse_rows) along - 1 - row else row);
        writeCell(key, i, j, used[next..][0..6]);
        next += 6;
    };
    assert(next == used.len);
    return used;
}

fn writeCell(key: Key, i: u32, j: u32, target: *[6]u32) void {
    const stride = key.columns + 2;
    const left, const right = .{ i * key.step, @min((i + 1) * key.step, key.columns - 1) };
    const low, const high = .{ j * key.step * stride, @min((j + 1) * key.step, key.rows - 1) * stride };
    target.* = .{ low + left, low + right, high + right, low + left, high + right, high + left };
}

pub fn padded(columns: u32, rows: u32) u32 {
    return (columns + 2) * (rows + 2);
}

/// Writes the places of `heights` with a border that goes on as the last two lines do.
pub fn prepare(heights: []const f32, columns: u32, rows: u32, placing: box_module.Box.Heights, target: []f32) void {
    assert(heights.len == columns * rows);
    assert(target.len == padded(columns, rows));
    const stride = columns + 2;
    for (0..rows) |row| {
        const line = target[(row + 1) * stride ..][0..stride];
        for (heights[row * columns ..][0..columns], line[1 .. columns + 1]) |height, *place| {
            place.* = placing.apply(height);
        }
        line[0] = beyond(line[1], line[2]);
        line[columns + 1] = beyond(line[columns], line[columns - 1]);
    }
    for (0..stride) |column| {
        target[column] = beyond(target[stride + column], target[2 * stride + column]);
        const last = rows * stride + column;
        target[last + stride] = beyond(target[last], target[last - stride]);
    }
}

fn beyond(last: f32, before: f32) f32 {
    return if (last == hole or before == hole) hole else 2 * last - before;
}

/// Writes numbers as they are, with a border that is never looked at.
pub fn prepareValues(values: []const f32, columns: u32, rows: u32, target: []f32) void {
    const stride = columns + 2;
    @memset(target[0..stride], 0);
    @memset(target[(rows + 1) * stride ..][0..stride], 0);
    for (0..rows) |row| {
        const line = target[(row + 1) * stride ..][0..stride];
        line[0] = 0;
        line[columns + 1] = 0;
        for (values[row * columns ..][0..columns], line[1 .. columns + 1]) |value, *place| {
            place.* = if (std.math.isFinite(value)) value else hole;
        }
    }
}

const testing = std.testing;

test "every cell is drawn once, in every order and step" {
    var indices: [6 * 20 * 20]u32 = undefined;
    for ([_]u32{ 1, 2, 3, 7 }) |step| for (0..8) |bits| {
        const key: Key = .{ .columns = 12, .rows = 7, .step = step, .order = @bitCast(@as(u8, @intCast(bits))) };
        var area: usize = 0;
        const used = write(key, &indices);
        for (0..used.len / 6) |cell| {
            const low, const high = .{ used[6 * cell], used[6 * cell + 2] };
            const stride = 14;
            area += (high % stride - low % stride) * (high / stride - low / stride);
            try testing.expect(high % stride < 12 and high / stride < 7);
        }
        try testing.expectEqual(11 * 6, area);
    };
}

test "cells lie from back to front" {
    var indices: [6 * 9]u32 = undefined;
    const key: Key = .{ .columns = 4, .rows = 4, .order = .seen_from(1, 0.2) };
    const used = write(key, &indices);
    // The eye is at +a: the first cell is at the least a, and at the least b.
    try testing.expectEqual(0, used[0]);
    try testing.expectEqual(6, used[6]);
    const turned = write(.{ .columns = 4, .rows = 4, .order = .seen_from(-0.1, -1) }, &indices);
    try testing.expectEqual(2 * 6 + 2, turned[0]);
}

test "the coarser mesh keeps within its cells" {
    try testing.expectEqual(1, step_for(51, 51, 96));
    try testing.expectEqual(3, step_for(256, 100, 96));
    try testing.expect(cells(256, 3) <= 96);
    try testing.expectEqual(1, cells(2, 1));
}

test "the border goes on as the surface does, and holes stay holes" {
    const heights = [_]f32{ 0, 1, 2, 1, 2, 3, 2, std.math.nan(f32), 4 };
    var target: [25]f32 = undefined;
    const placing = (box_module.Box{ .height = .{ -1, 1 } }).heights();
    prepare(&heights, 3, 3, placing, &target);
    try testing.expectEqual(0, target[6]);
    try testing.expectEqual(-1, target[5]);
    try testing.expectEqual(3, target[9]);
    try testing.expectEqual(hole, target[17]);
    try testing.expectEqual(hole, target[15]);
    try testing.expectEqual(-2, target[0]);
}
