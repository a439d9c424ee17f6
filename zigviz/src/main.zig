//! `wnin-viz`: draws what its host tells it, or a known scene by itself.

const std = @import("std");
const Io = std.Io;
const options = @import("options");
const constants = @import("constants.zig");
const connection_module = @import("connection.zig");
const Connection = connection_module.Connection;
const gpu = @import("gpu.zig");
const memory = @import("memory.zig");
const messages = @import("messages.zig");
const protocol = @import("protocol.zig");
const Renderer = @import("renderer.zig").Renderer;
const Scene = @import("scene.zig").Scene;
const viewer_module = @import("viewer.zig");
const Viewer = viewer_module.Viewer;
const json = @import("json.zig");
const library = @import("library.zig");
const selftest = @import("selftest.zig");

/// What a process can end with; `docs/viewer.md` has the table.
pub const Exit = enum(u8) {
    fine = 0,
    usage = 2,
    protocol = 3,
    adapter = 4,
    socket = 5,
    ring = 6,
    device = 7,
};

const usage =
    \\usage: wnin-viz --wgpu PATH (--socket NAME | --selftest [--png FILE] [--dark]) [--backend auto|vulkan|gl|dx12|metal]
    \\       wnin-viz --version
;

const Flags = struct {
    wgpu: ?[:0]const u8 = null,
    socket: ?[:0]const u8 = null,
    backend: gpu.Choice = .auto,
    png: ?[]const u8 = null,
    selftest: bool = false,
    dark: bool = false,
    version: bool = false,

    fn parse(arguments: []const [:0]const u8) ?Flags {
        var flags: Flags = .{};
        var index: usize = 1;
        while (index < arguments.len) : (index += 1) {
            const word = arguments[index];
            if (std.mem.eql(u8, word, "--selftest")) {
                flags.selftest = true;
            } else if (std.mem.eql(u8, word, "--dark")) {
                flags.dark = true;
            } else if (std.mem.eql(u8, word, "--version")) {
                flags.version = true;
            } else {
                index += 1;
                if (index == arguments.len) return null;
                if (!flags.take(word, arguments[index])) return null;
            }
        }
        if (flags.version) return flags;
        return if (flags.wgpu != null and flags.selftest != (flags.socket != null)) flags else null;
    }

    fn take(flags: *Flags, word: []const u8, value: [:0]const u8) bool {
        if (std.mem.eql(u8, word, "--wgpu")) {
            flags.wgpu = value;
        } else if (std.mem.eql(u8, word, "--socket")) {
            flags.socket = value;
        } else if (std.mem.eql(u8, word, "--png")) {
            flags.png = value;
        } else if (std.mem.eql(u8, word, "--backend")) {
            flags.backend = std.meta.stringToEnum(gpu.Choice, value) orelse return false;
        } else return false;
        return true;
    }
};

/// Says one line on stderr.
pub fn complain(io: Io, comptime format: []const u8, values: anytype) void {
    var buffer: [2048]u8 = undefined;
    var writer = Io.File.stderr().writerStreaming(io, &buffer);
    writer.interface.print("wnin-viz: " ++ format ++ "\n", values) catch {};
    writer.interface.flush() catch {};
}

pub fn main(init: std.process.Init) u8 {
    const arguments = init.minimal.args.toSlice(init.arena.allocator()) catch return @intFromEnum(Exit.usage);
    return @intFromEnum(run(init.io, arguments));
}

fn run(io: Io, arguments: []const [:0]const u8) Exit {
    const flags = Flags.parse(arguments) orelse {
        complain(io, "{s}", .{usage});
        return .usage;
    };
    if (flags.version) return say(io, options.version ++ "\n");
    const started = Io.Clock.awake.now(io);
    if (flags.socket) |name| return serve(io, &flags, name, started);
    library.load(flags.wgpu.?) catch |failure| {
        complain(io, "{s} is not the graphics library that is needed ({t}).", .{ flags.wgpu.?, failure });
        return .adapter;
    };
    return runSelftest(io, &flags, started);
}

// What lives as long as the process, and is too large for a stack.
var connection: Connection = undefined;
var scratch: [constants.json_scratch_bytes]u8 = undefined;

/// Connects to the host and does what it says.
fn serve(io: Io, flags: *const Flags, name: []const u8, started: Io.Timestamp) Exit {
    const token = readToken(io) orelse {
        complain(io, "the token on stdin is not {d} hexadecimal digits and a line end.", .{constants.token_characters});
        return .usage;
    };
    const room = memory.bytes(constants.inbox_bytes) catch return .socket;
    connection = Connection.open(io, name, room) catch |failure| {
        complain(io, "the socket {s} cannot be opened ({t}).", .{ name, failure });
        return .socket;
    };
    connection.send(io, .greeting, messages.Greeting{
        .proof = .{ .bytes = token[0 .. constants.token_characters / 2] },
        .version = .{ .bytes = options.version },
        .pid = connection_module.processId(),
    });
    const thread = std.Thread.spawn(.{}, Connection.listen, .{ &connection, io }) catch return .socket;
    thread.detach();
    var trouble: gpu.Trouble = .{};
    var device: gpu.Device = undefined;
    var viewer: Viewer = .{
        .io = io,
        .connection = &connection,
        .device = &device,
        .scene = undefined,
        .renderer = undefined,
        .version = options.version,
        .token = token,
        .started = started,
        .scratch = &scratch,
    };
    prepare(flags, &viewer, &device, &trouble) catch |failure| {
        var buffer: [512]u8 = undefined;
        const words = std.fmt.bufPrint(&buffer, "There is nothing to draw with ({t}). {s}", .{ failure, trouble.text() }) catch "There is nothing to draw with.";
        connection.send(io, .@"error", messages.Fault{
            .reply_to = 0,
            .code = .adapter,
            .message = protocol.cutText(words, constants.message_characters),
            .fatal = true,
        });
        complain(io, "{s}", .{words});
        return .adapter;
    };
    return viewer.run();
}

fn prepare(flags: *const Flags, viewer: *Viewer, device: *gpu.Device, trouble: *gpu.Trouble) !void {
    try library.load(flags.wgpu.?);
    device.* = try .init(flags.backend, trouble);
    viewer.scene = try Scene.create();
    viewer.renderer = try Renderer.create(device);
}

/// One line of the right length from stdin.
fn readToken(io: Io) ?viewer_module.Token {
    var line: [constants.token_characters + 2]u8 = undefined;
    var length: usize = 0;
    while (std.mem.indexOfScalar(u8, line[0..length], '\n') == null) {
        if (length == line.len) return null;
        const count = Io.File.stdin().readStreaming(io, &.{line[length..]}) catch return null;
        if (count == 0) return null;
        length += count;
    }
    const words = std.mem.trimEnd(u8, line[0..length], "\r\n");
    if (words.len != constants.token_characters) return null;
    for (words) |digit| switch (digit) {
        '0'...'9', 'a'...'f' => {},
        else => return null,
    };
    return words[0..constants.token_characters].*;
}

fn say(io: Io, words: []const u8) Exit {
    var buffer: [4096]u8 = undefined;
    var writer = Io.File.stdout().writerStreaming(io, &buffer);
    writer.interface.writeAll(words) catch return .socket;
    writer.interface.flush() catch return .socket;
    return .fine;
}

fn runSelftest(io: Io, flags: *const Flags, started: Io.Timestamp) Exit {
    var trouble: gpu.Trouble = .{};
    const device = gpu.Device.init(flags.backend, &trouble) catch |failure| {
        complain(io, "there is nothing to draw with ({t}). {s}", .{ failure, trouble.text() });
        return .adapter;
    };
    const report = selftest.run(io, std.heap.page_allocator, &device, started, .{
        .version = options.version,
        .picture = flags.png,
        .dark = flags.dark,
    }) catch |failure| {
        complain(io, "the known scene could not be drawn ({t}). {s}", .{ failure, trouble.text() });
        return .device;
    };
    var buffer: [8192]u8 = undefined;
    var writer: Io.Writer = .fixed(&buffer);
    json.encode(report, &writer) catch unreachable;
    writer.writeByte('\n') catch unreachable;
    const said = say(io, writer.buffered());
    return if (report.ok) said else .device;
}

test {
    inline for (.{
        @import("blocks.zig"),
        @import("box.zig"),
        @import("camera.zig"),
        @import("constants.zig"),
        @import("connection.zig"),
        @import("decor.zig"),
        @import("frame_ring.zig"),
        @import("gltf.zig"),
        @import("inbox.zig"),
        @import("interaction.zig"),
        @import("json.zig"),
        @import("label.zig"),
        @import("layout.zig"),
        @import("memory.zig"),
        @import("mesh.zig"),
        @import("pick.zig"),
        @import("png.zig"),
        @import("protocol.zig"),
        @import("regions.zig"),
        @import("renderer.zig"),
        @import("scene.zig"),
        @import("surface.zig"),
        @import("text.zig"),
        @import("things.zig"),
        @import("thinning.zig"),
        @import("vector.zig"),
        @import("viewer.zig"),
    }) |module| std.testing.refAllDecls(module);
}
