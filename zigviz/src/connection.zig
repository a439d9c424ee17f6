//! The local socket to the host: a Unix socket, or a named pipe of Windows.
//!
//! One thread reads and checks headers, and puts messages into the inbox; the main thread writes.

const std = @import("std");
const builtin = @import("builtin");
const Io = std.Io;
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const protocol = @import("protocol.zig");
const Inbox = @import("inbox.zig").Inbox;
const main = @import("main.zig");

pub const OpenError = error{ NameTooLong, NotThere };

/// How the reading ended.
pub const End = union(enum) {
    /// The host closed the socket, or died.
    stream,
    /// The host broke the protocol.
    fault: protocol.Error,
};

pub const Connection = struct {
    file: Io.File,
    inbox: Inbox,
    /// What is written is put together here.
    buffer: [constants.header_bytes + constants.outbox_bytes]u8 = undefined,
    sent: u32 = 0,
    /// Set by the reading thread before it closes the inbox.
    end: End = .stream,
    /// Writing failed: the host is gone, and the reading will end too.
    broken: bool = false,

    pub fn open(io: Io, name: []const u8, memory: []align(16) u8) OpenError!Connection {
        return .{ .file = try connect(io, name), .inbox = .init(memory) };
    }

    fn connect(io: Io, name: []const u8) OpenError!Io.File {
        if (builtin.os.tag == .windows) return pipe.connect(io, name);
        const address = Io.net.UnixAddress.init(name) catch return error.NameTooLong;
        const stream = address.connect(io) catch return error.NotThere;
        return .{ .handle = stream.socket.handle, .flags = .{ .nonblocking = false } };
    }

    /// Reads until the end; runs in its own thread. When the host is gone, the process ends soon after,
    /// whatever the main thread waits for.
    pub fn listen(connection: *Connection, io: Io) void {
        connection.end = if (connection.readAll(io)) |_| unreachable else |failure| switch (failure) {
            error.EndOfStream => .stream,
            else => |fault| .{ .fault = fault },
        };
        const code: main.Exit = switch (connection.end) {
            .stream => .fine,
            .fault => |fault| code: {
                main.complain(io, "the host broke the protocol ({t}).", .{fault});
                break :code .protocol;
            },
        };
        connection.inbox.close(io);
        io.sleep(.fromMilliseconds(constants.farewell_ms), .awake) catch {};
        std.process.exit(@intFromEnum(code));
    }

    const ReadError = protocol.Error || error{EndOfStream};

    fn readAll(connection: *Connection, io: Io) ReadError!noreturn {
        var sequence: u32 = 0;
        while (true) {
            sequence +%= 1;
            var header: protocol.Header = undefined;
            try connection.readFully(io, std.mem.asBytes(&header));
            const kind = try header.check(sequence);
            // Nobody but the host that we know may make us hold much.
            if (sequence == 1 and kind != .hello) return error.UnknownKind;
            const room = connection.inbox.reserve(io, header.length);
            try connection.readFully(io, room);
            connection.inbox.commit(io, kind, sequence, header.length);
        }
    }

    fn readFully(connection: *Connection, io: Io, target: []u8) error{EndOfStream}!void {
        var done: usize = 0;
        while (done < target.len) {
            const count = connection.file.readStreaming(io, &.{target[done..]}) catch return error.EndOfStream;
            if (count == 0) return error.EndOfStream;
            done += count;
        }
    }

    /// Sends a message up. Once that has failed nothing is sent any more.
    pub fn send(connection: *Connection, io: Io, kind: messages.Kind, value: anytype) void {
        if (connection.broken) return;
        connection.sent +%= 1;
        const bytes = protocol.encode(kind, value, connection.sent, &connection.buffer);
        connection.file.writeStreamingAll(io, bytes) catch {
            connection.broken = true;
        };
    }
};

const pipe = struct {
    const Handle = *anyopaque;
    extern "kernel32" fn CreateFileW(
        name: [*:0]const u16,
        access: u32,
        share: u32,
        security: ?*anyopaque,
        disposition: u32,
        flags: u32,
        template: ?Handle,
    ) callconv(.winapi) Handle;
    extern "kernel32" fn WaitNamedPipeW(name: [*:0]const u16, timeout_ms: u32) callconv(.winapi) i32;

    const read_and_write: u32 = 0xC000_0000;
    const open_existing: u32 = 3;
    /// Without this a write would wait until a read that waits too comes to an end.
    const overlapped: u32 = 0x4000_0000;
    /// The pipe's server may know who we are, and nothing more.
    const identification_only: u32 = 0x0010_0000 | 0x0001_0000;
    const invalid: usize = std.math.maxInt(usize);

    fn connect(io: Io, name: []const u8) OpenError!Io.File {
        var wide: [512]u16 = undefined;
        if (name.len >= wide.len) return error.NameTooLong;
        const length = std.unicode.wtf8ToWtf16Le(&wide, name) catch return error.NameTooLong;
        wide[length] = 0;
        const path = wide[0..length :0];
        // All instances of the pipe may be taken for a moment.
        for (0..20) |_| {
            const handle = CreateFileW(path, read_and_write, 0, null, open_existing, overlapped | identification_only, null);
            if (@intFromPtr(handle) != invalid) return .{ .handle = handle, .flags = .{ .nonblocking = true } };
            if (WaitNamedPipeW(path, 100) == 0) io.sleep(.fromMilliseconds(20), .awake) catch {};
        }
        return error.NotThere;
    }
};

pub fn processId() u32 {
    return if (builtin.os.tag == .windows) std.os.windows.GetCurrentProcessId() else @intCast(std.c.getpid());
}
