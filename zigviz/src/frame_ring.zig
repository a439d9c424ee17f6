//! The file through which pictures reach the host: three slots that belong to one side at a time.

const std = @import("std");
const Io = std.Io;
const assert = std.debug.assert;
const constants = @import("constants.zig");
const messages = @import("messages.zig");

pub const Error = error{ NoFile, TooSmall, NotOurs, NoMemory };

const magic: [8]u8 = "WNINRING".*;

const Header = extern struct { magic: [8]u8, version: u32, slots: u32, slot_bytes: u64 };

/// Whose a slot is; a pure account, without memory.
pub const Turns = struct {
    generation: u32 = 0,
    with_host: [constants.slots]bool = @splat(false),

    /// A slot that may be written, if the host does not hold too many.
    pub fn free(turns: *const Turns) ?u32 {
        var held: u32 = 0;
        var found: ?u32 = null;
        for (turns.with_host, 0..) |with_host, slot| {
            if (with_host) held += 1 else if (found == null) found = @intCast(slot);
        }
        return if (held < constants.in_flight) found else null;
    }

    pub fn hand(turns: *Turns, slot: u32) void {
        assert(!turns.with_host[slot]);
        turns.with_host[slot] = true;
    }

    pub fn release(turns: *Turns, slot: u32, generation: u32) void {
        if (generation == turns.generation) turns.with_host[slot] = false;
    }

    pub fn restart(turns: *Turns, generation: u32) void {
        turns.* = .{ .generation = generation };
    }
};

pub const Ring = struct {
    file: Io.File,
    map: Io.File.MemoryMap,
    slot_bytes: usize,
    turns: Turns = .{},
    width: u32,
    height: u32,
    stride: u32,
    name: [constants.path_bytes]u8 = undefined,
    name_length: usize,

    pub fn open(io: Io, resize: *const messages.Resize) Error!Ring {
        const name = resize.ring.bytes;
        if (!std.fs.path.isAbsolute(name)) return error.NoFile;
        const file = Io.Dir.openFileAbsolute(io, name, .{ .mode = .read_write }) catch return error.NoFile;
        errdefer file.close(io);
        const size = constants.ring_header_bytes + constants.slots * resize.slot_bytes;
        const stat = file.stat(io) catch return error.NoFile;
        if (stat.kind != .file) return error.NoFile;
        if (stat.size < size) return error.TooSmall;
        var map = file.createMemoryMap(io, .{ .len = @intCast(size), .populate = false }) catch return error.NoMemory;
        errdefer map.destroy(io);
        // Without a section the memory would be a copy.
        if (map.section == null) return error.NoMemory;
        const header = std.mem.bytesToValue(Header, map.memory[0..@sizeOf(Header)]);
        const ours = std.mem.eql(u8, &header.magic, &magic) and header.version == constants.ring_version and
            header.slots == constants.slots and header.slot_bytes == resize.slot_bytes;
        if (!ours) return error.NotOurs;
        var ring: Ring = .{
            .file = file,
            .map = map,
            .slot_bytes = @intCast(resize.slot_bytes),
            .width = resize.width,
            .height = resize.height,
            .stride = strideOf(resize.width),
            .name_length = name.len,
        };
        @memcpy(ring.name[0..name.len], name);
        ring.turns.restart(resize.generation);
        return ring;
    }

    pub fn strideOf(width: u32) u32 {
        return std.mem.alignForward(u32, 4 * width, constants.row_alignment);
    }

    pub fn close(ring: *Ring, io: Io) void {
        ring.map.destroy(io);
        ring.file.close(io);
        ring.* = undefined;
    }

    /// Whether the file of this message is the one that is open.
    pub fn fits(ring: *const Ring, resize: *const messages.Resize) bool {
        return ring.slot_bytes == resize.slot_bytes and std.mem.eql(u8, ring.name[0..ring.name_length], resize.ring.bytes);
    }

    pub fn restart(ring: *Ring, given: *const messages.Resize) void {
        ring.width = given.width;
        ring.height = given.height;
        ring.stride = strideOf(given.width);
        ring.turns.restart(given.generation);
    }

    /// Copies a picture into a slot.
    pub fn put(ring: *Ring, slot: u32, rows: []const u8) void {
        const start = constants.ring_header_bytes + slot * ring.slot_bytes;
        assert(rows.len <= ring.slot_bytes and !ring.turns.with_host[slot]);
        @memcpy(ring.map.memory[start..][0..rows.len], rows);
    }
};

const testing = std.testing;

test "the host never holds more than two slots, and nobody writes into what it holds" {
    var turns: Turns = .{};
    turns.restart(1);
    var random: std.Random.DefaultPrng = .init(11);
    const chance = random.random();
    var handed: usize = 0;
    for (0..10_000) |_| {
        const slot = chance.uintLessThan(u32, constants.slots);
        switch (chance.uintLessThan(u8, 8)) {
            0...3 => if (turns.free()) |free| {
                try testing.expect(!turns.with_host[free]);
                turns.hand(free);
                handed += 1;
            },
            4...6 => turns.release(slot, turns.generation),
            else => turns.release(slot, turns.generation + 1),
        }
        var held: usize = 0;
        for (turns.with_host) |with_host| held += @intFromBool(with_host);
        try testing.expect(held <= constants.in_flight);
    }
    try testing.expect(handed > 1000);
    turns.restart(2);
    try testing.expect(turns.free() != null);
}

test "a file is mapped only when it is a ring, and what is put there is in the file" {
    const io = testing.io;
    var folder = testing.tmpDir(.{});
    defer folder.cleanup();
    var path_buffer: [std.fs.max_path_bytes]u8 = undefined;
    const file = try folder.dir.createFile(io, "ring", .{ .read = true });
    defer file.close(io);
    const length = try folder.dir.realPathFile(io, "ring", &path_buffer);
    const resize: messages.Resize = .{
        .generation = 1,
        .width = 16,
        .height = 16,
        .ring = .{ .bytes = path_buffer[0..length] },
        .slot_bytes = 4096,
    };
    try testing.expectError(error.TooSmall, Ring.open(io, &resize));
    try file.setLength(io, 4096 * 4);
    try testing.expectError(error.NotOurs, Ring.open(io, &resize));
    const header: Header = .{ .magic = magic, .version = 1, .slots = 3, .slot_bytes = 4096 };
    try file.writePositionalAll(io, std.mem.asBytes(&header), 0);
    var ring = try Ring.open(io, &resize);
    defer ring.close(io);
    var rows: [256 * 16]u8 = @splat(0xAB);
    ring.put(1, &rows);
    var read: [4]u8 = undefined;
    _ = try file.readPositionalAll(io, &read, 4096 * 2 + 17);
    try testing.expectEqual([4]u8{ 0xAB, 0xAB, 0xAB, 0xAB }, read);
    try testing.expect(ring.fits(&resize));
    var other = resize;
    other.ring = .{ .bytes = "relative" };
    try testing.expectError(error.NoFile, Ring.open(io, &other));
}
