//! What surrounds the data: walls, grid, axes with ticks and labels, colour bars, legends and titles.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Panel = scene_module.Panel;
const Axis = scene_module.Axis;
const Box = @import("box.zig").Box;
const View = @import("camera.zig").View;
const vector = @import("vector.zig");
const Vec3 = vector.Vec3;
const text = @import("text.zig");
const Font = text.Font;
const Quads = text.Quads;
const layout_module = @import("layout.zig");
const Area = layout_module.Area;
const Layout = layout_module.Layout;

pub const WallVertex = extern struct { place: [3]f32, colour: [4]u8 };

pub const Line = extern struct { start: [3]f32, end: [3]f32, width: f32, colour: [4]u8 };

/// A list in a place that never grows; what finds no room is left out.
pub fn Fixed(comptime T: type, comptime most: usize) type {
    return struct {
        items: [most]T = undefined,
        count: u32 = 0,

        pub fn add(list: *@This(), item: T) void {
            if (list.count == most) return;
            list.items[list.count] = item;
            list.count += 1;
        }
    };
}

/// Everything that is made anew for a picture.
pub const Decor = struct {
    walls: Fixed(WallVertex, constants.frame_vertices) = .{},
    lines: Fixed(Line, constants.frame_lines) = .{},
    quads: Quads = .{},

    pub fn reset(decor: *Decor) void {
        decor.walls.count = 0;
        decor.lines.count = 0;
        decor.quads.count = 0;
    }

    /// Draws the surroundings of one panel. Quads are in pixels of the picture.
    pub fn panel(decor: *Decor, scene: *const Scene, index: u32, place: layout_module.Place, view: *const View, scale: f32) void {
        const drawing: Drawing = .{
            .decor = decor,
            .scene = scene,
            .panel = &scene.panels[index],
            .area = place.view,
            .view = view,
            .scale = scale,
            .labels = .of(&scene.faces, .label, scale),
            .titles = .of(&scene.faces, .title, scale),
            .back = farther(view),
        };
        drawing.walls();
        if (drawing.panel.has_axes and drawing.panel.axes_visible) drawing.axes();
        if (drawing.panel.bar_visible) drawing.bar(index, place);
        if (scene.legend) drawing.legend(index, place);
        drawing.title(place);
        if (scene.panel_count > 1) drawing.border(place);
    }
};

/// The walls that are farther from the eye.
fn farther(view: *const View) Vec3 {
    // From straight above the eye is beside no wall; then the upper one counts.
    const steep = view.back[2] > 0.9;
    const x = if (steep) -view.up[0] else view.back[0];
    const y = if (steep) -view.up[1] else view.back[1];
    return .{
        if (x > 1e-3) -1 else 1,
        if (y > 1e-3) -1 else 1,
        if (view.back[2] > -1e-3) -1 else 1,
    };
}

const Drawing = struct {
    decor: *Decor,
    scene: *const Scene,
    panel: *const Panel,
    area: Area,
    view: *const View,
    scale: f32,
    labels: Font,
    titles: Font,
    /// The walls that are farther from the eye: at -1 or 1.
    back: Vec3,

    fn line(drawing: *const Drawing, start: Vec3, end: Vec3, width: f32, colour: messages.Colour) void {
        drawing.decor.lines.add(.{ .start = start, .end = end, .width = width * drawing.scale, .colour = colour });
    }

    fn walls(drawing: *const Drawing) void {
        const style = &drawing.scene.style;
        if (drawing.scene.walls) for (0..3) |axis| drawing.wall(axis, style.wall);
        // The grid has its lines at the ticks; without ticks at the quarters.
        for (0..3) |axis| {
            const ticks = drawing.axisOf(axis).ticks.slice();
            for (ticks) |*tick| drawing.gridLine(axis, drawing.placeOf(axis, tick.at), style.grid);
            if (ticks.len == 0) for ([_]f32{ -0.5, 0, 0.5 }) |at| drawing.gridLine(axis, at, style.grid);
        }
        drawing.edges(style.axis);
    }

    fn axisOf(drawing: *const Drawing, axis: usize) *const Axis {
        return switch (axis) {
            0 => &drawing.panel.a,
            1 => &drawing.panel.b,
            else => &drawing.panel.height,
        };
    }

    fn placeOf(drawing: *const Drawing, axis: usize, at: f64) f32 {
        const box = &drawing.panel.box;
        return switch (axis) {
            0 => box.x(at),
            1 => box.y(at),
            else => box.z(at),
        };
    }

    /// The wall at right angles to an axis.
    fn wall(drawing: *const Drawing, axis: usize, colour: messages.Colour) void {
        const one, const other = .{ (axis + 1) % 3, (axis + 2) % 3 };
        const signs = [6][2]f32{ .{ -1, -1 }, .{ 1, -1 }, .{ 1, 1 }, .{ -1, -1 }, .{ 1, 1 }, .{ -1, 1 } };
        for (signs) |sign| {
            var place: [3]f32 = undefined;
            place[axis] = @as([3]f32, drawing.back)[axis];
            place[one] = sign[0];
            place[other] = sign[1];
            drawing.decor.walls.add(.{ .place = place, .colour = colour });
        }
    }

    /// The two lines at a place of an axis, on the two walls that it runs along.
    fn gridLine(drawing: *const Drawing, axis: usize, at: f32, colour: messages.Colour) void {
        if (@abs(at) > 1.0001) return;
        for ([2]usize{ (axis + 1) % 3, (axis + 2) % 3 }) |across| {
            var start: [3]f32 = drawing.back;
            start[axis] = at;
            start[across] = -1;
            var end = start;
            end[across] = 1;
            drawing.line(start, end, 1, colour);
        }
    }

    /// The edges of the walls.
    fn edges(drawing: *const Drawing, colour: messages.Colour) void {
        const back: [3]f32 = drawing.back;
        for (0..3) |axis| {
            const one, const other = .{ (axis + 1) % 3, (axis + 2) % 3 };
            for ([3][2]f32{ .{ 1, 1 }, .{ -1, 1 }, .{ 1, -1 } }) |sign| {
                var start: [3]f32 = undefined;
                start[axis] = -1;
                start[one] = back[one] * sign[0];
                start[other] = back[other] * sign[1];
                var end = start;
                end[axis] = 1;
                drawing.line(start, end, 1, colour);
            }
        }
    }

    /// An edge of the box along which an axis is labelled, and the direction on the screen away from the box.
    const Edge = struct { start: Vec3, end: Vec3, away: [2]f32, length: f32 };

    /// Where something is written beside the axes of a panel.
    const Taken = Fixed([4]f32, 3 * (constants.ticks + 1));

    fn axes(drawing: *const Drawing) void {
        const back = drawing.back;
        const sides: [3]?Edge = .{
            drawing.outer(.{ -1, -back[1], -1 }, .{ 1, -back[1], -1 }, .{ 0, -back[1], 0 }),
            drawing.outer(.{ -back[0], -1, -1 }, .{ -back[0], 1, -1 }, .{ -back[0], 0, 0 }),
            drawing.leftmost(),
        };
        var taken: Taken = .{};
        var reaches: [3]f32 = undefined;
        for (sides, &reaches, 0..) |side, *reach, which| reach.* = drawing.labelled(which, side, &taken);
        for (sides, reaches, 0..) |side, reach, which| drawing.named(which, side, reach, &taken);
    }

    /// Of the upright edges the leftmost: it is at the outline. From above the height says nothing.
    fn leftmost(drawing: *const Drawing) ?Edge {
        if (@abs(drawing.view.back[2]) > 0.97) return null;
        var best: ?Edge = null;
        for ([4][2]f32{ .{ -1, -1 }, .{ 1, -1 }, .{ 1, 1 }, .{ -1, 1 } }) |corner| {
            const found = drawing.edge(.{ corner[0], corner[1], -1 }, .{ corner[0], corner[1], 1 }, .{ corner[0], corner[1], 0 });
            if (drawing.left(found) < drawing.left(best)) best = found;
        }
        return best;
    }

    /// Of an edge of the floor and the one above it, the one more to the outside.
    fn outer(drawing: *const Drawing, start: Vec3, end: Vec3, outward: Vec3) ?Edge {
        const above: Vec3 = .{ 0, 0, 2 };
        const low = drawing.edge(start, end, outward) orelse return null;
        if (drawing.view.back[2] > -0.02 and drawing.view.back[2] < 0.8) return low;
        const high = drawing.edge(start + above, end + above, outward) orelse return low;
        return if (drawing.outside(high) > drawing.outside(low) + 1) high else low;
    }

    fn outside(drawing: *const Drawing, side: Edge) f32 {
        const seen = drawing.view.project(vector.mix(side.start, side.end, 0.5)) orelse return 0;
        return seen[0] * side.away[0] + seen[1] * side.away[1];
    }

    fn left(drawing: *const Drawing, side: ?Edge) f32 {
        const edge_found = side orelse return std.math.inf(f32);
        const seen = drawing.view.project(vector.mix(edge_found.start, edge_found.end, 0.5)) orelse return std.math.inf(f32);
        return seen[0];
    }

    fn edge(drawing: *const Drawing, start: Vec3, end: Vec3, outward: Vec3) ?Edge {
        const from = drawing.view.project(start) orelse return null;
        const to = drawing.view.project(end) orelse return null;
        const middle = vector.mix(start, end, 0.5);
        const here = drawing.view.project(middle) orelse return null;
        const beyond = drawing.view.project(middle + vector.times(0.1, outward)) orelse return null;
        // Away from the box, but at right angles to the edge.
        const along: [2]f32 = .{ to[0] - from[0], to[1] - from[1] };
        const length = @sqrt(along[0] * along[0] + along[1] * along[1]);
        var away: [2]f32 = .{ beyond[0] - here[0], beyond[1] - here[1] };
        if (length > 1) {
            const normal: [2]f32 = .{ -along[1] / length, along[0] / length };
            const side = away[0] * normal[0] + away[1] * normal[1];
            away = if (side < 0) .{ -normal[0], -normal[1] } else normal;
        }
        return .{ .start = start, .end = end, .away = away, .length = length };
    }

    /// Draws the ticks of an axis and their labels, and returns how far those reach away from the box.
    fn labelled(drawing: *const Drawing, which: usize, found: ?Edge, taken: *Taken) f32 {
        const side = found orelse return 0;
        // Seen from its end an axis says nothing.
        if (side.length < 30 * drawing.scale) return 0;
        const style = &drawing.scene.style;
        const tick_length = 5 * drawing.scale;
        var widest: f32 = 0;
        for (drawing.axisOf(which).ticks.slice()) |*tick| {
            const at = drawing.placeOf(which, tick.at);
            if (@abs(at) > 1.0001) continue;
            const place = vector.mix(side.start, side.end, (at + 1) / 2);
            const seen = drawing.view.project(place) orelse continue;
            drawing.tickLine(seen, side.away, tick_length, style.axis);
            const words = tick.label.text();
            const size: [2]f32 = .{ drawing.labels.width(words), drawing.labels.height() };
            const area = drawing.inside(beside(seen, side.away, tick_length + 4 * drawing.scale, size));
            widest = @max(widest, reachOf(side.away, size));
            if (isTaken(taken, area, 3 * drawing.scale)) continue;
            taken.add(area);
            drawing.labels.draw(&drawing.decor.quads, words, drawing.area.x + area[0], drawing.area.y + area[1], style.muted);
        }
        return tick_length + 8 * drawing.scale + widest;
    }

    /// Writes the title of an axis where nothing else is written: beyond its labels, that of the height above them.
    fn named(drawing: *const Drawing, which: usize, found: ?Edge, reach: f32, taken: *Taken) void {
        const side = found orelse return;
        const words = drawing.axisOf(which).title.text();
        if (words.len == 0 or reach == 0) return;
        const size: [2]f32 = .{ drawing.titles.width(words), drawing.titles.height() };
        var area: [4]f32 = undefined;
        if (which == 2) {
            const top = drawing.view.project(side.end) orelse return;
            const bottom = drawing.view.project(side.start) orelse return;
            const gap = drawing.labels.height() / 2 + 4 * drawing.scale;
            area = drawing.inside(.{ top[0] + gap - size[0], @min(top[1], bottom[1]) - gap - size[1], size[0], size[1] });
        } else {
            const middle = drawing.view.project(vector.mix(side.start, side.end, 0.5)) orelse return;
            area = drawing.inside(beside(middle, side.away, reach, size));
            for (1..12) |step| {
                if (!isTaken(taken, area, 3 * drawing.scale)) break;
                const farther_out = 4 * drawing.scale * @as(f32, @floatFromInt(step));
                area = drawing.inside(beside(middle, side.away, reach + farther_out, size));
            }
        }
        taken.add(area);
        drawing.titles.draw(&drawing.decor.quads, words, drawing.area.x + area[0], drawing.area.y + area[1], drawing.scene.style.text);
    }

    fn isTaken(taken: *const Taken, area: [4]f32, gap: f32) bool {
        for (taken.items[0..taken.count]) |other| if (overlap(other, area, gap)) return true;
        return false;
    }

    /// What would be cut at the edge of the panel moves inside.
    fn inside(drawing: *const Drawing, area: [4]f32) [4]f32 {
        const least = 5 * drawing.scale;
        return .{
            std.math.clamp(area[0], least, @max(least, drawing.area.width - area[2] - least)),
            std.math.clamp(area[1], 2, @max(2, drawing.area.height - area[3] - 2)),
            area[2],
            area[3],
        };
    }

    /// A tick is a thin line in the plane of the picture, made of small squares where it is slanted.
    fn tickLine(drawing: *const Drawing, seen: Vec3, away: [2]f32, length: f32, colour: messages.Colour) void {
        const steps: u32 = @intFromFloat(@ceil(length));
        for (0..steps) |step| {
            const at: f32 = @floatFromInt(step);
            drawing.decor.quads.rectangle(
                @round(drawing.area.x + seen[0] + away[0] * at - drawing.scale / 2),
                @round(drawing.area.y + seen[1] + away[1] * at - drawing.scale / 2),
                @round(@max(1, drawing.scale)),
                @round(@max(1, drawing.scale)),
                colour,
            );
        }
    }

    /// The area of a text beside a point: its left, top, width and height.
    fn beside(point: Vec3, away: [2]f32, reach: f32, size: [2]f32) [4]f32 {
        const out = reach + reachOf(away, size) / 2;
        return .{ point[0] + away[0] * out - size[0] / 2, point[1] + away[1] * out - size[1] / 2, size[0], size[1] };
    }

    /// How far a text reaches in a direction.
    fn reachOf(away: [2]f32, size: [2]f32) f32 {
        return @abs(away[0]) * size[0] + @abs(away[1]) * size[1];
    }

    fn overlap(one: [4]f32, other: [4]f32, gap: f32) bool {
        return one[0] < other[0] + other[2] + gap and other[0] < one[0] + one[2] + gap and
            one[1] < other[1] + other[3] + gap / 3 and other[1] < one[1] + one[3] + gap / 3;
    }

    fn bar(drawing: *const Drawing, index: u32, place: layout_module.Place) void {
        const surface = drawing.barSurface() orelse return;
        const style = &drawing.scene.style;
        const quads = &drawing.decor.quads;
        const width = 12 * drawing.scale;
        // Below the legend, with its title between.
        const title_height = drawing.labels.height() + 8 * drawing.scale;
        const above = Layout.legendHeight(drawing.scene, index, drawing.labels, drawing.scale) + title_height;
        const free = place.view.height - above - 16 * drawing.scale;
        const height = @round(@max(@min(@min(0.62 * place.view.height, 420 * drawing.scale), free), 16));
        const x = @round(place.view.x + place.view.width + 8 * drawing.scale);
        const y = @round(place.view.y + @max((place.view.height - height) / 2, above));
        const range = surface.valueRange(&drawing.panel.box);
        const map = drawing.scene.mapOf(&surface.map);
        const row = (@as(f32, @floatFromInt(map)) + 0.5) / constants.colour_maps;
        quads.rectangle(x - 1, y - 1, width + 2, height + 2, style.axis);
        quads.add(.{ .area = .{ x, y, width, height }, .source = .{ row, 0, 1, 0 }, .colour = .{ 255, 255, 255, 255 }, .mode = .map });
        var last: f32 = std.math.inf(f32);
        for (drawing.panel.bar_ticks.slice()) |*tick| {
            const part = drawing.barPart(surface, range, tick.at);
            if (part < -1e-4 or part > 1.0001) continue;
            const at = @round(y + height * (1 - part));
            quads.rectangle(x + width + 1, at - drawing.scale / 2, 4 * drawing.scale, @max(1, @round(drawing.scale)), style.axis);
            const top = at - drawing.labels.height() / 2;
            if (@abs(last - top) < drawing.labels.height()) continue;
            last = top;
            drawing.labels.draw(quads, tick.label.text(), x + width + 8 * drawing.scale, top, style.muted);
        }
        const words = drawing.panel.bar_title.text();
        const right = place.whole.x + place.whole.width - 8 * drawing.scale;
        const title_x = @min(x, right - drawing.labels.width(words));
        drawing.labels.draw(quads, words, title_x, y - drawing.labels.height() - 8 * drawing.scale, style.text);
    }

    fn barSurface(drawing: *const Drawing) ?*const @import("surface.zig").Surface {
        const scene = drawing.scene;
        if (drawing.panel.bar_surface != 0) return scene.surfaceOf(drawing.panel.bar_surface);
        for (&scene.surfaces) |*surface| {
            if (surface.id != 0 and &scene.panels[surface.panel] == drawing.panel) return surface;
        }
        return null;
    }

    /// Where a number stands on the colour bar, from 0 to 1.
    fn barPart(drawing: *const Drawing, surface: *const @import("surface.zig").Surface, range: [2]f64, at: f64) f32 {
        if (surface.colouring() == .height) {
            const box = &drawing.panel.box;
            const low, const high = .{ box.z(range[0]), box.z(range[1]) };
            return (box.z(at) - low) / (high - low);
        }
        return @floatCast((at - range[0]) / (range[1] - range[0]));
    }

    /// The names of the paths, at the right of the box.
    fn legend(drawing: *const Drawing, index: u32, place: layout_module.Place) void {
        const scene = drawing.scene;
        const x = @round(place.view.x + place.view.width + 8 * drawing.scale);
        var y = @round(place.view.y + 12 * drawing.scale);
        const line_height = Layout.legendLine(drawing.labels, drawing.scale);
        for (&scene.paths) |*path| {
            if (!Layout.inLegend(scene, index, path)) continue;
            if (y + line_height > place.view.y + place.view.height) return;
            drawing.swatch(path, x, y + drawing.labels.height() / 2);
            drawing.labels.draw(&drawing.decor.quads, path.label.text(), x + 32 * drawing.scale, y, scene.style.text);
            y += line_height;
        }
    }

    /// A short piece of the path's line, with its dashes.
    fn swatch(drawing: *const Drawing, path: *const scene_module.Path, x: f32, middle: f32) void {
        const quads = &drawing.decor.quads;
        const whole = 24 * drawing.scale;
        const thickness = @max(1, @round(path.width * drawing.scale));
        const top = @round(middle - thickness / 2);
        if (path.dash_count == 0) return quads.rectangle(x, top, whole, thickness, path.colour);
        var at: f32 = 0;
        var part: usize = 0;
        while (at < whole) : (part += 1) {
            const length = path.dash[part % path.dash_count] * thickness;
            if (part % 2 == 0) quads.rectangle(x + @round(at), top, @round(@min(length, whole - at)), thickness, path.colour);
            at += length;
        }
    }

    fn title(drawing: *const Drawing, place: layout_module.Place) void {
        const words = drawing.panel.title.text();
        const x = place.whole.x + (place.view.width - drawing.titles.width(words)) / 2;
        drawing.titles.draw(&drawing.decor.quads, words, x, place.whole.y + 10 * drawing.scale, drawing.scene.style.text);
    }

    /// A hairline between this panel and those above and to the left.
    fn border(drawing: *const Drawing, place: layout_module.Place) void {
        const whole = place.whole;
        const thin = @max(1, @round(drawing.scale));
        const colour = drawing.scene.style.grid;
        if (whole.x > 0) drawing.decor.quads.rectangle(whole.x, whole.y, thin, whole.height, colour);
        if (whole.y > 0) drawing.decor.quads.rectangle(whole.x, whole.y, whole.width, thin, colour);
    }
};
