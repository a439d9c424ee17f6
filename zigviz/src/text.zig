//! Text as quads of a face's bitmap.

const std = @import("std");
const constants = @import("constants.zig");
const Face = @import("scene.zig").Face;
const messages = @import("messages.zig");

/// What the graphics card draws in the plane of the picture.
pub const Quad = extern struct {
    area: [4]f32,
    source: [4]f32 = .{ 0, 0, 0, 0 },
    colour: [4]u8,
    mode: Mode = .plain,

    pub const Mode = enum(u32) { plain, label, title, map, disc };
};

/// The quads of one picture, in a place that never grows; what finds no room is left out.
pub const Quads = struct {
    items: [constants.frame_quads]Quad = undefined,
    count: u32 = 0,

    pub fn add(quads: *Quads, quad: Quad) void {
        if (quads.count == quads.items.len) return;
        quads.items[quads.count] = quad;
        quads.count += 1;
    }

    pub fn rectangle(quads: *Quads, x: f32, y: f32, width: f32, height: f32, colour: messages.Colour) void {
        quads.add(.{ .area = .{ x, y, width, height }, .colour = colour });
    }
};

/// A face at the scale of a picture.
pub const Font = struct {
    face: *const Face,
    mode: Quad.Mode,
    /// Pixels of the picture for a pixel of the bitmap.
    stretch: f32,

    pub fn of(faces: *const [constants.faces]Face, which: messages.Face, scale: f32) Font {
        // Titles fall back to the labels' face, and the other way round.
        const other: messages.Face = if (which == .label) .title else .label;
        const used = if (faces[@intFromEnum(which)].count > 0) which else other;
        const face = &faces[@intFromEnum(used)];
        return .{
            .face = face,
            .mode = if (used == .label) .label else .title,
            .stretch = if (face.count > 0) scale / face.scale else 1,
        };
    }

    pub fn exists(font: Font) bool {
        return font.face.count > 0;
    }

    pub fn ascent(font: Font) f32 {
        return if (font.exists()) font.face.ascent * font.stretch else 0;
    }

    pub fn height(font: Font) f32 {
        return if (font.exists()) (font.face.ascent + font.face.descent) * font.stretch else 0;
    }

    fn glyph(font: Font, code: u32) ?*const [7]f32 {
        const codes = font.face.codes[0..font.face.count];
        const index = std.sort.binarySearch(u32, codes, code, struct {
            fn compare(wanted: u32, item: u32) std.math.Order {
                return std.math.order(wanted, item);
            }
        }.compare) orelse return null;
        return &font.face.boxes[index];
    }

    pub fn width(font: Font, words: []const u8) f32 {
        if (!font.exists()) return 0;
        var sum: f32 = 0;
        var letters = (std.unicode.Utf8View.init(words) catch return 0).iterator();
        while (letters.nextCodepoint()) |code| {
            if (font.glyph(code) orelse font.glyph('?')) |box| sum += box[6] * font.stretch;
        }
        return sum;
    }

    /// Draws from the left end and the top of the line on.
    pub fn draw(font: Font, quads: *Quads, words: []const u8, left: f32, top: f32, colour: messages.Colour) void {
        if (!font.exists()) return;
        const sharp = font.stretch == 1;
        const base = if (sharp) @round(top + font.ascent()) else top + font.ascent();
        var pen = if (sharp) @round(left) else left;
        var letters = (std.unicode.Utf8View.init(words) catch return).iterator();
        while (letters.nextCodepoint()) |code| {
            const box = font.glyph(code) orelse font.glyph('?') orelse continue;
            if (box[2] > 0 and box[3] > 0) {
                const x = pen + box[4] * font.stretch;
                const y = base + box[5] * font.stretch;
                quads.add(.{
                    .area = .{
                        if (sharp) @round(x) else x,
                        if (sharp) @round(y) else y,
                        box[2] * font.stretch,
                        box[3] * font.stretch,
                    },
                    .source = .{ box[0], box[1], box[2], box[3] },
                    .colour = colour,
                    .mode = font.mode,
                });
            }
            pen += box[6] * font.stretch;
        }
    }
};

const testing = std.testing;

test "text is as wide as its letters, and unknown ones are question marks" {
    const faces = try testing.allocator.create([constants.faces]Face);
    defer testing.allocator.destroy(faces);
    for (faces) |*face| face.count = 0;
    const quads = try testing.allocator.create(Quads);
    defer testing.allocator.destroy(quads);
    quads.count = 0;
    var font: Font = .of(faces, .label, 2);
    try testing.expectEqual(0, font.width("AB"));
    font.draw(quads, "AB", 0, 0, messages.black);
    try testing.expectEqual(0, quads.count);

    const face = &faces[1];
    face.scale = 2;
    face.ascent = 10;
    face.descent = 3;
    face.count = 2;
    face.codes[0..2].* = .{ '?', 'A' };
    face.boxes[0] = .{ 0, 0, 4, 8, 1, -8, 6 };
    face.boxes[1] = .{ 4, 0, 5, 8, 0, -8, 7 };
    font = .of(faces, .label, 2);
    try testing.expectEqual(13, font.width("Aß"));
    font.draw(quads, "Aß", 10.2, 5, messages.black);
    try testing.expectEqual(2, quads.count);
    try testing.expectEqual([4]f32{ 10, 7, 5, 8 }, quads.items[0].area);
    try testing.expectEqual([4]f32{ 18, 7, 4, 8 }, quads.items[1].area);
    try testing.expectEqual(Quad.Mode.title, quads.items[1].mode);
}
