//! PNG files.

const std = @import("std");
const flate = std.compress.flate;
const Writer = std.Io.Writer;

pub const Pixels = struct {
    /// B, G, R, A for each pixel; colours are multiplied by the opacity.
    rows: []const u8,
    stride: u32,
    width: u32,
    height: u32,
    transparent: bool,
};

/// Memory for the compressor, which is too large for a stack.
const Memory = struct {
    window: [flate.max_window_len]u8,
    compressor: flate.Compress,
    chunk: [1 << 16]u8,
};

pub const Error = error{ WriteFailed, OutOfMemory };

pub fn write(allocator: std.mem.Allocator, pixels: Pixels, writer: *Writer) Error!void {
    const memory = try allocator.create(Memory);
    defer allocator.destroy(memory);
    const line = try allocator.alloc(u8, 2 * rowBytes(pixels));
    defer allocator.free(line);
    try writer.writeAll("\x89PNG\r\n\x1a\n");
    var header: [13]u8 = undefined;
    std.mem.writeInt(u32, header[0..4], pixels.width, .big);
    std.mem.writeInt(u32, header[4..8], pixels.height, .big);
    header[8..13].* = .{ 8, if (pixels.transparent) 6 else 2, 0, 0, 0 };
    try chunk(writer, "IHDR", &header);
    var data: Chunks = .{ .out = writer, .interface = .{ .vtable = &.{ .drain = Chunks.drain }, .buffer = &memory.chunk } };
    memory.compressor = flate.Compress.init(&data.interface, &memory.window, .zlib, .level_3) catch return error.WriteFailed;
    for (0..pixels.height) |row| try writeRow(pixels, row, line, &memory.compressor.writer);
    memory.compressor.finish() catch return error.WriteFailed;
    try data.interface.flush();
    try chunk(writer, "IEND", "");
}

fn channels(pixels: Pixels) usize {
    return if (pixels.transparent) 4 else 3;
}

fn rowBytes(pixels: Pixels) usize {
    return 1 + channels(pixels) * pixels.width;
}

/// Each byte less the one to the left (filter 1): drawings are full of even areas.
fn writeRow(pixels: Pixels, row: usize, line: []u8, writer: *Writer) Error!void {
    const size = rowBytes(pixels) - 1;
    const raw, const filtered = .{ line[0..size], line[size .. 2 * size + 1] };
    const source = pixels.rows[row * pixels.stride ..][0 .. 4 * pixels.width];
    const step = channels(pixels);
    for (0..pixels.width) |x| colour(source[4 * x ..][0..4], raw[step * x ..][0..step]);
    filtered[0] = 1;
    for (raw, filtered[1..], 0..) |byte, *target, index| target.* = byte -% if (index < step) 0 else raw[index - step];
    try writer.writeAll(filtered);
}

fn colour(source: *const [4]u8, target: []u8) void {
    const opacity: u32 = source[3];
    for (target[0..3], [_]u8{ source[2], source[1], source[0] }) |*byte, value| {
        const whole = if (target.len == 3 or opacity == 0) value else @min(255, (@as(u32, value) * 255 + opacity / 2) / opacity);
        byte.* = @intCast(whole);
    }
    if (target.len == 4) target[3] = source[3];
}

fn chunk(writer: *Writer, kind: *const [4]u8, data: []const u8) Writer.Error!void {
    var crc: std.hash.Crc32 = .init();
    crc.update(kind);
    crc.update(data);
    try writer.writeInt(u32, @intCast(data.len), .big);
    try writer.writeAll(kind);
    try writer.writeAll(data);
    try writer.writeInt(u32, crc.final(), .big);
}

/// What is written here becomes chunks of the file.
const Chunks = struct {
    out: *Writer,
    interface: Writer,

    fn drain(interface: *Writer, data: []const []const u8, splat: usize) Writer.Error!usize {
        const chunks: *Chunks = @fieldParentPtr("interface", interface);
        if (interface.end > 0) try chunk(chunks.out, "IDAT", interface.buffer[0..interface.end]);
        interface.end = 0;
        var written: usize = 0;
        for (data, 0..) |part, index| {
            const times = if (index == data.len - 1) splat else 1;
            for (0..times) |_| {
                if (part.len > 0) try chunk(chunks.out, "IDAT", part);
                written += part.len;
            }
        }
        return written;
    }
};

const testing = std.testing;

/// Reads a file that this module wrote; returns R, G, B (and A) of all pixels.
fn decode(allocator: std.mem.Allocator, file: []const u8, width: u32, height: u32, step: usize) ![]u8 {
    var data: std.ArrayList(u8) = .empty;
    defer data.deinit(allocator);
    try testing.expectEqualStrings("\x89PNG\r\n\x1a\n", file[0..8]);
    var at: usize = 8;
    while (at < file.len) {
        const size = std.mem.readInt(u32, file[at..][0..4], .big);
        const kind = file[at + 4 ..][0..4];
        const crc = std.mem.readInt(u32, file[at + 8 + size ..][0..4], .big);
        try testing.expectEqual(std.hash.Crc32.hash(file[at + 4 ..][0 .. size + 4]), crc);
        if (std.mem.eql(u8, kind, "IDAT")) try data.appendSlice(allocator, file[at + 8 ..][0..size]);
        at += 12 + size;
    }
    var reader: std.Io.Reader = .fixed(data.items);
    const window = try allocator.alloc(u8, flate.max_window_len);
    defer allocator.free(window);
    var inflate: flate.Decompress = .init(&reader, .zlib, window);
    const result = try allocator.alloc(u8, width * height * step);
    errdefer allocator.free(result);
    for (0..height) |row| {
        const line = result[row * width * step ..][0 .. width * step];
        try testing.expectEqual(1, try inflate.reader.takeByte());
        try inflate.reader.readSliceAll(line);
        for (step..line.len) |index| line[index] +%= line[index - step];
    }
    return result;
}

test "a picture comes back as it was" {
    const width, const height, const stride = .{ 301, 200, 1280 };
    const rows = try testing.allocator.alloc(u8, stride * height);
    defer testing.allocator.free(rows);
    var random: std.Random.DefaultPrng = .init(3);
    for (0..height) |y| for (0..stride / 4) |x| {
        const noisy: u8 = if (y > 150) random.random().int(u8) else 7;
        rows[y * stride + 4 * x ..][0..4].* = .{ @truncate(x), @truncate(y), noisy, 255 };
    };
    for ([_]bool{ false, true }) |transparent| {
        var file: Writer.Allocating = .init(testing.allocator);
        defer file.deinit();
        try write(testing.allocator, .{ .rows = rows, .stride = stride, .width = width, .height = height, .transparent = transparent }, &file.writer);
        const step: usize = if (transparent) 4 else 3;
        const read = try decode(testing.allocator, file.written(), width, height, step);
        defer testing.allocator.free(read);
        for (0..height) |y| for (0..width) |x| {
            const source = rows[y * stride + 4 * x ..][0..4];
            const found = read[(y * width + x) * step ..][0..3];
            try testing.expectEqual([3]u8{ source[2], source[1], source[0] }, found.*);
        };
        try testing.expect(file.written().len < width * height * 2);
    }
}

test "a colour that was multiplied by its opacity is itself again" {
    var target: [4]u8 = undefined;
    colour(&.{ 50, 25, 100, 128 }, &target);
    try testing.expectEqual([4]u8{ 199, 50, 100, 128 }, target);
}
