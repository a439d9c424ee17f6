//! A camera that goes round a box which reaches from -1 to 1 on each axis, and its movements.
//!
//! The box is stretched in height for the eye. Azimuth 0 looks along +y; distance 1 is where the box just fits.

const std = @import("std");
const vector = @import("vector.zig");
const Vec3 = vector.Vec3;
const Mat4 = vector.Mat4;
const messages = @import("messages.zig");

pub const Pose = struct {
    azimuth: f32 = -37.5,
    elevation: f32 = 28,
    distance: f32 = 1,
    target: Vec3 = @splat(0),
    projection: messages.Projection = .perspective,

    pub fn preset(pose: Pose, which: messages.Preset) Pose {
        const azimuth: f32, const elevation: f32 = switch (which) {
            .corner => .{ -37.5, 28 },
            .top => .{ 0, 90 },
            .front => .{ 0, 0 },
            .side => .{ -90, 0 },
            .low => .{ -37.5, 8 },
        };
        return .{ .azimuth = azimuth, .elevation = elevation, .projection = pose.projection };
    }

    /// Keeps every number where it makes sense.
    pub fn bounded(pose: Pose) Pose {
        var result = pose;
        result.azimuth = @mod(pose.azimuth + 180, 360) - 180;
        result.elevation = std.math.clamp(pose.elevation, -30, 90);
        result.distance = std.math.clamp(pose.distance, 0.05, 8);
        result.target = @min(@max(pose.target, @as(Vec3, @splat(-3))), @as(Vec3, @splat(3)));
        return result;
    }

    pub fn equals(pose: Pose, other: Pose) bool {
        return std.meta.eql(pose, other);
    }
};

/// Tangent of half the angle of view.
const slope: f32 = 0.27;

/// What a panel's picture is drawn with.
pub const View = struct {
    matrix: Mat4,
    eye: Vec3,
    right: Vec3,
    up: Vec3,
    /// From the target to the eye.
    back: Vec3,
    orthographic: bool,
    /// Height of the box for a half base of 1: heights are multiplied by this.
    stretch: f32,
    /// Width and height of the panel, in pixels.
    size: [2]f32,
    /// The pixel of the target.
    centre: [2]f32,
    /// Height of one pixel at distance 1, or anywhere if orthographic.
    pixel: f32,
    /// Distance of the eye from the target.
    distance: f32,

    /// `room` is kept free beside the box for labels: left, top, right and bottom, in pixels.
    pub fn init(pose: Pose, stretch: f32, size: [2]f32, room: [4]f32) View {
        const azimuth = std.math.degreesToRadians(pose.azimuth);
        const elevation = std.math.degreesToRadians(pose.elevation);
        const back: Vec3 = .{ @sin(azimuth) * @cos(elevation), -@cos(azimuth) * @cos(elevation), @sin(elevation) };
        const right: Vec3 = .{ @cos(azimuth), @sin(azimuth), 0 };
        const up = vector.cross(back, right);
        const orthographic = pose.projection == .orthographic;
        const fit: Fit = .of(right, up, back, stretch, size, room, orthographic);
        const distance = pose.distance * fit.distance;
        const target: Vec3 = .{ pose.target[0], pose.target[1], pose.target[2] * stretch };
        const eye = target + vector.times(distance, back);
        const radius = @sqrt(2 + stretch * stretch) + vector.length(target);
        const far = distance + 1.2 * radius;
        const near = if (orthographic) distance - 1.2 * radius else @max(distance - 1.2 * radius, 0.004 * far);
        const aspect = size[0] / size[1];
        const projection: Mat4 = if (orthographic)
            .orthographic(slope * distance, aspect, near, far)
        else
            .perspective(slope, aspect, near, far);
        const shifted_by: Mat4 = .{ .columns = .{
            .{ 1, 0, 0, 0 }, .{ 0, 1, 0, 0 }, .{ 0, 0, 1, 0 }, .{ fit.centre[0], fit.centre[1], 0, 1 },
        } };
        const stretched: Mat4 = .{ .columns = .{ .{ 1, 0, 0, 0 }, .{ 0, 1, 0, 0 }, .{ 0, 0, stretch, 0 }, .{ 0, 0, 0, 1 } } };
        return .{
            .matrix = shifted_by.multiply(projection).multiply(Mat4.view(eye, right, up, back)).multiply(stretched),
            .eye = eye,
            .right = right,
            .up = up,
            .back = back,
            .orthographic = orthographic,
            .stretch = stretch,
            .size = size,
            .centre = .{ (1 + fit.centre[0]) / 2 * size[0], (1 - fit.centre[1]) / 2 * size[1] },
            .pixel = 2 * slope / size[1] * @as(f32, if (orthographic) distance else 1),
            .distance = distance,
        };
    }

    /// Where a place of the box lies in the panel, in pixels from its top left, and its depth; null behind the eye.
    pub fn project(view: *const View, place: Vec3) ?Vec3 {
        const clip = view.matrix.point(place);
        if (clip[3] <= 1e-6) return null;
        return .{
            (clip[0] / clip[3] + 1) / 2 * view.size[0],
            (1 - clip[1] / clip[3]) / 2 * view.size[1],
            clip[2] / clip[3],
        };
    }

    pub const Ray = struct { origin: Vec3, direction: Vec3 };

    /// The ray through a pixel of the panel, in the places of the box.
    pub fn ray(view: *const View, x: f32, y: f32) Ray {
        const right = (x - view.centre[0]) * view.pixel;
        const up = (view.centre[1] - y) * view.pixel;
        const across = vector.times(right, view.right) + vector.times(up, view.up);
        const flat: Vec3 = .{ 1, 1, 1 / view.stretch };
        if (view.orthographic) return .{ .origin = (view.eye + across) * flat, .direction = -view.back * flat };
        return .{ .origin = view.eye * flat, .direction = (across - view.back) * flat };
    }

    /// Height of a pixel at the target, in the places of the box (not stretched).
    pub fn pixelAtTarget(view: *const View) f32 {
        return if (view.orthographic) view.pixel else view.pixel * view.distance;
    }

    /// How the target moves when the picture is shifted by pixels.
    pub fn shifted(view: *const View, x: f32, y: f32) Vec3 {
        const size = view.pixelAtTarget();
        const move = vector.times(-x * size, view.right) + vector.times(y * size, view.up);
        return .{ move[0], move[1], move[2] / view.stretch };
    }
};

/// From where the box fills the room that it has, and where its middle must lie for that.
const Fit = struct {
    distance: f32,
    /// Shift of the picture; from -1 to 1 is all of it.
    centre: [2]f32,

    fn of(right: Vec3, up: Vec3, back: Vec3, stretch: f32, size: [2]f32, room: [4]f32, orthographic: bool) Fit {
        const aspect = size[0] / size[1];
        // What is left for the box, as a part of the whole.
        const part: [2]f32 = .{
            @max(0.3, 1 - (room[0] + room[2]) / size[0]),
            @max(0.3, 1 - (room[1] + room[3]) / size[1]),
        };
        const middle: [2]f32 = .{ (room[0] - room[2]) / size[0], (room[3] - room[1]) / size[1] };
        var distance: f32 = 6;
        var ends = spread(right, up, back, stretch, aspect, distance, orthographic);
        for (0..8) |_| {
            const across = (ends[1] - ends[0]) / 2 / part[0];
            const along = (ends[3] - ends[2]) / 2 / part[1];
            distance = @max(distance * @max(across, along), 1.2);
            ends = spread(right, up, back, stretch, aspect, distance, orthographic);
        }
        return .{
            .distance = distance,
            .centre = .{ middle[0] - (ends[0] + ends[1]) / 2, middle[1] - (ends[2] + ends[3]) / 2 },
        };
    }

    /// The least and most of the corners of the box in the picture: across, then along.
    fn spread(right: Vec3, up: Vec3, back: Vec3, stretch: f32, aspect: f32, distance: f32, orthographic: bool) [4]f32 {
        var ends: [4]f32 = .{ 1e9, -1e9, 1e9, -1e9 };
        for (0..8) |corner| {
            const place: Vec3 = .{
                if (corner & 1 == 0) -1 else 1,
                if (corner & 2 == 0) -1 else 1,
                if (corner & 4 == 0) -stretch else stretch,
            };
            const depth = if (orthographic) distance else @max(distance - vector.dot(place, back), 0.05);
            const across = vector.dot(place, right) / (slope * aspect * depth);
            const along = vector.dot(place, up) / (slope * depth);
            ends = .{ @min(ends[0], across), @max(ends[1], across), @min(ends[2], along), @max(ends[3], along) };
        }
        return ends;
    }
};

/// A pose, where it is going, and how fast it turns.
pub const Camera = struct {
    pose: Pose = .{},
    /// Degrees a second, degrees a second, pixels a second twice.
    turning: [2]f32 = .{ 0, 0 },
    sliding: [2]f32 = .{ 0, 0 },
    ease: ?Ease = null,

    const Ease = struct { from: Pose, to: Pose, passed_ms: f32, whole_ms: f32 };
    /// Time in which a throw loses all but 1/e of its speed.
    const coasting_ms: f32 = 220;
    const slowest_turn: f32 = 1.5;
    const slowest_slide: f32 = 4;

    pub fn moving(camera: *const Camera) bool {
        return camera.ease != null or camera.turning[0] != 0 or camera.turning[1] != 0 or
            camera.sliding[0] != 0 or camera.sliding[1] != 0;
    }

    pub fn stop(camera: *Camera) void {
        camera.turning = .{ 0, 0 };
        camera.sliding = .{ 0, 0 };
        camera.ease = null;
    }

    /// Goes to `pose`, at once or by a short way round.
    pub fn go(camera: *Camera, pose: Pose, whole_ms: u32) void {
        camera.stop();
        const to = pose.bounded();
        if (whole_ms == 0) {
            camera.pose = to;
            return;
        }
        var from = camera.pose;
        if (from.azimuth - to.azimuth > 180) from.azimuth -= 360;
        if (to.azimuth - from.azimuth > 180) from.azimuth += 360;
        camera.pose.projection = to.projection;
        camera.ease = .{ .from = from, .to = to, .passed_ms = 0, .whole_ms = @floatFromInt(whole_ms) };
    }

    pub fn orbit(camera: *Camera, azimuth: f32, elevation: f32) void {
        camera.pose.azimuth += azimuth;
        camera.pose.elevation += elevation;
        camera.pose = camera.pose.bounded();
    }

    pub fn pan(camera: *Camera, view: *const View, x: f32, y: f32) void {
        camera.pose.target += view.shifted(x, y);
        camera.pose = camera.pose.bounded();
    }

    /// Multiplies the distance, and keeps what lies under the pixel (x, y) where it is.
    pub fn zoom(camera: *Camera, view: *const View, factor: f32, x: f32, y: f32) void {
        const before = camera.pose.distance;
        camera.pose.distance *= factor;
        camera.pose = camera.pose.bounded();
        const kept = 1 - camera.pose.distance / before;
        camera.pan(view, -(x - view.centre[0]) * kept, -(y - view.centre[1]) * kept);
    }

    /// Lets time pass; returns whether the pose changed.
    pub fn advance(camera: *Camera, view: *const View, ms: f32) bool {
        if (camera.ease) |*ease| {
            ease.passed_ms += ms;
            camera.pose = along(ease);
            if (ease.passed_ms >= ease.whole_ms) {
                camera.pose = ease.to;
                camera.ease = null;
            }
            return true;
        }
        if (!camera.moving()) return false;
        const part = coasting_ms / 1000 * (1 - @exp(-ms / coasting_ms));
        camera.orbit(camera.turning[0] * part, camera.turning[1] * part);
        camera.pan(view, camera.sliding[0] * part, camera.sliding[1] * part);
        const left = @exp(-ms / coasting_ms);
        for (&camera.turning) |*speed| speed.* = slowed(speed.* * left, slowest_turn);
        for (&camera.sliding) |*speed| speed.* = slowed(speed.* * left, slowest_slide);
        return true;
    }

    fn slowed(speed: f32, slowest: f32) f32 {
        return if (@abs(speed) < slowest) 0 else speed;
    }

    fn along(ease: *const Ease) Pose {
        const t = std.math.clamp(ease.passed_ms / ease.whole_ms, 0, 1);
        const part = t * t * (3 - 2 * t);
        return (Pose{
            .azimuth = ease.from.azimuth + part * (ease.to.azimuth - ease.from.azimuth),
            .elevation = ease.from.elevation + part * (ease.to.elevation - ease.from.elevation),
            .distance = ease.from.distance * @exp(part * @log(ease.to.distance / ease.from.distance)),
            .target = vector.mix(ease.from.target, ease.to.target, part),
            .projection = ease.to.projection,
        }).bounded();
    }
};

const testing = std.testing;
const no_room: [4]f32 = @splat(0);

test "every corner of the box is in the picture at distance 1" {
    for ([_]messages.Projection{ .perspective, .orthographic }) |projection| {
        for ([_][2]f32{ .{ 1280, 720 }, .{ 400, 900 } }) |size| {
            for (0..24) |turn| {
                const pose: Pose = .{
                    .azimuth = @floatFromInt(turn * 15),
                    .elevation = @floatFromInt(turn * 3),
                    .projection = projection,
                };
                const room: [4]f32 = .{ 60, 10, 20, 70 };
                const view: View = .init(pose.bounded(), 0.62, size, room);
                for (0..8) |corner| {
                    const place: Vec3 = .{
                        if (corner & 1 == 0) -1 else 1,
                        if (corner & 2 == 0) -1 else 1,
                        if (corner & 4 == 0) -1 else 1,
                    };
                    const seen = view.project(place).?;
                    try testing.expect(seen[0] > room[0] - 1 and seen[0] < size[0] - room[2] + 1);
                    try testing.expect(seen[1] > room[1] - 1 and seen[1] < size[1] - room[3] + 1);
                    try testing.expect(seen[2] > 0 and seen[2] < 1);
                }
            }
        }
    }
}

test "a ray through a pixel goes through what is seen there" {
    for ([_]messages.Projection{ .perspective, .orthographic }) |projection| {
        const pose: Pose = .{ .azimuth = 20, .elevation = 35, .target = .{ 0.2, -0.1, 0.3 }, .projection = projection };
        const view: View = .init(pose, 0.5, .{ 800, 600 }, no_room);
        const place: Vec3 = .{ 0.3, -0.4, 0.7 };
        const seen = view.project(place).?;
        const ray = view.ray(seen[0], seen[1]);
        const along = vector.dot(place - ray.origin, ray.direction) / vector.dot(ray.direction, ray.direction);
        const nearest = ray.origin + vector.times(along, ray.direction);
        try testing.expectApproxEqAbs(0, vector.length(nearest - place), 1e-3);
    }
}

test "the camera stands where azimuth and elevation say" {
    const view: View = .init(.{ .azimuth = 0, .elevation = 0 }, 1, .{ 100, 100 }, no_room);
    try testing.expect(view.eye[1] < -1 and @abs(view.eye[0]) < 1e-5 and @abs(view.eye[2]) < 1e-5);
    const top: View = .init(.{ .azimuth = 0, .elevation = 90 }, 1, .{ 100, 100 }, no_room);
    try testing.expect(top.eye[2] > 1);
    // From above with azimuth 0, a goes right and b goes up.
    try testing.expect(top.project(.{ 1, 0, 0 }).?[0] > 50);
    try testing.expect(top.project(.{ 0, 1, 0 }).?[1] < 50);
}

test "what lies under the pointer stays there while zooming" {
    for ([_]messages.Projection{ .perspective, .orthographic }) |projection| {
        var camera: Camera = .{ .pose = .{ .projection = projection, .elevation = 90, .azimuth = 0 } };
        const before: View = .init(camera.pose, 0.5, .{ 800, 600 }, no_room);
        const place: Vec3 = .{ 0.4, 0.3, 0 };
        const seen = before.project(place).?;
        camera.zoom(&before, 0.5, seen[0], seen[1]);
        const after = View.init(camera.pose, 0.5, .{ 800, 600 }, no_room).project(place).?;
        try testing.expectApproxEqAbs(seen[0], after[0], 0.5);
        try testing.expectApproxEqAbs(seen[1], after[1], 0.5);
    }
}

test "a throw comes to rest, and does not depend on how time is cut" {
    var whole: Camera = .{ .turning = .{ 90, 0 } };
    var parts: Camera = .{ .turning = .{ 90, 0 } };
    const view: View = .init(.{}, 0.5, .{ 800, 600 }, no_room);
    _ = whole.advance(&view, 100);
    for (0..10) |_| _ = parts.advance(&view, 10);
    try testing.expectApproxEqAbs(whole.pose.azimuth, parts.pose.azimuth, 1e-2);
    for (0..200) |_| _ = whole.advance(&view, 16);
    try testing.expect(!whole.moving());
}

test "an ease ends where it was sent, by the short way" {
    var camera: Camera = .{ .pose = .{ .azimuth = 170 } };
    const view: View = .init(.{}, 0.5, .{ 800, 600 }, no_room);
    camera.go(.{ .azimuth = -170, .distance = 2 }, 100);
    _ = camera.advance(&view, 50);
    try testing.expect(@abs(@abs(camera.pose.azimuth) - 180) < 1);
    _ = camera.advance(&view, 60);
    try testing.expectEqual(-170, camera.pose.azimuth);
    try testing.expectEqual(2, camera.pose.distance);
    try testing.expect(!camera.moving());
}
