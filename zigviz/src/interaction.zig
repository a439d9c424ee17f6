//! What the mouse does to the cameras.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const Scene = @import("scene.zig").Scene;
const Camera = @import("camera.zig").Camera;
const View = @import("camera.zig").View;
const Layout = @import("layout.zig").Layout;

/// Degrees for a pixel of the user interface.
const turn_of_pixel: f32 = 0.35;
const zoom_of_pixel: f32 = 0.006;
const zoom_of_notch: f32 = 0.16;
/// A pointer that rested so long before it was let go does not throw.
const rest_ms: f32 = 70;
/// How much the newest movement counts for the speed of a throw.
const newest_part: f32 = 0.4;
const longest_gap_ms: f32 = 200;

pub const Outcome = enum { nothing, moved, clicked, looked, hovering, left };

pub const Interaction = struct {
    mode: ?enum { orbit, pan, zoom } = null,
    panel: u32 = 0,
    start: [2]f32 = .{ 0, 0 },
    last: [2]f32 = .{ 0, 0 },
    last_ms: u32 = 0,
    /// Pixels a second.
    speed: [2]f32 = .{ 0, 0 },
    /// A button is held, and the pointer went farther than a click does.
    dragged: bool = false,

    pub fn holding(interaction: *const Interaction) bool {
        return interaction.mode != null;
    }

    /// Moves the cameras; says what else must happen.
    pub fn take(interaction: *Interaction, scene: *Scene, layout: *const Layout, pointer: *const messages.Pointer, scale: f32) Outcome {
        switch (pointer.action) {
            .press => return interaction.press(scene, layout, pointer),
            .move => return if (interaction.mode == null) .hovering else interaction.drag(scene, layout, pointer, scale),
            .release => return interaction.release(scene, pointer),
            .wheel => {
                const panel = layout.at(pointer.x, pointer.y) orelse return .nothing;
                zoomPanel(scene, layout, panel, @exp(-zoom_of_notch * pointer.wheel[1]), .{ pointer.x, pointer.y }, scale);
                return .moved;
            },
            .double => return .looked,
            .leave => {
                return .left;
            },
        }
    }

    fn press(interaction: *Interaction, scene: *Scene, layout: *const Layout, pointer: *const messages.Pointer) Outcome {
        if (interaction.mode != null) return .nothing;
        const panel = layout.at(pointer.x, pointer.y) orelse return .nothing;
        interaction.* = .{
            .mode = switch (pointer.button) {
                .none => return .nothing,
                .right, .middle => .pan,
                .left => if (pointer.modifiers & messages.shift_key != 0)
                    .pan
                else if (pointer.modifiers & messages.control_key != 0) .zoom else .orbit,
            },
            .panel = panel,
            .start = .{ pointer.x, pointer.y },
            .last = .{ pointer.x, pointer.y },
            .last_ms = pointer.time_ms,
        };
        for (cameras(scene, panel)) |*one| one.camera.stop();
        return .nothing;
    }

    fn drag(interaction: *Interaction, scene: *Scene, layout: *const Layout, pointer: *const messages.Pointer, scale: f32) Outcome {
        const x, const y = .{ pointer.x - interaction.last[0], pointer.y - interaction.last[1] };
        const far = @max(@abs(pointer.x - interaction.start[0]), @abs(pointer.y - interaction.start[1]));
        if (!interaction.dragged and far < constants.click_reach_pixels * scale) return .nothing;
        interaction.dragged = true;
        interaction.measure(pointer, x, y);
        interaction.last = .{ pointer.x, pointer.y };
        if (interaction.panel >= layout.count) return .nothing;
        switch (interaction.mode.?) {
            .orbit => for (cameras(scene, interaction.panel)) |*one| {
                one.camera.orbit(-x * turn_of_pixel / scale, y * turn_of_pixel / scale);
            },
            .pan => {
                const view = layout.view(scene, interaction.panel, scale);
                for (cameras(scene, interaction.panel)) |*one| one.camera.pan(&view, x, y);
            },
            .zoom => zoomPanel(scene, layout, interaction.panel, @exp(zoom_of_pixel * y / scale), interaction.start, scale),
        }
        return .moved;
    }

    fn measure(interaction: *Interaction, pointer: *const messages.Pointer, x: f32, y: f32) void {
        const gap: f32 = @floatFromInt(pointer.time_ms -% interaction.last_ms);
        interaction.last_ms = pointer.time_ms;
        if (gap > longest_gap_ms) interaction.speed = .{ 0, 0 };
        if (gap < 1 or gap > longest_gap_ms) return;
        for (&interaction.speed, [_]f32{ x, y }) |*speed, moved| {
            speed.* += newest_part * (moved * 1000 / gap - speed.*);
        }
    }

    fn release(interaction: *Interaction, scene: *Scene, pointer: *const messages.Pointer) Outcome {
        const mode = interaction.mode orelse return .nothing;
        interaction.mode = null;
        defer interaction.dragged = false;
        if (!interaction.dragged) return if (pointer.button == .left) .clicked else .nothing;
        const rest: f32 = @floatFromInt(pointer.time_ms -% interaction.last_ms);
        if (rest > rest_ms or scene.style.reduced_motion) return .moved;
        for (cameras(scene, interaction.panel)) |*one| switch (mode) {
            .orbit => one.camera.turning = .{ -interaction.speed[0] * turn_of_pixel, interaction.speed[1] * turn_of_pixel },
            .pan => one.camera.sliding = interaction.speed,
            .zoom => {},
        };
        return .moved;
    }

    fn zoomPanel(scene: *Scene, layout: *const Layout, panel: u32, factor: f32, pixel: [2]f32, scale: f32) void {
        const view = layout.view(scene, panel, scale);
        const area = layout.places[panel].view;
        for (cameras(scene, panel)) |*one| one.camera.zoom(&view, factor, pixel[0] - area.x, pixel[1] - area.y);
    }
};

/// The panels whose cameras move together with that of this one.
pub fn cameras(scene: *Scene, panel: u32) []@import("scene.zig").Panel {
    return if (scene.linked) &scene.panels else scene.panels[panel..][0..1];
}

/// What a message of the host does to the cameras.
pub fn command(scene: *Scene, layout: *const Layout, given: *const messages.Camera, scale: f32) void {
    const from = given.panel orelse 0;
    const panels = if (given.panel == null) &scene.panels else cameras(scene, from);
    const index = if (from < layout.count) from else 0;
    const view = layout.view(scene, index, scale);
    for (panels) |*panel| commandOne(&panel.camera, &view, given, scene.style.reduced_motion);
}

fn commandOne(camera: *Camera, view: *const View, given: *const messages.Camera, still: bool) void {
    const ease_ms = if (still) 0 else given.ease_ms;
    var pose = if (camera.ease) |ease| ease.to else camera.pose;
    switch (given.action) {
        .stop => camera.stop(),
        .pan => {
            const shift = given.shift orelse .{ 0, 0 };
            camera.stop();
            camera.pan(view, shift[0], shift[1]);
        },
        .zoom => {
            pose.distance *= given.distance orelse 1;
            camera.go(pose, ease_ms);
        },
        .orbit => {
            pose.azimuth += given.azimuth orelse 0;
            pose.elevation += given.elevation orelse 0;
            camera.go(pose, ease_ms);
        },
        .preset => camera.go(pose.preset(given.preset orelse .corner), ease_ms),
        .reset => camera.go(pose.preset(.corner), ease_ms),
        .set => {
            if (given.azimuth) |azimuth| pose.azimuth = azimuth;
            if (given.elevation) |elevation| pose.elevation = elevation;
            if (given.distance) |distance| pose.distance = distance;
            if (given.target) |target| pose.target = target;
            if (given.projection) |projection| pose.projection = projection;
            camera.go(pose, ease_ms);
        },
    }
}

const testing = std.testing;

const Bench = struct {
    scene: *Scene,
    interaction: Interaction = .{},

    fn do(bench: *Bench, pointer: messages.Pointer) Outcome {
        const layout: Layout = .of(bench.scene, 800, 600, 1);
        return bench.interaction.take(bench.scene, &layout, &pointer, 1);
    }
};

test "a drag turns, a throw goes on, and a rest before letting go stops it" {
    var bench: Bench = .{ .scene = try Scene.create() };
    defer bench.scene.destroy();
    const camera = &bench.scene.panels[0].camera;
    const before = camera.pose.azimuth;
    for ([_]u32{ 0, 500 }) |rest| {
        _ = bench.do(.{ .action = .press, .x = 400, .y = 300, .button = .left, .time_ms = 1000 });
        for (1..11) |step| {
            const along: f32 = @floatFromInt(400 + 10 * step);
            try testing.expectEqual(.moved, bench.do(.{ .action = .move, .x = along, .y = 300, .buttons = 1, .time_ms = @intCast(1000 + 10 * step) }));
        }
        _ = bench.do(.{ .action = .release, .x = 500, .y = 300, .button = .left, .time_ms = 1100 + rest });
        try testing.expectEqual(rest == 0, camera.moving());
        if (rest == 0) try testing.expectApproxEqAbs(before - 35, camera.pose.azimuth, 1e-3);
        camera.stop();
    }
}

test "a click is not a drag, and where no panel is nothing happens" {
    var bench: Bench = .{ .scene = try Scene.create() };
    defer bench.scene.destroy();
    const pose = bench.scene.panels[0].camera.pose;
    _ = bench.do(.{ .action = .press, .x = 400, .y = 300, .button = .left });
    _ = bench.do(.{ .action = .move, .x = 401, .y = 302, .buttons = 1 });
    try testing.expectEqual(.clicked, bench.do(.{ .action = .release, .x = 401, .y = 302, .button = .left }));
    try testing.expect(pose.equals(bench.scene.panels[0].camera.pose));
    try testing.expectEqual(.nothing, bench.do(.{ .action = .press, .x = -4, .y = 300, .button = .left }));
    try testing.expectEqual(.hovering, bench.do(.{ .action = .move, .x = 10, .y = 10 }));
}

test "linked cameras move together, others alone" {
    var bench: Bench = .{ .scene = try Scene.create() };
    defer bench.scene.destroy();
    bench.scene.panel_count = 2;
    for ([_]bool{ true, false }) |linked| {
        bench.scene.linked = linked;
        const before = bench.scene.panels[0].camera.pose;
        try testing.expectEqual(.moved, bench.do(.{ .action = .wheel, .x = 700, .y = 300, .wheel = .{ 0, 1 } }));
        try testing.expectEqual(linked, !before.equals(bench.scene.panels[0].camera.pose));
    }
    try testing.expect(bench.scene.panels[1].camera.pose.distance < bench.scene.panels[0].camera.pose.distance);
}

test "commands set, turn, ease and stop" {
    const scene = try Scene.create();
    defer scene.destroy();
    const layout: Layout = .of(scene, 800, 600, 1);
    command(scene, &layout, &.{ .action = .set, .azimuth = 10, .elevation = 40, .distance = 2 }, 1);
    command(scene, &layout, &.{ .action = .orbit, .azimuth = 15 }, 1);
    const camera = &scene.panels[0].camera;
    try testing.expectApproxEqAbs(25, camera.pose.azimuth, 1e-4);
    command(scene, &layout, &.{ .action = .preset, .preset = .top, .ease_ms = 100 }, 1);
    try testing.expect(camera.moving());
    command(scene, &layout, &.{ .action = .stop }, 1);
    try testing.expect(!camera.moving());
    scene.style.reduced_motion = true;
    command(scene, &layout, &.{ .action = .reset, .ease_ms = 100 }, 1);
    try testing.expect(!camera.moving() and camera.pose.distance == 1);
}
