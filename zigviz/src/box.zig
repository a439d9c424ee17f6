//! From a panel's numbers (a, b, height) to places in its box, which reaches from -1 to 1 on each axis.

const std = @import("std");
const messages = @import("messages.zig");

/// A place for a height that is none: below every other.
pub const hole: f32 = -3e4;
/// What counts as one when it comes back from arithmetic.
pub const hole_limit: f32 = -2e4;
const farthest: f64 = 1e4;

pub const Box = struct {
    a: [2]f64 = .{ -1, 1 },
    b: [2]f64 = .{ -1, 1 },
    height: [2]f64 = .{ 0, 1 },
    scale: messages.HeightScale = .linear,
    offset: f64 = 0,

    pub fn x(box: *const Box, a: f64) f32 {
        return place(box.a, a);
    }

    pub fn y(box: *const Box, b: f64) f32 {
        return place(box.b, b);
    }

    pub fn z(box: *const Box, height: f64) f32 {
        return box.heights().apply(height);
    }

    fn place(range: [2]f64, value: f64) f32 {
        const at = 2 * (value - range[0]) / (range[1] - range[0]) - 1;
        return @floatCast(std.math.clamp(at, -farthest, farthest));
    }

    pub fn a_of(box: *const Box, at: f32) f64 {
        return box.a[0] + (@as(f64, at) + 1) / 2 * (box.a[1] - box.a[0]);
    }

    pub fn b_of(box: *const Box, at: f32) f64 {
        return box.b[0] + (@as(f64, at) + 1) / 2 * (box.b[1] - box.b[0]);
    }

    /// The number at a place of the height axis.
    pub fn height_of(box: *const Box, at: f32) f64 {
        const low, const high = .{ box.shaped(box.height[0]), box.shaped(box.height[1]) };
        const value = low + (@as(f64, at) + 1) / 2 * (high - low);
        return if (box.scale == .log) std.math.pow(f64, 10, value) + box.offset else value;
    }

    fn shaped(box: *const Box, height: f64) f64 {
        if (box.scale == .linear) return height;
        return @log10(@max(height - box.offset, 1e-300));
    }

    /// What is needed to place many heights.
    pub const Heights = struct {
        scale: messages.HeightScale,
        offset: f64,
        low: f64,
        factor: f64,

        pub fn apply(placing: *const Heights, height: f64) f32 {
            const shaped_height = switch (placing.scale) {
                .linear => height,
                .log => if (height > placing.offset) @log10(height - placing.offset) else return hole,
            };
            const at = (shaped_height - placing.low) * placing.factor - 1;
            if (std.math.isNan(at)) return hole;
            return @floatCast(std.math.clamp(at, -farthest, farthest));
        }
    };

    pub fn heights(box: *const Box) Heights {
        const low, const high = .{ box.shaped(box.height[0]), box.shaped(box.height[1]) };
        const span = if (high > low) high - low else 1;
        return .{ .scale = box.scale, .offset = box.offset, .low = low, .factor = 2 / span };
    }
};

const testing = std.testing;

test "the ends of an axis are the ends of the box" {
    const box: Box = .{ .a = .{ -2, 6 }, .b = .{ 0, 10 }, .height = .{ 1, 3 } };
    try testing.expectEqual(-1, box.x(-2));
    try testing.expectEqual(1, box.x(6));
    try testing.expectEqual(0, box.y(5));
    try testing.expectEqual(1, box.z(3));
    try testing.expectApproxEqAbs(2.2, box.height_of(box.z(2.2)), 1e-6);
    try testing.expectApproxEqAbs(3.5, box.a_of(box.x(3.5)), 1e-6);
}

test "a decade is as high as another on a log axis, and what has no logarithm is a hole" {
    const box: Box = .{ .height = .{ 0.01, 100 }, .scale = .log };
    try testing.expectApproxEqAbs(-1, box.z(0.01), 1e-6);
    try testing.expectApproxEqAbs(-0.5, box.z(0.1), 1e-6);
    try testing.expectApproxEqAbs(0, box.z(1), 1e-6);
    try testing.expectEqual(hole, box.z(0));
    try testing.expectEqual(hole, box.z(-1));
    try testing.expectApproxEqAbs(7, box.height_of(box.z(7)), 1e-4);
}

test "infinite heights stay away and NaN is a hole" {
    const box: Box = .{};
    try testing.expectEqual(hole, box.z(std.math.nan(f64)));
    try testing.expect(box.z(std.math.inf(f64)) == 1e4);
    try testing.expect(box.z(1e300) == 1e4);
}
