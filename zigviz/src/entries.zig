//! Long lists of places on the graphics card, of which each becomes a small quadrangle.
//!
//! A graphics card draws them as instances: one entry, four corners. A processor takes far longer for an instance
//! than for a vertex, so there every entry is written four times, once for each corner, and drawn by indices.

const std = @import("std");
const constants = @import("constants.zig");
const library = @import("library.zig");
const c = library.c;
const f = library.f;
const gpu = @import("gpu.zig");

pub const Entry = [4]f32;
const entry_bytes = @sizeOf(Entry);
const corners = 4;
const usage = gpu.usage_vertex | gpu.usage_copy_target;
/// Entries that are drawn at once by indices.
const most_at_once = 1 << 14;

pub fn areCopied(device: *const gpu.Device) bool {
    return device.adapter.kind == .cpu;
}

pub const Entries = struct {
    buffer: c.WGPUBuffer,
    capacity: u32,
    copies: u32,

    pub fn init(device: *const gpu.Device, capacity: u32) Entries {
        const copies: u32 = if (areCopied(device)) corners else 1;
        return .{ .buffer = device.buffer(entry_bytes * @as(u64, capacity) * copies, usage), .capacity = capacity, .copies = copies };
    }

    /// Makes room for `needed` entries; returns whether what was there is gone.
    pub fn reserve(entries: *Entries, device: *const gpu.Device, needed: u32) bool {
        if (needed <= entries.capacity) return false;
        gpu.releaseBuffer(entries.buffer);
        var capacity = entries.capacity;
        while (capacity < needed) capacity *= 2;
        entries.* = .init(device, capacity);
        return true;
    }

    pub fn write(entries: *const Entries, device: *const gpu.Device, first: u32, values: []const Entry) void {
        if (entries.copies == 1) return device.write(entries.buffer, entries.offset(first), std.mem.sliceAsBytes(values));
        var chunk: [1024][corners]Entry = undefined;
        var done: u32 = 0;
        while (done < values.len) {
            const count = @min(chunk.len, values.len - done);
            for (values[done..][0..count], chunk[0..count]) |value, *copies| copies.* = @splat(value);
            device.write(entries.buffer, entries.offset(first + done), std.mem.sliceAsBytes(chunk[0..count]));
            done += @intCast(count);
        }
    }

    pub fn offset(entries: *const Entries, entry: u32) u64 {
        return entry_bytes * @as(u64, entry) * entries.copies;
    }
};

/// The indices of many quadrangles.
pub const Corners = struct {
    buffer: c.WGPUBuffer,

    pub fn init(device: *const gpu.Device, scratch: []u32) Corners {
        const indices = scratch[0 .. 6 * most_at_once];
        for (0..most_at_once) |quad| {
            const first: u32 = @intCast(corners * quad);
            indices[6 * quad ..][0..6].* = .{ first, first + 1, first + 2, first + 2, first + 1, first + 3 };
        }
        const buffer = device.buffer(4 * @as(u64, indices.len), gpu.usage_index | gpu.usage_copy_target);
        device.write(buffer, 0, std.mem.sliceAsBytes(indices));
        return .{ .buffer = buffer };
    }

    /// Draws a quadrangle for each of the entries from `first` on; their buffers are bound.
    pub fn draw(quads: *const Corners, pass: c.WGPURenderPassEncoder, entries: *const Entries, first: u32, count: u32) void {
        if (entries.copies == 1) return f("RenderPassEncoderDraw")(pass, corners, count, 0, first);
        f("RenderPassEncoderSetIndexBuffer")(pass, quads.buffer, c.WGPUIndexFormat_Uint32, 0, std.math.maxInt(u64));
        var done: u32 = 0;
        while (done < count) {
            const part = @min(most_at_once, count - done);
            f("RenderPassEncoderDrawIndexed")(pass, 6 * part, 1, 0, @intCast(corners * (first + done)), 0);
            done += part;
        }
    }
};

comptime {
    std.debug.assert(6 * most_at_once <= constants.mesh_indices);
}
