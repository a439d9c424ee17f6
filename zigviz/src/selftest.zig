//! A known scene, drawn and measured, without a host.

const std = @import("std");
const Io = std.Io;
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const json = @import("json.zig");
const gpu = @import("gpu.zig");
const png = @import("png.zig");
const Scene = @import("scene.zig").Scene;
const Renderer = @import("renderer.zig").Renderer;
const Target = @import("target.zig").Target;
const Text = json.Text;

pub const width = 1280;
pub const height = 720;
/// How long each kind of picture is drawn again and again, but three times at least.
const timed_ms = 400;
const timed_least = 3;

pub const Report = struct {
    version: Text,
    adapter: Text,
    backend: messages.Backend,
    adapter_type: messages.AdapterType,
    driver: Text,
    width: u32,
    height: u32,
    start_ms: f64,
    first_frame_ms: f64,
    still_fps: f64,
    drag_fps: f64,
    /// A surface of 256 x 256, all of it, whose heights are others in every picture; one sample a pixel.
    update_fps: f64,
    /// CRC-32 of the still picture's pixels; adapters differ by rounding, one adapter does not.
    checksum: u32,
    background_part: f64,
    colours: u32,
    middle: [3]u32,
    ok: bool,
};

pub const Options = struct { version: []const u8, picture: ?[]const u8, dark: bool };

fn milliseconds(io: Io, since: Io.Timestamp) f64 {
    const passed = since.durationTo(Io.Clock.awake.now(io));
    return @as(f64, @floatFromInt(passed.toNanoseconds())) / 1e6;
}

pub fn run(io: Io, allocator: std.mem.Allocator, device: *const gpu.Device, started: Io.Timestamp, options: Options) !Report {
    const scene = try Scene.create();
    defer scene.destroy();
    try fill(scene, options.dark);
    const renderer = try Renderer.create(device);
    const start_ms = milliseconds(io, started);
    var fine: Target = .init(device, width, height, constants.samples_still);
    defer fine.deinit();
    var quick: Target = .init(device, width, height, 1);
    defer quick.deinit();

    const before = Io.Clock.awake.now(io);
    try renderer.draw(scene, &fine, .{ .width = width, .height = height, .scale = 1, .finish = .still });
    const rows = try fine.rows(device);
    const first_frame_ms = milliseconds(io, before);
    var report: Report = .{
        .version = .{ .bytes = options.version },
        .adapter = .{ .bytes = device.adapter.name[0..device.adapter.name_length] },
        .backend = device.adapter.backend,
        .adapter_type = device.adapter.kind,
        .driver = .{ .bytes = device.adapter.driver[0..device.adapter.driver_length] },
        .width = width,
        .height = height,
        .start_ms = start_ms,
        .first_frame_ms = first_frame_ms,
        .still_fps = 0,
        .drag_fps = 0,
        .update_fps = 0,
        .checksum = std.hash.Crc32.hash(rows),
        .background_part = 0,
        .colours = 0,
        .middle = undefined,
        .ok = false,
    };
    look(&report, rows, fine.stride, scene.style.background);
    if (options.picture) |path| try save(io, allocator, path, rows, fine.stride);
    fine.release();

    report.still_fps = try timed(io, scene, renderer, &fine, .still, false);
    report.drag_fps = try timed(io, scene, renderer, &quick, .drag, false);
    report.update_fps = try timed(io, scene, renderer, &quick, .drag, true);
    report.ok = report.background_part > 0.1 and report.background_part < 0.9 and report.colours > 500;
    return report;
}

/// Plain facts of the picture, by which one sees that something was drawn.
fn look(report: *Report, rows: []const u8, stride: u32, background: messages.Colour) void {
    var seen: std.bit_set.StaticBitSet(1 << 15) = .initEmpty();
    var empty: usize = 0;
    for (0..height) |y| for (0..width) |x| {
        const pixel = rows[y * stride + 4 * x ..][0..4];
        if (pixel[0] == background[2] and pixel[1] == background[1] and pixel[2] == background[0]) empty += 1;
        seen.set((@as(usize, pixel[0] >> 3) << 10) | (@as(usize, pixel[1] >> 3) << 5) | (pixel[2] >> 3));
    };
    const middle = rows[height / 2 * stride + 4 * (width / 2) ..][0..4];
    report.background_part = @as(f64, @floatFromInt(empty)) / (width * height);
    report.colours = @intCast(seen.count());
    report.middle = .{ middle[2], middle[1], middle[0] };
}

fn timed(io: Io, scene: *Scene, renderer: *Renderer, target: *const Target, finish: messages.Finish, changing: bool) !f64 {
    for (&grids, 0..) |*grid, phase| ripple(grid, update_side, @floatFromInt(phase));
    var begin = Io.Clock.awake.now(io);
    var frame: u32 = 0;
    while (true) : (frame += 1) {
        // The first one compiles what this kind of picture needs.
        if (frame == 1) begin = Io.Clock.awake.now(io);
        scene.panels[0].camera.pose.azimuth += 1;
        if (changing) try show(scene, &grids[frame % 2], update_side);
        try renderer.draw(scene, target, .{ .width = width, .height = height, .scale = 1, .finish = finish, .every_cell = changing });
        _ = try target.rows(renderer.device);
        target.release();
        const passed = milliseconds(io, begin);
        if (frame >= timed_least and passed > timed_ms) return @as(f64, @floatFromInt(frame)) * 1000 / passed;
    }
}

fn save(io: Io, allocator: std.mem.Allocator, path: []const u8, rows: []const u8, stride: u32) !void {
    const file = try Io.Dir.cwd().createFile(io, path, .{});
    defer file.close(io);
    var buffer: [1 << 16]u8 = undefined;
    var writer = file.writer(io, &buffer);
    const pixels: png.Pixels = .{ .rows = rows, .stride = stride, .width = width, .height = height, .transparent = false };
    try png.write(allocator, pixels, &writer.interface);
    try writer.interface.flush();
}

// The scene.

const update_side = 256;
/// Two surfaces that take turns; what they are made of is not measured.
var grids: [2][update_side * update_side]f32 = undefined;

/// A valley with two basins and some ripples, as loss surfaces have them.
fn valley(x: f32, y: f32, phase: f32) f32 {
    const basin = 0.9 * (x * x - 0.45) * (x * x - 0.45) + 0.55 * (y - 0.4 * x) * (y - 0.4 * x);
    return basin + 0.02 * @sin(9 * x + phase) * @cos(8 * y) + 0.05;
}

fn ripple(target: []f32, side: u32, phase: f32) void {
    for (0..side) |j| for (0..side) |i| {
        const x = 2.6 * @as(f32, @floatFromInt(i)) / @as(f32, @floatFromInt(side - 1)) - 1.3;
        const y = 2.6 * @as(f32, @floatFromInt(j)) / @as(f32, @floatFromInt(side - 1)) - 1.3;
        target[j * side + i] = valley(x, y, phase);
    };
}

fn show(scene: *Scene, heights: []const f32, side: u32) !void {
    const head: messages.Surface = .{ .id = 1, .a = .{ -1.3, 1.3 }, .b = .{ -1.3, 1.3 }, .rows = side, .columns = side, .values = false };
    try scene.setSurface(&head, .{ .heights = heights, .values = null });
}

const arms = [_]messages.Colour{ .{ 59, 125, 216, 255 }, .{ 224, 122, 31, 255 }, .{ 46, 158, 107, 255 }, .{ 184, 71, 154, 255 } };

fn fill(scene: *Scene, dark: bool) !void {
    if (dark) scene.style = .{
        .dark = true,
        .background = .{ 27, 31, 37, 255 },
        .wall = .{ 32, 37, 45, 255 },
        .grid = .{ 52, 59, 69, 255 },
        .axis = .{ 110, 120, 132, 255 },
        .text = .{ 230, 234, 240, 255 },
        .muted = .{ 151, 161, 174, 255 },
        .halo = .{ 20, 23, 27, 255 },
        .contour = .{ 235, 238, 243, 110 },
    };
    const span: messages.Range = .{ -1.3, 1.3 };
    scene.setAxes(&.{ .a = .{ .range = span }, .b = .{ .range = span }, .height = .{ .range = .{ 0, 2 } } });
    var contours: messages.Contours = .{};
    for (0..15) |level| {
        contours.levels.buffer[level] = 0.125 * @as(f64, @floatFromInt(level + 1));
        contours.levels.len = level + 1;
    }
    scene.setContours(&contours);
    ripple(grids[0][0 .. 51 * 51], 51, 0);
    try show(scene, grids[0][0 .. 51 * 51], 51);
    for (arms, 0..) |colour, arm| try descend(scene, @intCast(arm + 1), colour);
}

var positions: [1000][3]f32 = undefined;
var steps: [1000]u32 = undefined;

/// A path down the valley, with noise that is the same everywhere.
fn descend(scene: *Scene, id: u32, colour: messages.Colour) !void {
    var random: std.Random.DefaultPrng = .init(id);
    const corner: [2]f32 = switch (id) {
        1 => .{ -1.2, 1.1 },
        2 => .{ 1.2, 1.2 },
        3 => .{ -1.15, -1.2 },
        else => .{ 1.1, -1.2 },
    };
    var x, var y = corner;
    for (&positions, &steps, 0..) |*position, *step, index| {
        position.* = .{ x, y, valley(x, y, 0) };
        step.* = @intCast(index);
        const h = 1e-3;
        const noise = 0.004;
        x -= 0.01 * (valley(x + h, y, 0) - valley(x - h, y, 0)) / (2 * h) + noise * (random.random().float(f32) - 0.5);
        y -= 0.01 * (valley(x, y + h, 0) - valley(x, y - h, 0)) / (2 * h) + noise * (random.random().float(f32) - 0.5);
    }
    try scene.setPath(&.{ .id = id, .count = positions.len }, .{ .positions = &positions, .steps = &steps });
    try scene.stylePath(&.{ .id = id, .colour = colour, .head = .end, .drape = 1 });
}
