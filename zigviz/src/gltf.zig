//! A panel as binary glTF 2.0: surfaces as triangles, paths as lines, particles as points, all with colours.
//!
//! glTF's y goes up: a place (x, y, z) of the world becomes (x, z, -y).

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const mesh = @import("mesh.zig");
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Surface = @import("surface.zig").Surface;
const box_module = @import("box.zig");
const json = @import("json.zig");
const Writer = std.Io.Writer;

pub const Error = error{ WriteFailed, OutOfMemory, TooMuch };

const float_type = 5126;
const byte_type = 5121;
const index_type = 5125;
const triangles = 4;
const line_strip = 3;
const points = 0;

const Piece = struct {
    name: []const u8,
    panel: u32,
    mode: u32,
    vertices: u32,
    indices: u32 = 0,
    low: [3]f32,
    high: [3]f32,
    normals: bool = false,
    /// Where its data begins in the buffer.
    offset: u32,
};

/// From one panel to the next: a box is two wide.
const panel_distance = 2.6;

const most_pieces = constants.surfaces + constants.paths + constants.clouds;

const Builder = struct {
    allocator: std.mem.Allocator,
    scene: *const Scene,
    panel: u32,
    data: std.ArrayList(u8) = .empty,
    pieces: [most_pieces]Piece = undefined,
    count: usize = 0,

    fn begin(builder: *Builder, name: []const u8, mode: u32) *Piece {
        const piece = &builder.pieces[builder.count];
        builder.count += 1;
        piece.* = .{
            .name = name,
            .panel = builder.panel,
            .mode = mode,
            .vertices = 0,
            .low = @splat(std.math.inf(f32)),
            .high = @splat(-std.math.inf(f32)),
            .offset = @intCast(builder.data.items.len),
        };
        return piece;
    }

    fn add(builder: *Builder, value: anytype) Error!void {
        if (builder.data.items.len + @sizeOf(@TypeOf(value)) > constants.glb_bytes_largest) return error.TooMuch;
        try builder.data.appendSlice(builder.allocator, std.mem.asBytes(&value));
    }

    fn position(builder: *Builder, piece: *Piece, place: [3]f32) Error!void {
        const stretch = builder.scene.panels[builder.panel].scale.stretch;
        const turned: [3]f32 = .{ place[0], place[2] * stretch, -place[1] };
        for (turned, &piece.low, &piece.high) |part, *low, *high| {
            low.* = @min(low.*, part);
            high.* = @max(high.*, part);
        }
        piece.vertices += 1;
        try builder.add(turned);
    }

    fn surface(builder: *Builder, given: *const Surface) Error!void {
        const scene = builder.scene;
        const shape = scene.shapeOf(given);
        const piece = builder.begin(if (given.label.length > 0) given.label.text() else "surface", triangles);
        piece.normals = true;
        for (0..given.rows) |j| for (0..given.columns) |i| {
            const height = placeOf(&shape, i, j);
            const clipped = std.math.clamp(if (height > box_module.hole_limit) height else -1, shape.clip[0], shape.clip[1]);
            try builder.position(piece, .{
                shape.start[0] + @as(f32, @floatFromInt(i)) * shape.step[0],
                shape.start[1] + @as(f32, @floatFromInt(j)) * shape.step[1],
                clipped,
            });
        };
        const stretch = scene.panels[given.panel].scale.stretch;
        for (0..given.rows) |j| for (0..given.columns) |i| try builder.add(normalOf(&shape, i, j, stretch));
        for (0..given.rows) |j| for (0..given.columns) |i| try builder.add(builder.colourOf(given, &shape, i, j));
        for (0..given.rows - 1) |j| for (0..given.columns - 1) |i| {
            const corners = [4]u32{
                @intCast(j * given.columns + i),           @intCast(j * given.columns + i + 1),
                @intCast((j + 1) * given.columns + i + 1), @intCast((j + 1) * given.columns + i),
            };
            if (!shown(&shape, i, j)) continue;
            for ([6]u8{ 0, 1, 2, 0, 2, 3 }) |corner| try builder.add(corners[corner]);
            piece.indices += 6;
        };
        if (piece.indices == 0) builder.forget(piece);
    }

    fn forget(builder: *Builder, piece: *const Piece) void {
        builder.data.shrinkRetainingCapacity(piece.offset);
        builder.count -= 1;
    }

    fn placeOf(shape: *const @import("surface.zig").Shape, i: usize, j: usize) f32 {
        return shape.places[(j + 1) * (shape.columns + 2) + i + 1];
    }

    /// Whether a cell is neither a hole nor wholly cut away.
    fn shown(shape: *const @import("surface.zig").Shape, i: usize, j: usize) bool {
        var inside = false;
        for (0..2) |dj| for (0..2) |di| {
            const place = placeOf(shape, i + di, j + dj);
            if (place < box_module.hole_limit) return false;
            if (place >= shape.clip[0] - 1e-4 and place <= shape.clip[1] + 1e-4) inside = true;
        };
        return inside;
    }

    fn normalOf(shape: *const @import("surface.zig").Shape, i: usize, j: usize, stretch: f32) [3]f32 {
        const stride = shape.columns + 2;
        const middle = (j + 1) * stride + i + 1;
        const slope_x = slope(shape.places[middle - 1], shape.places[middle + 1], shape.step[0]) * stretch;
        const slope_y = slope(shape.places[middle - stride], shape.places[middle + stride], shape.step[1]) * stretch;
        const size = 1 / @sqrt(slope_x * slope_x + slope_y * slope_y + 1);
        return .{ -slope_x * size, size, slope_y * size };
    }

    fn slope(before: f32, after: f32, step: f32) f32 {
        if (before < box_module.hole_limit or after < box_module.hole_limit) return 0;
        return (after - before) / (2 * step);
    }

    fn colourOf(builder: *const Builder, given: *const Surface, shape: *const @import("surface.zig").Shape, i: usize, j: usize) [4]u8 {
        const scene = builder.scene;
        const box = &scene.panels[given.panel].box;
        const range = given.valueRange(box);
        const opacity: u8 = @intFromFloat(@round(given.opacity * 255));
        const part = switch (given.colouring()) {
            .solid => return .{ given.colour[0], given.colour[1], given.colour[2], opacity },
            .height => partOf(placeOf(shape, i, j), box.z(range[0]), box.z(range[1])),
            .value => partOf(scene.values[scene.gridOf(given).start + j * given.columns + i], range[0], range[1]),
        };
        const colour = scene.maps[scene.mapOf(&given.map)].colours[@intFromFloat(@round(part * 255))];
        return .{ colour[0], colour[1], colour[2], opacity };
    }

    fn partOf(value: f64, low: f64, high: f64) f64 {
        const part = (value - low) / (high - low);
        return if (std.math.isFinite(part)) std.math.clamp(part, 0, 1) else 0;
    }

    fn path(builder: *Builder, given: *const scene_module.Path) Error!void {
        const scene = builder.scene;
        const count = scene.shownPoints(given);
        if (count < 2) return;
        const piece = builder.begin(if (given.label.length > 0) given.label.text() else "path", line_strip);
        const start = scene.lineOf(given).start + constants.path_ends;
        for (scene.path_places[start..][0..count]) |place| try builder.position(piece, place[0..3].*);
        for (0..count) |_| try builder.add(given.colour);
    }

    fn cloud(builder: *Builder, given: *const scene_module.Cloud) Error!void {
        const places = builder.scene.cloud_places[builder.scene.cloudOf(given).start..][0..given.count];
        const piece = builder.begin("particles", points);
        for (places) |place| if (place[2] > box_module.hole_limit) try builder.position(piece, place[0..3].*);
        if (piece.vertices == 0) return builder.forget(piece);
        for (0..piece.vertices) |_| try builder.add(given.colour);
    }

    fn collectAll(builder: *Builder, first: u32) Error!void {
        const end = if (first == 0) @max(builder.scene.panel_count, 1) else first + 1;
        for (first..end) |panel| {
            builder.panel = @intCast(panel);
            try builder.collect();
        }
    }

    fn collect(builder: *Builder) Error!void {
        for (&builder.scene.surfaces) |*given| if (given.id != 0 and given.panel == builder.panel and given.visible) try builder.surface(given);
        for (&builder.scene.paths) |*given| if (given.id != 0 and given.panel == builder.panel and given.visible) try builder.path(given);
        for (&builder.scene.clouds) |*given| if (given.id != 0 and given.panel == builder.panel and given.visible) try builder.cloud(given);
    }

    // The JSON beside the data.

    fn describe(builder: *const Builder, writer: *Writer) Writer.Error!void {
        try writer.writeAll("{\"asset\":{\"version\":\"2.0\",\"generator\":\"wnin-viz\"},\"scene\":0,\"scenes\":[{\"nodes\":[");
        for (0..builder.count) |index| try writer.print("{s}{d}", .{ comma(index), index });
        try writer.writeAll("]}],\"nodes\":[");
        for (builder.pieces[0..builder.count], 0..) |*piece, index| {
            try writer.print("{s}{{\"mesh\":{d},\"name\":", .{ comma(index), index });
            try json.encode(json.Text{ .bytes = piece.name }, writer);
            const away = @as(f32, @floatFromInt(piece.panel - builder.pieces[0].panel)) * panel_distance;
            if (away > 0) try writer.print(",\"translation\":[{d},0,0]", .{away});
            try writer.writeByte('}');
        }
        try writer.writeAll("],\"materials\":[{\"pbrMetallicRoughness\":{\"metallicFactor\":0,\"roughnessFactor\":0.7},");
        try writer.writeAll("\"doubleSided\":true,\"alphaMode\":\"BLEND\"}],\"meshes\":[");
        var accessor: usize = 0;
        for (builder.pieces[0..builder.count], 0..) |*piece, index| {
            try writer.print("{s}{{\"primitives\":[{{\"mode\":{d},\"material\":0,\"attributes\":{{\"POSITION\":{d}", .{ comma(index), piece.mode, accessor });
            accessor += 1;
            if (piece.normals) {
                try writer.print(",\"NORMAL\":{d}", .{accessor});
                accessor += 1;
            }
            try writer.print(",\"COLOR_0\":{d}}}", .{accessor});
            accessor += 1;
            if (piece.indices > 0) {
                try writer.print(",\"indices\":{d}", .{accessor});
                accessor += 1;
            }
            try writer.writeAll("}]}");
        }
        try builder.describeData(writer);
    }

    fn describeData(builder: *const Builder, writer: *Writer) Writer.Error!void {
        for ([_]bool{ true, false }) |accessors| {
            try writer.writeAll(if (accessors) "],\"accessors\":[" else "],\"bufferViews\":[");
            var view: usize = 0;
            for (builder.pieces[0..builder.count]) |*piece| {
                var at = piece.offset;
                for ([_]bool{ true, piece.normals, true, piece.indices > 0 }, 0..) |there, part| {
                    if (!there) continue;
                    const count = if (part == 3) piece.indices else piece.vertices;
                    const size = count * @as(u32, if (part < 2) 12 else 4);
                    try writer.writeAll(comma(view));
                    if (accessors) try describeAccessor(writer, piece, part, view, count) else {
                        const target: u32 = if (part == 3) 34963 else 34962;
                        try writer.print("{{\"buffer\":0,\"byteOffset\":{d},\"byteLength\":{d},\"target\":{d}}}", .{ at, size, target });
                    }
                    at += size;
                    view += 1;
                }
            }
        }
        try writer.print("],\"buffers\":[{{\"byteLength\":{d}}}]}}", .{builder.data.items.len});
    }

    fn describeAccessor(writer: *Writer, piece: *const Piece, part: usize, view: usize, count: u32) Writer.Error!void {
        const component: u32 = switch (part) {
            0, 1 => float_type,
            2 => byte_type,
            else => index_type,
        };
        const shape = switch (part) {
            0, 1 => "VEC3",
            2 => "VEC4",
            else => "SCALAR",
        };
        try writer.print("{{\"bufferView\":{d},\"componentType\":{d},\"count\":{d},\"type\":\"{s}\"", .{ view, component, count, shape });
        if (part == 2) try writer.writeAll(",\"normalized\":true");
        if (part == 0) {
            try writer.writeAll(",\"min\":");
            try json.encode(piece.low, writer);
            try writer.writeAll(",\"max\":");
            try json.encode(piece.high, writer);
        }
        try writer.writeByte('}');
    }

    fn comma(index: usize) []const u8 {
        return if (index == 0) "" else ",";
    }
};

/// Writes one panel of a settled scene; from panel 0 on all that are shown, beside each other. A panel with nothing
/// in it is a file with nothing in it.
pub fn write(allocator: std.mem.Allocator, scene: *const Scene, panel: u32, writer: *Writer) Error!void {
    var builder: Builder = .{ .allocator = allocator, .scene = scene, .panel = panel };
    defer builder.data.deinit(allocator);
    try builder.collectAll(panel);
    if (builder.count == 0) {
        const point = builder.begin("nothing", points);
        try builder.position(point, .{ 0, 0, 0 });
        try builder.add(messages.black);
    }
    var text: Writer.Allocating = .init(allocator);
    defer text.deinit();
    builder.describe(&text.writer) catch return error.OutOfMemory;
    while (text.written().len % 4 != 0) text.writer.writeByte(' ') catch return error.OutOfMemory;
    const words = text.written();
    const data = builder.data.items;
    std.debug.assert(data.len % 4 == 0);
    try writer.writeAll("glTF");
    try writer.writeInt(u32, 2, .little);
    try writer.writeInt(u32, @intCast(28 + words.len + data.len), .little);
    try writer.writeInt(u32, @intCast(words.len), .little);
    try writer.writeAll("JSON");
    try writer.writeAll(words);
    try writer.writeInt(u32, @intCast(data.len), .little);
    try writer.writeAll("BIN\x00");
    try writer.writeAll(data);
}

const testing = std.testing;

test "a scene is written with the numbers that it has" {
    const scene = try Scene.create();
    defer scene.destroy();
    const heights = [_]f32{ 0, 1, 2, 3, 4, std.math.nan(f32), 6, 7, 8, 9, 10, 11 };
    const head: messages.Surface = .{ .id = 1, .a = .{ 0, 1 }, .b = .{ 0, 1 }, .rows = 3, .columns = 4, .values = false, .label = .{ .bytes = "loss \"x\"" } };
    try scene.setSurface(&head, .{ .heights = &heights, .values = null });
    const positions = [_][3]f32{ .{ 0, 0.5, 1 }, .{ 1, 0.5, 2 }, .{ 1, 1, 3 } };
    try scene.setPath(&.{ .id = 1, .count = 3 }, .{ .positions = &positions, .steps = &.{ 0, 1, 2 } });
    try scene.setPoints(&.{ .id = 1, .count = 3, .values = false }, .{ .positions = &positions, .values = null });
    scene.settle();
    var file: Writer.Allocating = .init(testing.allocator);
    defer file.deinit();
    try write(testing.allocator, scene, 0, &file.writer);
    const bytes = file.written();
    try testing.expectEqualStrings("glTF", bytes[0..4]);
    try testing.expectEqual(bytes.len, std.mem.readInt(u32, bytes[8..12], .little));
    const length = std.mem.readInt(u32, bytes[12..16], .little);
    const parsed = try std.json.parseFromSlice(std.json.Value, testing.allocator, bytes[20 .. 20 + length], .{});
    defer parsed.deinit();
    const root = parsed.value.object;
    try testing.expectEqualStrings("loss \"x\"", root.get("nodes").?.array.items[0].object.get("name").?.string);
    const accessors = root.get("accessors").?.array.items;
    // Position, normal, colour, index; position, colour; position, colour.
    try testing.expectEqual(8, accessors.len);
    // Of six cells two touch the hole in the first row, two in the second.
    try testing.expectEqual(2 * 6, accessors[3].object.get("count").?.integer);
    var end: i64 = 0;
    for (root.get("bufferViews").?.array.items) |view| {
        try testing.expectEqual(end, view.object.get("byteOffset").?.integer);
        end += view.object.get("byteLength").?.integer;
    }
    try testing.expectEqual(end, root.get("buffers").?.array.items[0].object.get("byteLength").?.integer);
    try testing.expectEqual(@as(i64, @intCast(bytes.len)), 28 + length + end);
}

test "an empty panel is a file too" {
    const scene = try Scene.create();
    defer scene.destroy();
    scene.settle();
    var file: Writer.Allocating = .init(testing.allocator);
    defer file.deinit();
    try write(testing.allocator, scene, 2, &file.writer);
    try testing.expectEqualStrings("glTF", file.written()[0..4]);
}
