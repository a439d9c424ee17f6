//! The wire: a header of 16 bytes, and a payload that is JSON or a JSON head with arrays behind it.

const std = @import("std");
const constants = @import("constants.zig");
const json = @import("json.zig");
const messages = @import("messages.zig");
const Kind = messages.Kind;

pub const Error = json.Error || error{
    BadMagic,
    BadVersion,
    UnknownKind,
    BadSequence,
    TooMuch,
    BadHead,
    BadSize,
    BadRange,
};

pub const magic: [4]u8 = "WNVZ".*;

/// What stands in front of a payload, as it lies in memory.
pub const Header = extern struct {
    magic: [4]u8,
    version: u16,
    kind: u16,
    sequence: u32,
    length: u32,

    comptime {
        std.debug.assert(@sizeOf(Header) == constants.header_bytes);
        std.debug.assert(@offsetOf(Header, "length") == 12);
    }

    pub fn of(kind: Kind, sequence: u32, length: usize) Header {
        return .{
            .magic = magic,
            .version = constants.protocol_version,
            .kind = @intFromEnum(kind),
            .sequence = sequence,
            .length = @intCast(length),
        };
    }

    /// Returns the kind when such a message may come down now.
    pub fn check(header: *const Header, sequence: u32) Error!Kind {
        if (!std.mem.eql(u8, &header.magic, &magic)) return error.BadMagic;
        if (header.version != constants.protocol_version) return error.BadVersion;
        const kind = std.enums.fromInt(Kind, header.kind) orelse return error.UnknownKind;
        if (@intFromEnum(kind) >= @intFromEnum(Kind.greeting)) return error.UnknownKind;
        if (header.sequence != sequence) return error.BadSequence;
        const most: u32 = if (hasArrays(kind)) constants.payload_bytes else constants.control_bytes;
        if (header.length > most) return error.TooMuch;
        return kind;
    }
};

pub fn hasArrays(kind: Kind) bool {
    return switch (kind) {
        .surface, .surface_update, .path_set, .path_append, .points, .markers, .colour_map, .glyphs => true,
        else => false,
    };
}

pub const Heights = struct { heights: []const f32, values: ?[]const f32 };
pub const Line = struct { positions: []const [3]f32, steps: []const u32 };
pub const Cloud = struct { positions: []const [3]f32, values: ?[]const f32 };
pub const Marks = struct {
    positions: []const [3]f32,
    steps: []const u32,
    shapes: []const u32,
    colours: []const [4]u8,
};
pub const Colours = struct { colours: *const [constants.colour_map_entries][3]u8 };
pub const Font = struct { codes: []const u32, boxes: []const [7]f32, bitmap: []const u8 };

fn With(comptime Head: type, comptime Arrays: type) type {
    return struct { head: Head, arrays: Arrays };
}

/// A message that came down. Its slices point into the payload and the scratch that it was read from.
pub const Down = union(enum) {
    hello: messages.Hello,
    resize: messages.Resize,
    frame_release: messages.FrameRelease,
    ping: messages.Ping,
    bye: messages.Bye,
    quality: messages.Quality,
    surface: With(messages.Surface, Heights),
    surface_update: With(messages.SurfaceUpdate, Heights),
    surface_style: messages.SurfaceStyle,
    path_set: With(messages.PathSet, Line),
    path_append: With(messages.PathAppend, Line),
    path_style: messages.PathStyle,
    points: With(messages.Points, Cloud),
    points_style: messages.PointsStyle,
    markers: With(messages.Markers, Marks),
    remove: messages.Remove,
    clear: messages.Clear,
    layout: messages.Layout,
    axes: messages.Axes,
    contours: messages.Contours,
    clip: messages.Clip,
    scale: messages.Scale,
    colour_bar: messages.ColourBar,
    time: messages.Time,
    style: messages.Style,
    colour_map: With(messages.ColourMap, Colours),
    glyphs: With(messages.Glyphs, Font),
    camera: messages.Camera,
    pointer: messages.Pointer,
    pick: messages.Pick,
    snapshot: messages.Snapshot,
    @"export": messages.Export,
};

pub const Payload = []align(4) const u8;

/// Reads the payload of a message. What it returns points into `payload` and `scratch`.
pub fn decode(kind: Kind, payload: Payload, scratch: []u8) Error!Down {
    inline for (@typeInfo(Down).@"union".fields) |field| {
        if (std.mem.eql(u8, field.name, @tagName(kind))) {
            const value = if (comptime @hasField(field.type, "arrays"))
                try decodeWithArrays(field.type, payload, scratch)
            else
                try json.decode(field.type, payload, scratch);
            try check(value);
            return @unionInit(Down, field.name, value);
        }
    }
    return error.UnknownKind;
}

fn decodeWithArrays(comptime T: type, payload: Payload, scratch: []u8) Error!T {
    if (payload.len < 4) return error.BadHead;
    const length = std.mem.readInt(u32, payload[0..4], .little);
    if (length > constants.head_bytes or length % 4 != 0 or length > payload.len - 4) return error.BadHead;
    const head = try json.decode(@FieldType(T, "head"), payload[4 .. 4 + length], scratch);
    var cutter: Cutter = .{ .rest = @alignCast(payload[4 + length ..]) };
    const arrays = try cutter.cut(head);
    if (cutter.rest.len > 0) return error.BadSize;
    return .{ .head = head, .arrays = arrays };
}

/// Takes one array after the other from what lies behind a head.
const Cutter = struct {
    rest: Payload,

    fn take(cutter: *Cutter, comptime T: type, count: usize) Error![]const T {
        comptime std.debug.assert(@alignOf(T) <= 4);
        const size = count * @sizeOf(T);
        if (size > cutter.rest.len) return error.BadSize;
        const bytes = cutter.rest[0..size];
        // Only the last array of a message is of single bytes, so the rest stays aligned, or is empty.
        cutter.rest = if (size == cutter.rest.len) &.{} else if (size % 4 == 0) @alignCast(cutter.rest[size..]) else return error.BadSize;
        return std.mem.bytesAsSlice(T, bytes);
    }

    fn cut(cutter: *Cutter, head: anytype) Error!ArraysOf(@TypeOf(head)) {
        switch (@TypeOf(head)) {
            messages.Surface, messages.SurfaceUpdate => {
                const count = if (@hasField(@TypeOf(head), "count")) head.count else head.rows * head.columns;
                const heights = try cutter.take(f32, count);
                return .{ .heights = heights, .values = if (head.values) try cutter.take(f32, count) else null };
            },
            messages.PathSet, messages.PathAppend => {
                const positions = try cutter.take([3]f32, head.count);
                return .{ .positions = positions, .steps = try cutter.take(u32, head.count) };
            },
            messages.Points => {
                const positions = try cutter.take([3]f32, head.count);
                return .{ .positions = positions, .values = if (head.values) try cutter.take(f32, head.count) else null };
            },
            messages.Markers => {
                const positions = try cutter.take([3]f32, head.count);
                const steps = try cutter.take(u32, head.count);
                const shapes = try cutter.take(u32, head.count);
                return .{ .positions = positions, .steps = steps, .shapes = shapes, .colours = try cutter.take([4]u8, head.count) };
            },
            messages.ColourMap => {
                const colours = try cutter.take([3]u8, constants.colour_map_entries);
                return .{ .colours = colours[0..constants.colour_map_entries] };
            },
            messages.Glyphs => {
                const codes = try cutter.take(u32, head.count);
                const boxes = try cutter.take([7]f32, head.count);
                return .{ .codes = codes, .boxes = boxes, .bitmap = try cutter.take(u8, head.width * head.height) };
            },
            else => comptime unreachable,
        }
    }
};

fn ArraysOf(comptime Head: type) type {
    inline for (@typeInfo(Down).@"union".fields) |field| {
        if (@hasField(field.type, "arrays") and @FieldType(field.type, "head") == Head) return @FieldType(field.type, "arrays");
    }
    unreachable;
}

/// What no single field can say.
fn check(value: anytype) Error!void {
    const T = @TypeOf(value);
    if (T == messages.Hello) return checkProof(value.proof.bytes);
    if (T == messages.Resize) return checkResize(value);
    if (T == messages.Layout and value.titles.len == 0) return error.BadSize;
    if (T == messages.Clip) return ordered(value.low, value.high);
    if (T == messages.Axes) {
        for ([_]messages.Axis{ value.a, value.b, value.height }) |axis| try ordered(axis.range[0], axis.range[1]);
    }
    if (@hasField(T, "arrays")) try checkHead(value.head, value.arrays);
}

fn checkHead(head: anytype, arrays: anytype) Error!void {
    switch (@TypeOf(head)) {
        messages.Surface => {
            try ordered(head.a[0], head.a[1]);
            try ordered(head.b[0], head.b[1]);
        },
        messages.PathSet, messages.PathAppend => for (1..@max(1, arrays.steps.len)) |index| {
            if (arrays.steps[index] < arrays.steps[index - 1]) return error.BadRange;
        },
        messages.Markers => for (arrays.shapes) |shape| {
            if (std.enums.fromInt(messages.Mark, shape) == null) return error.BadRange;
        },
        messages.Glyphs => try checkFont(head, arrays),
        else => {},
    }
}

fn checkFont(head: messages.Glyphs, font: Font) Error!void {
    const sides: [2]f32 = .{ @floatFromInt(head.width), @floatFromInt(head.height) };
    for (font.codes, font.boxes, 0..) |code, box, index| {
        if (index > 0 and code <= font.codes[index - 1]) return error.BadRange;
        for (box) |number| if (!(@abs(number) <= 8192)) return error.BadRange;
        for (0..2) |axis| {
            if (box[axis] < 0 or box[2 + axis] < 0 or box[axis] + box[2 + axis] > sides[axis]) return error.BadRange;
        }
    }
}

fn checkProof(proof: []const u8) Error!void {
    for (proof) |digit| switch (digit) {
        '0'...'9', 'a'...'f' => {},
        else => return error.BadText,
    };
}

fn checkResize(resize: messages.Resize) Error!void {
    const stride = std.mem.alignForward(u64, 4 * @as(u64, resize.width), constants.row_alignment);
    if (resize.slot_bytes % 4096 != 0 or resize.slot_bytes < stride * resize.height) return error.BadSize;
    if (std.mem.indexOfScalar(u8, resize.ring.bytes, 0) != null) return error.BadText;
}

fn ordered(low: ?f64, high: ?f64) Error!void {
    if (low == null or high == null) return;
    if (!(low.? < high.?)) return error.BadRange;
}

/// Writes a message that goes up into `buffer`, and returns its bytes.
pub fn encode(kind: Kind, value: anytype, sequence: u32, buffer: []u8) []const u8 {
    var writer: std.Io.Writer = .fixed(buffer[constants.header_bytes..]);
    json.encode(value, &writer) catch unreachable; // texts that go up are cut to their limits
    const length = writer.buffered().len;
    const header: Header = .of(kind, sequence, length);
    @memcpy(buffer[0..constants.header_bytes], std.mem.asBytes(&header));
    return buffer[0 .. constants.header_bytes + length];
}

/// The longest beginning of `bytes` that is whole UTF-8 and within `most` code points.
pub fn cutText(bytes: []const u8, most: usize) json.Text {
    var view = (std.unicode.Utf8View.init(bytes) catch return .{ .bytes = "?" }).iterator();
    var count: usize = 0;
    while (count < most) : (count += 1) _ = view.nextCodepointSlice() orelse break;
    return .{ .bytes = bytes[0..view.i] };
}

const testing = std.testing;

fn golden(comptime name: []const u8) *align(4) const [@embedFile("testdata/" ++ name ++ ".bin").len]u8 {
    const Aligned = struct {
        const bytes: [@embedFile("testdata/" ++ name ++ ".bin").len]u8 align(4) = @embedFile("testdata/" ++ name ++ ".bin").*;
    };
    return &Aligned.bytes;
}

fn goldenDown(comptime name: []const u8, scratch: []u8) !Down {
    const bytes = golden(name);
    const header: *const Header = @ptrCast(bytes);
    const kind = try header.check(header.kind);
    try testing.expectEqualStrings(name, @tagName(kind));
    try testing.expectEqual(bytes.len - constants.header_bytes, header.length);
    return decode(kind, @alignCast(bytes[constants.header_bytes..]), scratch);
}

fn goldenUp(comptime kind: Kind, value: anytype) !void {
    var buffer: [constants.outbox_bytes]u8 = undefined;
    const bytes = encode(kind, value, @intFromEnum(kind), &buffer);
    try testing.expectEqualSlices(u8, golden(@tagName(kind)), bytes);
}

test "golden messages that come down are all read" {
    var scratch: [constants.json_scratch_bytes]u8 = undefined;
    inline for (@typeInfo(Down).@"union".fields) |field| _ = try goldenDown(field.name, &scratch);
}

test "golden messages that come down hold what was written" {
    var scratch: [constants.json_scratch_bytes]u8 = undefined;
    const resize = (try goldenDown("resize", &scratch)).resize;
    try testing.expectEqual(1280, resize.width);
    try testing.expectEqualStrings("/run/user/ä b.ring", resize.ring.bytes);
    const surface = (try goldenDown("surface", &scratch)).surface;
    try testing.expectEqual(2, surface.head.rows);
    try testing.expectEqual(-0.5, surface.head.b[0]);
    try testing.expectEqualStrings("loss «ä»", surface.head.label.bytes);
    try testing.expectEqual(1.5, surface.arrays.heights[3]);
    try testing.expect(std.math.isNan(surface.arrays.values.?[4]));
    const update = (try goldenDown("surface_update", &scratch)).surface_update;
    try testing.expectEqual(2.5, update.head.value_range.?[1]);
    try testing.expectEqual(null, update.arrays.values);
    const path = (try goldenDown("path_set", &scratch)).path_set;
    try testing.expectEqual([3]f32{ -0.5, 0.25, 2.0 }, path.arrays.positions[1]);
    try testing.expectEqual(4_000_000_000, path.arrays.steps[1]);
    const style = (try goldenDown("path_style", &scratch)).path_style;
    try testing.expectEqualSlices(f32, &.{ 6.0, 1.5 }, style.dash.items());
    try testing.expectEqual(.diamond, style.head.?);
    const marks = (try goldenDown("markers", &scratch)).markers;
    try testing.expectEqual([4]u8{ 4, 5, 6, 128 }, marks.arrays.colours[1]);
    const axes = (try goldenDown("axes", &scratch)).axes;
    try testing.expectEqualStrings("0,5", axes.height.ticks.items()[1][1].bytes);
    const map = (try goldenDown("colour_map", &scratch)).colour_map;
    try testing.expectEqual([3]u8{ 253, 254, 255 }, map.arrays.colours[255]);
    const font = (try goldenDown("glyphs", &scratch)).glyphs;
    try testing.expectEqual(.title, font.head.face);
    try testing.expectEqual(5, font.arrays.bitmap[5]);
    const camera = (try goldenDown("camera", &scratch)).camera;
    try testing.expectEqual(.top, camera.preset.?);
    try testing.expectEqual(4_000_000_000, (try goldenDown("pointer", &scratch)).pointer.time_ms);
}

test "golden messages that go up are written to the byte" {
    const token = "0123456789abcdef" ** 4;
    try goldenUp(.greeting, messages.Greeting{ .proof = .{ .bytes = token[0..32] }, .version = .{ .bytes = "0.1.0" }, .pid = 12345 });
    try goldenUp(.ready, messages.Ready{
        .adapter = .{ .bytes = "llvmpipe \"quoted\" \\ ä" },
        .backend = .vulkan,
        .adapter_type = .cpu,
        .driver = .{ .bytes = "Mesa" },
        .version = .{ .bytes = "0.1.0" },
        .samples = 4,
        .texture_side = 8192,
    });
    try goldenUp(.frame_ready, messages.FrameReady{
        .slot = 1,
        .generation = 2,
        .width = 1280,
        .height = 720,
        .stride = 5120,
        .frame = 17,
        .after = 400,
        .quality = .drag,
    });
    const found: messages.Hovered = .{
        .reply_to = 50,
        .panel = 1,
        .x = 640.5,
        .y = 360.25,
        .surface = 3,
        .a = 0.5,
        .b = -0.25,
        .height = 2.5,
        .value = 0.125,
        .path = 7,
        .point = 99,
        .step = 400,
        .path_position = .{ 0.5, -0.5, 2.25 },
        .path_distance = 3.5,
        .group = 2,
        .marker = 1,
    };
    try goldenUp(.hovered, found);
    var picked: messages.Picked = undefined;
    inline for (@typeInfo(messages.Hovered).@"struct".fields) |field| @field(picked, field.name) = @field(found, field.name);
    picked.clicked = true;
    try goldenUp(.picked, picked);
    try goldenUp(.camera_changed, messages.CameraChanged{
        .panel = 1,
        .azimuth = -37.5,
        .elevation = 30,
        .distance = 1.25,
        .target = .{ 0, 0.5, -0.5 },
        .projection = .perspective,
        .moving = true,
    });
    try goldenUp(.cursor, messages.Cursor{ .shape = .closed_hand });
    try goldenUp(.snapshot_done, messages.SnapshotDone{
        .reply_to = 56,
        .path = .{ .bytes = "/data/a b/ä.png" },
        .width = 3840,
        .height = 2160,
        .bytes = 1_234_567,
    });
    try goldenUp(.export_done, messages.ExportDone{ .reply_to = 57, .path = .{ .bytes = "C:\\a b\\ä.glb" }, .bytes = 1_234_567 });
    try goldenUp(.stats, messages.Stats{
        .frames = 1000,
        .frames_per_second = 59.5,
        .frame_ms = 8.25,
        .gpu_ms = 6.5,
        .samples = 1,
        .quality = .drag,
    });
    try goldenUp(.pong, messages.Pong{ .reply_to = 4 });
    try goldenUp(.@"error", messages.Fault{
        .reply_to = 17,
        .code = .unknown_id,
        .message = .{ .bytes = "Surface 9 is not there." },
        .fatal = false,
    });
}

test "a header that cannot be is refused" {
    var header: Header = .of(.ping, 1, 2);
    try testing.expectEqual(.ping, try header.check(1));
    try testing.expectError(error.BadSequence, header.check(2));
    header.length = constants.control_bytes + 1;
    try testing.expectError(error.TooMuch, header.check(1));
    header = .of(.pong, 1, 2);
    try testing.expectError(error.UnknownKind, header.check(1));
    header.kind = 7;
    try testing.expectError(error.UnknownKind, header.check(1));
    header.version = 2;
    try testing.expectError(error.BadVersion, header.check(1));
    header.magic[0] = 0;
    try testing.expectError(error.BadMagic, header.check(1));
}

test "arrays that do not fit their head are refused" {
    var scratch: [1024]u8 = undefined;
    const bytes = golden("surface");
    const payload: Payload = @alignCast(bytes[constants.header_bytes..]);
    try testing.expectError(error.BadSize, decode(.surface, payload[0 .. payload.len - 4], &scratch));
    try testing.expectError(error.BadHead, decode(.surface, payload[0..3], &scratch));
    try testing.expectError(error.BadHead, decode(.surface, payload[0..40], &scratch));
    const list: [2]u8 align(4) = "[]".*;
    try testing.expectError(error.WrongType, decode(.ping, &list, &scratch));
}

test "a text is cut between code points" {
    try testing.expectEqualStrings("aä", cutText("aäb", 2).bytes);
    try testing.expectEqualStrings("aäb", cutText("aäb", 9).bytes);
    try testing.expectEqualStrings("?", cutText("\xff", 9).bytes);
}

test "damaged and random messages are read or refused, and nothing else" {
    var random: std.Random.DefaultPrng = .init(0x5eed);
    const chance = random.random();
    var memory: [4096]u8 align(4) = undefined;
    var scratch: [constants.json_scratch_bytes]u8 = undefined;
    const rounds = if (@import("builtin").mode == .Debug) 200 else 4000;
    var refused: usize = 0;
    inline for (@typeInfo(Down).@"union".fields) |field| {
        const bytes = golden(field.name)[constants.header_bytes..];
        const kind = @field(Kind, field.name);
        for (0..rounds) |round| {
            @memcpy(memory[0..bytes.len], bytes);
            var length = bytes.len;
            for (0..1 + round % 4) |_| memory[chance.uintLessThan(usize, length)] = chance.int(u8);
            if (round % 3 == 0) length = chance.uintAtMost(usize, length);
            if (round % 7 == 0) chance.bytes(memory[0..length]);
            if (decode(kind, memory[0..length], &scratch)) |_| {} else |_| refused += 1;
        }
    }
    try testing.expect(refused > rounds);
}
