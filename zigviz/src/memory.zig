//! Large blocks of memory, asked for while the viewer starts. Their pages are not touched before they are used,
//! as the usual `create` would do in a safe build: most of what the limits allow for is never needed.

const std = @import("std");
const allocator = std.heap.page_allocator;

pub fn create(comptime T: type) error{OutOfMemory}!*T {
    const block = allocator.rawAlloc(@sizeOf(T), .of(T), @returnAddress()) orelse return error.OutOfMemory;
    return @ptrCast(@alignCast(block));
}

pub fn destroy(block: anytype) void {
    allocator.rawFree(std.mem.asBytes(block), .of(@TypeOf(block.*)), @returnAddress());
}

pub fn bytes(count: usize) error{OutOfMemory}![]align(16) u8 {
    const block = allocator.rawAlloc(count, .@"16", @returnAddress()) orelse return error.OutOfMemory;
    return @alignCast(block[0..count]);
}

const testing = std.testing;

test "a block is new and can be written" {
    const block = try create([1 << 20]u32);
    defer destroy(block);
    try testing.expectEqual(0, block[12345]);
    block[12345] = 7;
    try testing.expectEqual(7, block[12345]);
}
