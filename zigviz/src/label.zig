//! A text that is kept in place.

const std = @import("std");
const constants = @import("constants.zig");
const Text = @import("json.zig").Text;

pub const Label = struct {
    buffer: [constants.text_bytes]u8 = undefined,
    length: u16 = 0,

    pub fn of(words: []const u8) Label {
        var label: Label = .{};
        label.set(.{ .bytes = words });
        return label;
    }

    /// Takes what came in a message, which is within its limits.
    pub fn set(label: *Label, words: Text) void {
        std.debug.assert(words.bytes.len <= label.buffer.len);
        @memcpy(label.buffer[0..words.bytes.len], words.bytes);
        label.length = @intCast(words.bytes.len);
    }

    pub fn text(label: *const Label) []const u8 {
        return label.buffer[0..label.length];
    }

    pub fn is(label: *const Label, words: []const u8) bool {
        return std.mem.eql(u8, label.text(), words);
    }
};

test "a label keeps what it was given" {
    const label: Label = .of("loss");
    try std.testing.expect(label.is("loss") and !label.is("los"));
}
