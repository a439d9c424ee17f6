//! Where the panels lie in a picture, and what lies where in a panel.

const std = @import("std");
const constants = @import("constants.zig");
const Scene = @import("scene.zig").Scene;
const Font = @import("text.zig").Font;
const View = @import("camera.zig").View;

pub const Area = struct {
    x: f32,
    y: f32,
    width: f32,
    height: f32,

    pub fn holds(area: Area, x: f32, y: f32) bool {
        return x >= area.x and y >= area.y and x < area.x + area.width and y < area.y + area.height;
    }
};

/// One panel: all of it, and the part in which the box is drawn.
pub const Place = struct {
    whole: Area,
    view: Area,
};

pub const Layout = struct {
    places: [constants.panels]Place,
    count: u32,

    pub fn of(scene: *const Scene, width: u32, height: u32, scale: f32) Layout {
        const size: [2]f32 = .{ @floatFromInt(width), @floatFromInt(height) };
        var layout: Layout = .{ .places = undefined, .count = scene.panel_count };
        const columns = bestColumns(scene.panel_count, size);
        const rows = std.math.divCeil(u32, scene.panel_count, columns) catch unreachable;
        for (layout.places[0..layout.count], 0..) |*place, index| {
            const column: u32 = @intCast(index % columns);
            const row: u32 = @intCast(index / columns);
            const left, const right = .{ cut(size[0], column, columns), cut(size[0], column + 1, columns) };
            const top, const bottom = .{ cut(size[1], row, rows), cut(size[1], row + 1, rows) };
            place.whole = .{ .x = left, .y = top, .width = right - left, .height = bottom - top };
            place.view = inner(scene, index, place.whole, scale);
        }
        return layout;
    }

    fn cut(size: f32, part: u32, parts: u32) f32 {
        return @floor(size * @as(f32, @floatFromInt(part)) / @as(f32, @floatFromInt(parts)));
    }

    /// Boxes look best in panels that are a little wider than high.
    fn bestColumns(count: u32, size: [2]f32) u32 {
        var best: u32 = 1;
        var largest: f32 = 0;
        for (1..count + 1) |columns| {
            const rows = std.math.divCeil(u32, count, @intCast(columns)) catch unreachable;
            const width = size[0] / @as(f32, @floatFromInt(columns));
            const height = size[1] / @as(f32, @floatFromInt(rows));
            const used: f32 = @as(f32, @floatFromInt(count)) / @as(f32, @floatFromInt(columns * rows));
            const fitting = @min(width / 1.25, height) * @sqrt(used);
            if (fitting > largest * 1.001) {
                largest = fitting;
                best = @intCast(columns);
            }
        }
        return best;
    }

    fn inner(scene: *const Scene, index: usize, whole: Area, scale: f32) Area {
        const panel = &scene.panels[index];
        const labels: Font = .of(&scene.faces, .label, scale);
        const titles: Font = .of(&scene.faces, .title, scale);
        const top = if (panel.title.length > 0) @ceil(titles.height() + 14 * scale) else 0;
        const bar = if (panel.bar_visible) @ceil(barWidth(scene, index, labels, scale)) else 0;
        const right = @max(bar, @ceil(legendWidth(scene, index, labels, scale)));
        return .{
            .x = whole.x,
            .y = whole.y + top,
            .width = @max(whole.width - right, 16),
            .height = @max(whole.height - top, 16),
        };
    }

    pub fn barWidth(scene: *const Scene, index: usize, labels: Font, scale: f32) f32 {
        var widest: f32 = 0;
        for (scene.panels[index].bar_ticks.slice()) |*tick| widest = @max(widest, labels.width(tick.label.text()));
        return @max(widest + 44 * scale, labels.width(scene.panels[index].bar_title.text()) + 28 * scale);
    }

    pub fn inLegend(scene: *const Scene, index: usize, path: anytype) bool {
        return scene.legend and path.id != 0 and path.panel == index and path.visible and path.label.length > 0;
    }

    fn legendWidth(scene: *const Scene, index: usize, labels: Font, scale: f32) f32 {
        var widest: f32 = 0;
        for (&scene.paths) |*path| {
            if (inLegend(scene, index, path)) widest = @max(widest, labels.width(path.label.text()) + 56 * scale);
        }
        return widest;
    }

    /// How high the legend of a panel is with the room around it; 0 without one.
    pub fn legendHeight(scene: *const Scene, index: usize, labels: Font, scale: f32) f32 {
        var rows: f32 = 0;
        for (&scene.paths) |*path| rows += if (inLegend(scene, index, path)) 1 else 0;
        return if (rows > 0) rows * legendLine(labels, scale) + 20 * scale else 0;
    }

    pub fn legendLine(labels: Font, scale: f32) f32 {
        return @round(labels.height() + 6 * scale);
    }

    /// How a panel is seen.
    pub fn view(layout: *const Layout, scene: *const Scene, index: usize, scale: f32) View {
        const panel = &scene.panels[index];
        const area = layout.places[index].view;
        return .init(panel.camera.pose, panel.scale.stretch, .{ area.width, area.height }, room(scene, index, area, scale));
    }

    /// What is kept free for labels: left, top, right and bottom.
    fn room(scene: *const Scene, index: usize, area: Area, scale: f32) [4]f32 {
        const panel = &scene.panels[index];
        const labels: Font = .of(&scene.faces, .label, scale);
        const edge = @min(10 * scale, 0.03 * @min(area.width, area.height));
        if (!panel.has_axes or !panel.axes_visible or !labels.exists()) return @splat(edge);
        const side = @min(64 * scale, 0.14 * area.width);
        const below = @min(3.4 * labels.height() + 8 * scale, 0.16 * area.height);
        const titles: Font = .of(&scene.faces, .title, scale);
        const above = if (panel.height.title.length > 0) titles.height() + 8 * scale else 0;
        return .{ side, @max(edge, labels.height(), above), side, below };
    }

    pub fn at(layout: *const Layout, x: f32, y: f32) ?u32 {
        for (layout.places[0..layout.count], 0..) |place, index| if (place.whole.holds(x, y)) return @intCast(index);
        return null;
    }
};

const testing = std.testing;

test "panels fill the picture without a gap" {
    const scene = try Scene.create();
    defer scene.destroy();
    for (1..5) |count| for ([_][2]u32{ .{ 1280, 720 }, .{ 701, 1203 }, .{ 16, 16 } }) |size| {
        scene.panel_count = @intCast(count);
        const layout: Layout = .of(scene, size[0], size[1], 1);
        var area: f32 = 0;
        for (layout.places[0..count]) |place| area += place.whole.width * place.whole.height;
        const whole: f32 = @floatFromInt(size[0] * size[1]);
        try testing.expect(area <= whole and (count == 3 or area == whole));
        try testing.expectEqual(0, layout.at(1, 1).?);
    };
    scene.panel_count = 2;
    try testing.expectEqual(1, Layout.of(scene, 1280, 720, 1).at(1279, 10).?);
    try testing.expectEqual(1, Layout.of(scene, 600, 1200, 1).at(10, 1199).?);
    try testing.expectEqual(null, Layout.of(scene, 600, 1200, 1).at(-1, 5));
}
