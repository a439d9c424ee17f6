//! Vectors of three and matrices of four by four, column by column.

const std = @import("std");

pub const Vec3 = @Vector(3, f32);

pub fn dot(a: Vec3, b: Vec3) f32 {
    return @reduce(.Add, a * b);
}

pub fn cross(a: Vec3, b: Vec3) Vec3 {
    return .{ a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] };
}

pub fn length(a: Vec3) f32 {
    return @sqrt(dot(a, a));
}

/// The direction of `a`; of nothing, nothing.
pub fn unit(a: Vec3) Vec3 {
    const size = length(a);
    return if (size > 1e-20) times(1 / size, a) else @splat(0);
}

pub fn times(factor: f32, a: Vec3) Vec3 {
    return @as(Vec3, @splat(factor)) * a;
}

pub fn mix(a: Vec3, b: Vec3, part: f32) Vec3 {
    return a + times(part, b - a);
}

pub const Mat4 = struct {
    columns: [4][4]f32,

    pub const identity: Mat4 = .{ .columns = .{ .{ 1, 0, 0, 0 }, .{ 0, 1, 0, 0 }, .{ 0, 0, 1, 0 }, .{ 0, 0, 0, 1 } } };

    pub fn multiply(a: Mat4, b: Mat4) Mat4 {
        var product: Mat4 = undefined;
        for (&product.columns, b.columns) |*column, factors| column.* = a.apply(factors);
        return product;
    }

    pub fn apply(matrix: Mat4, v: [4]f32) [4]f32 {
        var sum: @Vector(4, f32) = @splat(0);
        for (matrix.columns, 0..) |column, index| {
            sum += @as(@Vector(4, f32), column) * @as(@Vector(4, f32), @splat(v[index]));
        }
        return sum;
    }

    pub fn point(matrix: Mat4, p: Vec3) [4]f32 {
        return matrix.apply(.{ p[0], p[1], p[2], 1 });
    }

    /// Places seen from `eye`: right is x, up is y, and the view goes along -z.
    pub fn view(eye: Vec3, right: Vec3, up: Vec3, back: Vec3) Mat4 {
        return .{ .columns = .{
            .{ right[0], up[0], back[0], 0 },
            .{ right[1], up[1], back[1], 0 },
            .{ right[2], up[2], back[2], 0 },
            .{ -dot(right, eye), -dot(up, eye), -dot(back, eye), 1 },
        } };
    }

    /// Depth from 0 at `near` to 1 at `far`; `slope` is the tangent of half the angle from bottom to top.
    pub fn perspective(slope: f32, aspect: f32, near: f32, far: f32) Mat4 {
        return .{ .columns = .{
            .{ 1 / (slope * aspect), 0, 0, 0 },
            .{ 0, 1 / slope, 0, 0 },
            .{ 0, 0, far / (near - far), -1 },
            .{ 0, 0, near * far / (near - far), 0 },
        } };
    }

    pub fn orthographic(half_height: f32, aspect: f32, near: f32, far: f32) Mat4 {
        return .{ .columns = .{
            .{ 1 / (half_height * aspect), 0, 0, 0 },
            .{ 0, 1 / half_height, 0, 0 },
            .{ 0, 0, 1 / (near - far), 0 },
            .{ 0, 0, near / (near - far), 1 },
        } };
    }
};

const testing = std.testing;

test "the cross product is at right angles to both" {
    const a: Vec3 = .{ 1, 2, 3 };
    const b: Vec3 = .{ -2, 0.5, 4 };
    try testing.expectApproxEqAbs(0, dot(cross(a, b), a), 1e-5);
    try testing.expectApproxEqAbs(0, dot(cross(a, b), b), 1e-5);
    try testing.expectApproxEqAbs(1, length(unit(a)), 1e-6);
}

test "a product applies the right factor first" {
    const shift: Mat4 = .{ .columns = .{ .{ 1, 0, 0, 0 }, .{ 0, 1, 0, 0 }, .{ 0, 0, 1, 0 }, .{ 5, 0, 0, 1 } } };
    const double: Mat4 = .{ .columns = .{ .{ 2, 0, 0, 0 }, .{ 0, 2, 0, 0 }, .{ 0, 0, 2, 0 }, .{ 0, 0, 0, 1 } } };
    try testing.expectEqual([4]f32{ 7, 2, 2, 1 }, shift.multiply(double).point(.{ 1, 1, 1 }));
    try testing.expectEqual(shift.columns, shift.multiply(.identity).columns);
}

test "near is 0 and far is 1" {
    const matrix: Mat4 = .perspective(0.5, 1.5, 0.25, 8);
    const near = matrix.point(.{ 0, 0, -0.25 });
    const far = matrix.point(.{ 0, 0, -8 });
    try testing.expectApproxEqAbs(0, near[2] / near[3], 1e-6);
    try testing.expectApproxEqAbs(1, far[2] / far[3], 1e-6);
}
