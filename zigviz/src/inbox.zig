//! Messages between the thread that reads them and the one that acts on them: a ring of bytes in which every
//! message lies in one piece. The reader waits when it is full, and so, in the end, does the host.

const std = @import("std");
const Io = std.Io;
const assert = std.debug.assert;
const constants = @import("constants.zig");
const Kind = @import("messages.zig").Kind;

const Record = extern struct {
    kind: u16,
    sequence: u32,
    length: u32,
    /// Of the record and its payload together.
    size: u32,
};

const alignment = 16;

comptime {
    assert(@sizeOf(Record) == alignment);
}

pub const Message = struct { kind: Kind, sequence: u32, payload: []align(alignment) const u8 };

pub const Inbox = struct {
    memory: []align(alignment) u8,
    mutex: Io.Mutex = .init,
    /// Something came, or nothing will come any more.
    filled: Io.Event = .unset,
    /// Something was taken.
    emptied: Io.Event = .unset,
    read: usize = 0,
    write: usize = 0,
    /// Where the part behind `read` ends while writing has begun at the front again.
    end: usize = 0,
    wrapped: bool = false,
    count: usize = 0,
    reserved: usize = 0,
    closed: bool = false,

    pub fn init(memory: []align(alignment) u8) Inbox {
        return .{ .memory = memory };
    }

    fn sizeOf(length: usize) usize {
        return std.mem.alignForward(usize, @sizeOf(Record) + length, alignment);
    }

    /// Waits until there is room for a payload, and returns it. One at a time; `commit` follows.
    pub fn reserve(inbox: *Inbox, io: Io, length: usize) []align(alignment) u8 {
        const size = sizeOf(length);
        assert(size <= inbox.memory.len);
        while (true) {
            inbox.emptied.reset();
            inbox.mutex.lockUncancelable(io);
            const place = inbox.find(size);
            inbox.mutex.unlock(io);
            if (place) |at| {
                inbox.reserved = at;
                return @alignCast(inbox.memory[at + @sizeOf(Record) ..][0..length]);
            }
            inbox.emptied.waitUncancelable(io);
        }
    }

    fn find(inbox: *Inbox, size: usize) ?usize {
        if (inbox.count == 0) {
            inbox.read = 0;
            inbox.write = 0;
            inbox.wrapped = false;
        }
        if (inbox.wrapped) return if (inbox.write + size <= inbox.read) inbox.write else null;
        if (inbox.write + size <= inbox.memory.len) return inbox.write;
        if (size > inbox.read) return null;
        inbox.end = inbox.write;
        inbox.wrapped = true;
        inbox.write = 0;
        return 0;
    }

    /// What was reserved is a message now.
    pub fn commit(inbox: *Inbox, io: Io, kind: Kind, sequence: u32, length: usize) void {
        const size = sizeOf(length);
        inbox.mutex.lockUncancelable(io);
        // While this payload came in, everything in front of it may have been taken.
        inbox.recordAt(inbox.reserved).* = .{
            .kind = @intFromEnum(kind),
            .sequence = sequence,
            .length = @intCast(length),
            .size = @intCast(size),
        };
        if (inbox.count == 0) {
            inbox.read = inbox.reserved;
            inbox.wrapped = false;
        }
        inbox.write = inbox.reserved + size;
        inbox.count += 1;
        inbox.mutex.unlock(io);
        inbox.filled.set(io);
    }

    pub fn close(inbox: *Inbox, io: Io) void {
        inbox.mutex.lockUncancelable(io);
        inbox.closed = true;
        inbox.mutex.unlock(io);
        inbox.filled.set(io);
    }

    fn recordAt(inbox: *Inbox, at: usize) *Record {
        return @ptrCast(@alignCast(&inbox.memory[at]));
    }

    /// The oldest message; it stays where it is until `done`.
    pub fn next(inbox: *Inbox, io: Io) ?Message {
        inbox.mutex.lockUncancelable(io);
        defer inbox.mutex.unlock(io);
        if (inbox.count == 0) return null;
        if (inbox.wrapped and inbox.read == inbox.end) {
            inbox.read = 0;
            inbox.wrapped = false;
        }
        const record = inbox.recordAt(inbox.read);
        return .{
            .kind = @enumFromInt(record.kind),
            .sequence = record.sequence,
            .payload = @alignCast(inbox.memory[inbox.read + @sizeOf(Record) ..][0..record.length]),
        };
    }

    pub fn done(inbox: *Inbox, io: Io) void {
        inbox.mutex.lockUncancelable(io);
        assert(inbox.count > 0);
        inbox.read += inbox.recordAt(inbox.read).size;
        inbox.count -= 1;
        inbox.mutex.unlock(io);
        inbox.emptied.set(io);
    }

    /// Whether nothing is here and nothing will come.
    pub fn over(inbox: *Inbox, io: Io) bool {
        inbox.mutex.lockUncancelable(io);
        defer inbox.mutex.unlock(io);
        return inbox.closed and inbox.count == 0;
    }

    /// Waits for a message or the end, but not longer than `ms`; null waits for ever.
    pub fn wait(inbox: *Inbox, io: Io, ms: ?u64) void {
        inbox.filled.reset();
        inbox.mutex.lockUncancelable(io);
        const ready = inbox.count > 0 or inbox.closed;
        inbox.mutex.unlock(io);
        if (ready) return;
        const limit = ms orelse return inbox.filled.waitUncancelable(io);
        inbox.filled.waitTimeout(io, .{ .duration = .{ .raw = .fromMilliseconds(@intCast(limit)), .clock = .awake } }) catch {};
    }
};

const testing = std.testing;

fn produce(inbox: *Inbox, io: Io, seed: u64, count: u32) void {
    var random: std.Random.DefaultPrng = .init(seed);
    for (0..count) |index| {
        const length = random.random().uintLessThan(usize, 700);
        const room = inbox.reserve(io, length);
        @memset(room, @truncate(index));
        inbox.commit(io, .ping, @intCast(index), length);
    }
    inbox.close(io);
}

test "every message comes out whole and in order, whatever the sizes" {
    const io = testing.io;
    for ([_]usize{ 1024, 1040, 4096 }) |size| {
        const memory = try testing.allocator.alignedAlloc(u8, .fromByteUnits(alignment), size);
        defer testing.allocator.free(memory);
        var inbox: Inbox = .init(memory);
        const rounds = 3000;
        const thread = try std.Thread.spawn(.{}, produce, .{ &inbox, io, size, rounds });
        defer thread.join();
        var random: std.Random.DefaultPrng = .init(size);
        var expected: u32 = 0;
        while (!inbox.over(io)) {
            const message = inbox.next(io) orelse {
                inbox.wait(io, 50);
                continue;
            };
            try testing.expectEqual(expected, message.sequence);
            try testing.expectEqual(random.random().uintLessThan(usize, 700), message.payload.len);
            for (message.payload) |byte| try testing.expectEqual(@as(u8, @truncate(expected)), byte);
            inbox.done(io);
            expected += 1;
        }
        try testing.expectEqual(rounds, expected);
    }
}
