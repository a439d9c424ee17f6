//! The life of a viewer: greet, obey, draw when something changed, answer, leave.

const std = @import("std");
const Io = std.Io;
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const protocol = @import("protocol.zig");
const json = @import("json.zig");
const gpu = @import("gpu.zig");
const png = @import("png.zig");
const gltf = @import("gltf.zig");
const pick = @import("pick.zig");
const interaction_module = @import("interaction.zig");
const Interaction = interaction_module.Interaction;
const connection_module = @import("connection.zig");
const Connection = connection_module.Connection;
const inbox_module = @import("inbox.zig");
const Ring = @import("frame_ring.zig").Ring;
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Renderer = @import("renderer.zig").Renderer;
const Target = @import("target.zig").Target;
const Layout = @import("layout.zig").Layout;
const Pose = @import("camera.zig").Pose;
const main = @import("main.zig");
const Exit = main.Exit;

/// Messages that are acted on before a picture is due again.
const messages_at_once = 512;

pub const Token = [constants.token_characters]u8;

/// What is measured for `stats`.
const Meter = struct {
    frames: u32 = 0,
    since_ms: f64 = 0,
    counted: u32 = 0,
    frame_ms: f64 = 0,
    gpu_ms: f64 = 0,
};

pub const Viewer = struct {
    io: Io,
    connection: *Connection,
    device: *const gpu.Device,
    scene: *Scene,
    renderer: *Renderer,
    version: []const u8,
    token: Token,
    started: Io.Timestamp,
    scratch: []u8,

    known: bool = false,
    leaving: ?Exit = null,
    ring: ?Ring = null,
    scale: f32 = 1,
    quality: messages.Quality = .{},
    interaction: Interaction = .{},
    targets: [2]?Target = .{ null, null },
    /// Sequence number of the last message that was acted on.
    after: u32 = 0,
    /// The picture is not what the scene is.
    dirty: bool = false,
    /// The last picture was drawn less finely than a still one.
    coarse: bool = false,
    /// When something last changed, and when the last picture was begun.
    changed_ms: f64 = -1e9,
    drawn_ms: f64 = -1e9,
    advanced_ms: f64 = 0,
    hover: ?[2]f32 = null,
    hovered_ms: f64 = -1e9,
    cursor: messages.CursorShape = .arrow,
    reported: [constants.panels]?Pose = @splat(null),
    reported_ms: f64 = -1e9,
    was_moving: bool = false,
    meter: Meter = .{},

    // Time.

    fn now(viewer: *const Viewer) f64 {
        const passed = viewer.started.durationTo(Io.Clock.awake.now(viewer.io));
        return @as(f64, @floatFromInt(passed.toNanoseconds())) / 1e6;
    }

    fn touch(viewer: *Viewer) void {
        viewer.dirty = true;
        viewer.changed_ms = viewer.now();
    }

    // The loop.

    pub fn run(viewer: *Viewer) Exit {
        viewer.advanced_ms = viewer.now();
        while (true) {
            for (0..messages_at_once) |_| {
                const message = viewer.connection.inbox.next(viewer.io) orelse break;
                viewer.obey(&message);
                viewer.connection.inbox.done(viewer.io);
                if (viewer.leaving) |code| return code;
            }
            if (viewer.connection.inbox.over(viewer.io)) return viewer.ended();
            viewer.advance();
            if (viewer.due()) |ms| if (ms <= 0) {
                viewer.drawFrame() catch |failure| return viewer.lost(failure);
            };
            viewer.answerHover();
            viewer.report();
            viewer.connection.inbox.wait(viewer.io, viewer.patience());
        }
    }

    fn ended(viewer: *const Viewer) Exit {
        return if (viewer.connection.end == .stream) .fine else .protocol;
    }

    fn lost(viewer: *Viewer, failure: anyerror) Exit {
        const words = viewer.device.trouble.text();
        viewer.fail(.device_lost, if (words.len > 0) words else @errorName(failure), 0, true);
        main.complain(viewer.io, "the graphics device is lost ({t}). {s}", .{ failure, words });
        return .device;
    }

    /// Lets the cameras move.
    fn advance(viewer: *Viewer) void {
        const time = viewer.now();
        const passed: f32 = @floatCast(@min(time - viewer.advanced_ms, 100));
        viewer.advanced_ms = time;
        const ring = if (viewer.ring) |*ring| ring else return;
        if (!viewer.moving()) return;
        const layout: Layout = .of(viewer.scene, ring.width, ring.height, viewer.scale);
        for (viewer.scene.panels[0..layout.count], 0..) |*panel, index| {
            const view = layout.view(viewer.scene, index, viewer.scale);
            if (panel.camera.advance(&view, passed)) viewer.touch();
        }
        // Cameras of panels that are not shown go along, so that they are in step when they are.
        if (viewer.scene.linked) for (viewer.scene.panels[1..]) |*panel| {
            panel.camera = viewer.scene.panels[0].camera;
        };
    }

    fn moving(viewer: *const Viewer) bool {
        for (viewer.scene.panels[0..viewer.scene.panel_count]) |*panel| if (panel.camera.moving()) return true;
        return false;
    }

    /// In how many milliseconds a picture is due; null for none.
    fn due(viewer: *const Viewer) ?f64 {
        const ring = if (viewer.ring) |*ring| ring else return null;
        if (viewer.quality.paused or ring.turns.free() == null) return null;
        const time = viewer.now();
        const pace = viewer.drawn_ms + 1000 / @as(f64, @floatFromInt(viewer.quality.frames_per_second)) - time;
        if (viewer.dirty) return pace;
        if (viewer.coarse and !viewer.interaction.holding()) return @max(pace, viewer.changed_ms + constants.still_after_ms - time);
        return null;
    }

    /// How long the next message may be waited for.
    fn patience(viewer: *Viewer) ?u64 {
        var wait: f64 = std.math.inf(f64);
        if (viewer.due()) |ms| wait = @min(wait, ms);
        if (viewer.moving() and viewer.ring != null) wait = @min(wait, 16);
        if (viewer.hover != null) wait = @min(wait, viewer.hovered_ms + 16 - viewer.now());
        if (viewer.unreported()) wait = @min(wait, viewer.reported_ms + constants.camera_report_ms - viewer.now());
        if (!std.math.isFinite(wait)) return null;
        return @intFromFloat(@max(0, @ceil(wait)));
    }

    // Drawing.

    fn finish(viewer: *const Viewer) messages.Finish {
        return switch (viewer.quality.mode) {
            .still => .still,
            .drag => .drag,
            .auto => if (viewer.device.adapter.kind == .cpu and viewer.now() - viewer.changed_ms < constants.still_after_ms) .drag else .still,
        };
    }

    /// The picture on the graphics card for this finish; made anew when the size changed.
    fn target(viewer: *Viewer, wanted: messages.Finish, width: u32, height: u32) *const Target {
        const samples: u32 = if (wanted == .drag) 1 else constants.samples_still;
        const place = &viewer.targets[@intFromEnum(wanted)];
        if (place.*) |*held| {
            if (held.width == width and held.height == height) return held;
            held.deinit();
        }
        place.* = .init(viewer.device, width, height, samples);
        return &place.*.?;
    }

    fn drawFrame(viewer: *Viewer) !void {
        const ring = &viewer.ring.?;
        const slot = ring.turns.free().?;
        const begun = viewer.now();
        const wanted = viewer.finish();
        const picture = viewer.target(wanted, ring.width, ring.height);
        try viewer.renderer.draw(viewer.scene, picture, .{
            .width = ring.width,
            .height = ring.height,
            .scale = viewer.scale,
            .finish = wanted,
        });
        const rows = try picture.rows(viewer.device);
        const read = viewer.now();
        ring.put(slot, rows);
        picture.release();
        ring.turns.hand(slot);
        viewer.dirty = false;
        viewer.coarse = wanted == .drag and viewer.quality.mode == .auto;
        viewer.drawn_ms = begun;
        viewer.meter.frames +%= 1;
        viewer.connection.send(viewer.io, .frame_ready, messages.FrameReady{
            .slot = slot,
            .generation = ring.turns.generation,
            .width = ring.width,
            .height = ring.height,
            .stride = ring.stride,
            .frame = viewer.meter.frames,
            .after = viewer.after,
            .quality = wanted,
        });
        viewer.measure(begun, read, wanted);
    }

    fn measure(viewer: *Viewer, begun: f64, read: f64, wanted: messages.Finish) void {
        const meter = &viewer.meter;
        const time = viewer.now();
        meter.counted += 1;
        meter.frame_ms += time - begun;
        meter.gpu_ms += read - begun;
        if (time - meter.since_ms < constants.stats_ms) return;
        const count: f64 = @floatFromInt(meter.counted);
        viewer.connection.send(viewer.io, .stats, messages.Stats{
            .frames = meter.frames,
            .frames_per_second = count * 1000 / (time - meter.since_ms),
            .frame_ms = meter.frame_ms / count,
            .gpu_ms = meter.gpu_ms / count,
            .samples = if (wanted == .drag) 1 else constants.samples_still,
            .quality = wanted,
        });
        meter.* = .{ .frames = meter.frames, .since_ms = time };
    }

    // Saying where the camera and the pointer are.

    fn unreported(viewer: *const Viewer) bool {
        if (viewer.ring == null) return false;
        if (viewer.was_moving != viewer.inMotion()) return true;
        const count = if (viewer.scene.linked) 1 else viewer.scene.panel_count;
        for (viewer.scene.panels[0..count], viewer.reported[0..count]) |*panel, reported| {
            if (reported == null or !panel.camera.pose.equals(reported.?)) return true;
        }
        return false;
    }

    fn inMotion(viewer: *const Viewer) bool {
        return viewer.moving() or viewer.interaction.dragged;
    }

    fn report(viewer: *Viewer) void {
        if (!viewer.unreported() or viewer.now() < viewer.reported_ms + constants.camera_report_ms) return;
        const motion = viewer.inMotion();
        const ended_now = viewer.was_moving and !motion;
        const count = if (viewer.scene.linked) 1 else viewer.scene.panel_count;
        for (viewer.scene.panels[0..count], viewer.reported[0..count], 0..) |*panel, *reported, index| {
            const pose = panel.camera.pose;
            if (!ended_now) if (reported.*) |last| if (pose.equals(last)) continue;
            reported.* = pose;
            viewer.connection.send(viewer.io, .camera_changed, messages.CameraChanged{
                .panel = @intCast(index),
                .azimuth = pose.azimuth,
                .elevation = pose.elevation,
                .distance = pose.distance,
                .target = .{ pose.target[0], pose.target[1], pose.target[2] },
                .projection = pose.projection,
                .moving = motion,
            });
        }
        viewer.was_moving = motion;
        viewer.reported_ms = viewer.now();
    }

    fn show(viewer: *Viewer, shape: messages.CursorShape) void {
        if (viewer.cursor == shape) return;
        viewer.cursor = shape;
        viewer.connection.send(viewer.io, .cursor, messages.Cursor{ .shape = shape });
    }

    fn layoutNow(viewer: *Viewer) ?Layout {
        const ring = if (viewer.ring) |*ring| ring else return null;
        viewer.scene.settle();
        return .of(viewer.scene, ring.width, ring.height, viewer.scale);
    }

    fn find(viewer: *Viewer, x: f32, y: f32) pick.Found {
        const layout = viewer.layoutNow() orelse return .{};
        return pick.at(viewer.scene, &layout, x, y, viewer.scale);
    }

    fn answerHover(viewer: *Viewer) void {
        const at = viewer.hover orelse return;
        const time = viewer.now();
        if (time < viewer.hovered_ms + 16) return;
        viewer.hover = null;
        viewer.hovered_ms = time;
        const found = viewer.find(at[0], at[1]);
        viewer.show(if (found.panel == null) .arrow else .open_hand);
        viewer.connection.send(viewer.io, .hovered, pick.answer(messages.Hovered, &found, at[0], at[1], 0));
    }

    fn fail(viewer: *Viewer, code: messages.ErrorCode, words: []const u8, reply_to: u32, fatal: bool) void {
        viewer.connection.send(viewer.io, .@"error", messages.Fault{
            .reply_to = reply_to,
            .code = code,
            .message = protocol.cutText(words, constants.message_characters),
            .fatal = fatal,
        });
    }

    // Acting on messages.

    fn obey(viewer: *Viewer, message: *const inbox_module.Message) void {
        const given = protocol.decode(message.kind, message.payload, viewer.scratch) catch |fault| {
            main.complain(viewer.io, "message {d} ({t}) is broken ({t}).", .{ message.sequence, message.kind, fault });
            viewer.leaving = .protocol;
            return;
        };
        if (viewer.known == (given == .hello)) {
            main.complain(viewer.io, "message {d} ({t}) came out of turn.", .{ message.sequence, message.kind });
            viewer.leaving = .protocol;
            return;
        }
        viewer.after = message.sequence;
        viewer.act(&given, message.sequence) catch |failure| viewer.refuse(failure, message);
    }

    fn refuse(viewer: *Viewer, failure: scene_module.Error, message: *const inbox_module.Message) void {
        var buffer: [160]u8 = undefined;
        const code: messages.ErrorCode, const reason = switch (failure) {
            error.UnknownId => .{ .unknown_id, "nothing has this id" },
            error.WrongSize => .{ .wrong_size, "the grid has another size" },
            error.NoRoom => .{ .no_room, "there is no room for more" },
        };
        const words = std.fmt.bufPrint(&buffer, "{t}: {s}.", .{ message.kind, reason }) catch reason;
        viewer.fail(code, words, message.sequence, false);
    }

    fn act(viewer: *Viewer, given: *const protocol.Down, sequence: u32) scene_module.Error!void {
        const scene = viewer.scene;
        switch (given.*) {
            .hello => |*hello| return viewer.meet(hello),
            .bye => viewer.leaving = .fine,
            .ping => return viewer.connection.send(viewer.io, .pong, messages.Pong{ .reply_to = sequence }),
            .frame_release => |release| {
                if (viewer.ring) |*ring| ring.turns.release(release.slot, release.generation);
                return;
            },
            .resize => |*resize| return viewer.resized(resize, sequence),
            .pointer => |*pointer| return viewer.pointed(pointer, sequence),
            .pick => |asked| {
                const found = viewer.find(asked.x, asked.y);
                return viewer.connection.send(viewer.io, .picked, pick.answer(messages.Picked, &found, asked.x, asked.y, sequence));
            },
            .snapshot => |*snapshot| return viewer.snapshotTaken(snapshot, sequence),
            .@"export" => |*wanted| return viewer.exported(wanted, sequence),
            .quality => |quality| viewer.quality = quality,
            .camera => |*camera| if (viewer.layoutNow()) |layout| {
                interaction_module.command(scene, &layout, camera, viewer.scale);
            } else {
                const layout: Layout = .of(scene, 640, 480, 1);
                interaction_module.command(scene, &layout, camera, 1);
            },
            .surface => |*surface| try scene.setSurface(&surface.head, surface.arrays),
            .surface_update => |*update| try scene.updateSurface(&update.head, update.arrays),
            .surface_style => |*style| try scene.styleSurface(style),
            .path_set => |*path| try scene.setPath(&path.head, path.arrays),
            .path_append => |*path| try scene.appendPath(&path.head, path.arrays),
            .path_style => |*style| try scene.stylePath(style),
            .points => |*points| try scene.setPoints(&points.head, points.arrays),
            .points_style => |*style| try scene.stylePoints(style),
            .markers => |*markers| try scene.setMarkers(&markers.head, markers.arrays),
            .remove => |*remove| scene.remove(remove),
            .clear => |clear| scene.clear(clear.panel),
            .layout => |*layout| scene.setLayout(layout),
            .axes => |*axes| scene.setAxes(axes),
            .contours => |*contours| scene.setContours(contours),
            .clip => |clip| scene.panels[clip.panel].clip = clip,
            .scale => |scale| scene.panels[scale.panel].scale = scale,
            .colour_bar => |*bar| scene.setColourBar(bar),
            .time => |time| scene.time = time,
            .style => |style| scene.style = style,
            .colour_map => |*map| try scene.setColourMap(&map.head, map.arrays),
            .glyphs => |*glyphs| scene.setGlyphs(&glyphs.head, glyphs.arrays),
        }
        viewer.touch();
    }

    fn meet(viewer: *Viewer, hello: *const messages.Hello) void {
        const half = constants.token_characters / 2;
        if (hello.protocol != constants.protocol_version) {
            main.complain(viewer.io, "the host speaks protocol {d}, this viewer {d}.", .{ hello.protocol, constants.protocol_version });
            viewer.leaving = .protocol;
        } else if (!std.crypto.timing_safe.eql([half]u8, hello.proof.bytes[0..half].*, viewer.token[half..].*)) {
            main.complain(viewer.io, "the host does not know the token.", .{});
            viewer.leaving = .protocol;
        } else {
            viewer.known = true;
            viewer.connection.send(viewer.io, .ready, viewer.ready());
        }
    }

    fn ready(viewer: *const Viewer) messages.Ready {
        const adapter = &viewer.device.adapter;
        return .{
            .adapter = protocol.cutText(adapter.name[0..adapter.name_length], constants.text_characters),
            .backend = adapter.backend,
            .adapter_type = adapter.kind,
            .driver = protocol.cutText(adapter.driver[0..adapter.driver_length], constants.text_characters),
            .version = .{ .bytes = viewer.version },
            .samples = constants.samples_still,
            .texture_side = viewer.device.texture_side,
        };
    }

    fn resized(viewer: *Viewer, resize: *const messages.Resize, sequence: u32) void {
        if (viewer.ring) |*ring| {
            if (ring.fits(resize)) {
                ring.restart(resize);
            } else {
                ring.close(viewer.io);
                viewer.ring = null;
            }
        }
        if (viewer.ring == null) viewer.ring = Ring.open(viewer.io, resize) catch |failure| {
            viewer.fail(.ring, @errorName(failure), sequence, true);
            main.complain(viewer.io, "the frame ring cannot be used ({t}).", .{failure});
            viewer.leaving = .ring;
            return;
        };
        viewer.scale = resize.scale;
        viewer.touch();
    }

    fn pointed(viewer: *Viewer, pointer: *const messages.Pointer, sequence: u32) void {
        const layout = viewer.layoutNow() orelse return;
        switch (viewer.interaction.take(viewer.scene, &layout, pointer, viewer.scale)) {
            .nothing => {},
            .moved => viewer.touch(),
            .hovering => viewer.hover = .{ pointer.x, pointer.y },
            .left => {
                viewer.hover = null;
                viewer.show(.arrow);
            },
            .clicked => {
                const found = viewer.find(pointer.x, pointer.y);
                var answer = pick.answer(messages.Picked, &found, pointer.x, pointer.y, sequence);
                answer.clicked = true;
                viewer.connection.send(viewer.io, .picked, answer);
            },
            .looked => viewer.look(pointer),
        }
        if (viewer.interaction.dragged) viewer.show(.closed_hand);
        if (pointer.action == .release) viewer.show(.open_hand);
    }

    /// Turns to what lies under the pointer.
    fn look(viewer: *Viewer, pointer: *const messages.Pointer) void {
        const found = viewer.find(pointer.x, pointer.y);
        const place = found.place orelse return;
        const ease: u32 = if (viewer.scene.style.reduced_motion) 0 else 220;
        for (interaction_module.cameras(viewer.scene, found.panel.?)) |*panel| {
            var pose = panel.camera.pose;
            pose.target = place;
            panel.camera.go(pose, ease);
        }
        viewer.touch();
    }

    // Files.

    fn snapshotTaken(viewer: *Viewer, snapshot: *const messages.Snapshot, sequence: u32) void {
        const bytes = viewer.snapshotWritten(snapshot) catch |failure| {
            var buffer: [512]u8 = undefined;
            const words = std.fmt.bufPrint(&buffer, "The picture could not be written: {t}.", .{failure}) catch "The picture could not be written.";
            return viewer.fail(.file, words, sequence, false);
        };
        viewer.connection.send(viewer.io, .snapshot_done, messages.SnapshotDone{
            .reply_to = sequence,
            .path = snapshot.path,
            .width = snapshot.width,
            .height = snapshot.height,
            .bytes = bytes,
        });
    }

    fn snapshotWritten(viewer: *Viewer, snapshot: *const messages.Snapshot) !u64 {
        if (@max(snapshot.width, snapshot.height) > viewer.device.texture_side) return error.TooLargeForThisAdapter;
        // Four samples of the largest pictures would take half a gigabyte.
        const large = @as(u64, snapshot.width) * snapshot.height > constants.frame_width * constants.frame_height;
        var picture: Target = .init(viewer.device, snapshot.width, snapshot.height, if (large) 1 else constants.samples_still);
        defer picture.deinit();
        try viewer.renderer.draw(viewer.scene, &picture, .{
            .width = snapshot.width,
            .height = snapshot.height,
            .scale = snapshot.scale,
            .finish = .still,
            .transparent = snapshot.transparent,
        });
        const rows = try picture.rows(viewer.device);
        defer picture.release();
        return viewer.written(snapshot.path.bytes, png.Pixels{
            .rows = rows,
            .stride = picture.stride,
            .width = snapshot.width,
            .height = snapshot.height,
            .transparent = snapshot.transparent,
        });
    }

    fn exported(viewer: *Viewer, wanted: *const messages.Export, sequence: u32) void {
        viewer.scene.settle();
        const bytes = viewer.written(wanted.path.bytes, wanted.panel) catch |failure| {
            var buffer: [512]u8 = undefined;
            const words = std.fmt.bufPrint(&buffer, "The scene could not be written: {t}.", .{failure}) catch "The scene could not be written.";
            return viewer.fail(.file, words, sequence, false);
        };
        viewer.connection.send(viewer.io, .export_done, messages.ExportDone{
            .reply_to = sequence,
            .path = wanted.path,
            .bytes = bytes,
        });
    }

    /// Writes pixels or a panel into a file, which takes its name when it is whole; returns its size.
    fn written(viewer: *Viewer, path: []const u8, what: anytype) !u64 {
        if (!std.fs.path.isAbsolute(path) or std.mem.indexOfScalar(u8, path, 0) != null) return error.NotAnAbsolutePath;
        const io = viewer.io;
        var atomic = try Io.Dir.cwd().createFileAtomic(io, path, .{ .replace = true });
        defer atomic.deinit(io);
        var buffer: [1 << 15]u8 = undefined;
        var writer = atomic.file.writer(io, &buffer);
        const allocator = std.heap.page_allocator;
        if (@TypeOf(what) == png.Pixels) {
            try png.write(allocator, what, &writer.interface);
        } else {
            try gltf.write(allocator, viewer.scene, what, &writer.interface);
        }
        try writer.interface.flush();
        const size = try atomic.file.length(io);
        try atomic.replace(io);
        return size;
    }
};
