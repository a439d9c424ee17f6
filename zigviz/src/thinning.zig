//! Fewer points for a path while things move on a slow adapter: what is nearer than a line is wide cannot be seen.

const std = @import("std");
const constants = @import("constants.zig");
const View = @import("camera.zig").View;
const Vec3 = @import("vector.zig").Vec3;

/// Points nearer than so many pixels to the last one are left out.
const nearest: f32 = 1.5;

/// Of so many points every so manyth is looked at.
pub fn stepFor(count: u32) u32 {
    return @max(1, std.math.divCeil(u32, count, constants.coarse_path_points) catch unreachable);
}

/// Writes the points that are kept behind the first one once more; returns how many entries that are. With
/// `by_number` every one of the steps is kept, so that its number tells its age.
pub fn thin(points: []const [4]f32, view: *const View, by_number: bool, target: *[constants.coarse_path_entries][4]f32) u32 {
    const step = stepFor(@intCast(points.len));
    target[0] = points[0];
    target[1] = points[0];
    var count: u32 = 2;
    var last = view.project(points[0][0..3].*);
    var index = step;
    while (index < points.len) : (index += step) {
        const seen = view.project(points[index][0..3].*);
        if (!by_number and index + step < points.len and near(last, seen)) continue;
        target[count] = points[index];
        count += 1;
        last = seen;
    }
    return count;
}

fn near(one: ?Vec3, other: ?Vec3) bool {
    const a = one orelse return false;
    const b = other orelse return false;
    return @abs(a[0] - b[0]) < nearest and @abs(a[1] - b[1]) < nearest;
}

const testing = std.testing;

test "every point is near one that is kept, and no more are kept than there is room for" {
    const view: View = .init(.{}, 0.62, .{ 800, 600 }, @splat(0));
    const points = try testing.allocator.alloc([4]f32, 30_000);
    defer testing.allocator.free(points);
    const target = try testing.allocator.create([constants.coarse_path_entries][4]f32);
    defer testing.allocator.destroy(target);
    for ([_]usize{ 1, 2, 500, 3999, 30_000 }) |count| {
        for (points[0..count], 0..) |*point, index| {
            const t = @as(f32, @floatFromInt(index)) / 1000;
            point.* = .{ 0.5 * @sin(t), 0.5 * @cos(3 * t), 0, t };
        }
        const kept = thin(points[0..count], &view, false, target);
        try testing.expect(kept <= count + 1 and kept <= constants.coarse_path_entries);
        try testing.expectEqual(points[0], target[0]);
        if (count == 500) {
            try testing.expect(kept < 450);
            try testing.expectEqual(points[499], target[kept - 1]);
        }
        if (count == 3999) try testing.expectEqual(4000, thin(points[0..count], &view, true, target));
    }
}
