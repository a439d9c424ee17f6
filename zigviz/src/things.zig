//! What a scene consists of, beside surfaces: paths, clouds, markers, panels, fonts and colour maps.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const Box = @import("box.zig").Box;
const Camera = @import("camera.zig").Camera;
const Label = @import("label.zig").Label;

/// No entry.
pub const nowhere: u32 = std.math.maxInt(u32);

pub const Path = struct {
    id: u32 = 0,
    panel: u32 = 0,
    count: u32 = 0,
    label: Label = .{},
    colour: messages.Colour = messages.black,
    width: f32 = 2.5,
    dash: [constants.dashes]f32 = @splat(0),
    dash_count: u32 = 0,
    visible: bool = true,
    opacity: f32 = 1,
    drape: u32 = 0,
    head: ?messages.Mark = null,
    /// The first point that has no place yet.
    stale_from: u32 = nowhere,
    /// The first entry of the region that the graphics card does not have.
    unsent_from: u32 = nowhere,

    pub fn setStyle(path: *Path, style: *const messages.PathStyle) void {
        if (path.drape != style.drape) path.stale_from = 0;
        path.label.set(style.label);
        path.colour = style.colour;
        path.width = style.width;
        path.dash_count = @intCast(style.dash.len);
        @memcpy(path.dash[0..style.dash.len], style.dash.items());
        path.visible = style.visible;
        path.opacity = style.opacity;
        path.drape = style.drape;
        path.head = style.head;
    }
};

pub const Cloud = struct {
    id: u32 = 0,
    panel: u32 = 0,
    count: u32 = 0,
    has_values: bool = false,
    values: [2]f32 = .{ 0, 1 },
    visible: bool = true,
    colour: messages.Colour = messages.black,
    size: f32 = 3,
    opacity: f32 = 0.8,
    map: ?Label = null,
    value_range: ?messages.Range = null,
    drape: u32 = 0,
    stale: bool = true,
    unsent: bool = true,

    pub fn setStyle(cloud: *Cloud, style: *const messages.PointsStyle) void {
        if (cloud.drape != style.drape) cloud.stale = true;
        cloud.visible = style.visible;
        cloud.colour = style.colour;
        cloud.size = style.size;
        cloud.opacity = style.opacity;
        cloud.map = null;
        if (style.colour_map) |name| {
            cloud.map = .{};
            cloud.map.?.set(name);
        }
        cloud.value_range = style.value_range;
        cloud.drape = style.drape;
    }
};

pub const Group = struct {
    id: u32 = 0,
    panel: u32 = 0,
    count: u32 = 0,
    size: f32 = 12,
    drape: u32 = 0,
    stale: bool = true,
};

pub const Tick = struct { at: f64 = 0, label: Label = .{} };

pub const Ticks = struct {
    items: [constants.ticks]Tick = @splat(.{}),
    count: u32 = 0,

    pub fn set(ticks: *Ticks, given: *const messages.Ticks) void {
        for (given.items(), ticks.items[0..given.len]) |tick, *place| {
            place.at = tick[0];
            place.label.set(tick[1]);
        }
        ticks.count = @intCast(given.len);
    }

    pub fn slice(ticks: *const Ticks) []const Tick {
        return ticks.items[0..ticks.count];
    }
};

pub const Axis = struct {
    title: Label = .{},
    range: [2]f64 = .{ 0, 1 },
    ticks: Ticks = .{},

    pub fn set(axis: *Axis, given: *const messages.Axis) void {
        axis.title.set(given.title);
        axis.range = given.range;
        axis.ticks.set(&given.ticks);
    }
};

pub const Panel = struct {
    title: Label = .{},
    camera: Camera = .{},
    /// Whether the axes were given; else the box fits the surfaces.
    has_axes: bool = false,
    axes_visible: bool = true,
    a: Axis = .{},
    b: Axis = .{},
    height: Axis = .{},
    levels: [constants.contour_levels]f64 = @splat(0),
    level_count: u32 = 0,
    contours_on_surface: bool = true,
    contours_on_floor: bool = true,
    contour_width: f32 = 1,
    clip: messages.Clip = .{},
    scale: messages.Scale = .{},
    bar_visible: bool = false,
    bar_surface: u32 = 0,
    bar_title: Label = .{},
    bar_ticks: Ticks = .{},
    box: Box = .{},

    /// Places between which surfaces are shown.
    pub fn clipPlaces(panel: *const Panel) [2]f32 {
        return .{
            if (panel.clip.low) |low| @max(-1, panel.box.z(low)) else -1,
            if (panel.clip.high) |high| @min(1, panel.box.z(high)) else 1,
        };
    }
};

pub const Face = struct {
    scale: f32 = 1,
    ascent: f32 = 0,
    descent: f32 = 0,
    count: u32 = 0,
    width: u32 = 0,
    height: u32 = 0,
    codes: [constants.glyphs]u32 = undefined,
    boxes: [constants.glyphs][7]f32 = undefined,
    bitmap: [constants.atlas_side * constants.atlas_side]u8 = undefined,
    unsent: bool = false,
};

pub const ColourMap = struct {
    name: Label = .{},
    colours: [constants.colour_map_entries][4]u8 = undefined,
};

const testing = std.testing;

test "a style is taken whole, and another surface to lie on gives new places" {
    var path: Path = .{ .id = 1 };
    path.setStyle(&.{ .id = 1, .dash = .of(&.{ 3, 1 }), .label = .{ .bytes = "sgd" } });
    try testing.expectEqual(2, path.dash_count);
    try testing.expect(path.label.is("sgd"));
    try testing.expectEqual(nowhere, path.stale_from);
    path.setStyle(&.{ .id = 1, .drape = 4 });
    try testing.expectEqual(0, path.dash_count);
    try testing.expectEqual(0, path.stale_from);
}

test "a clip stays within the box" {
    var panel: Panel = .{};
    panel.box = .{ .height = .{ 0, 2 } };
    try testing.expectEqual([2]f32{ -1, 1 }, panel.clipPlaces());
    panel.clip = .{ .low = -5, .high = 1 };
    try testing.expectEqual([2]f32{ -1, 0 }, panel.clipPlaces());
}
