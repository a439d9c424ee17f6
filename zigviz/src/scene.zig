//! Everything that is shown: what the messages say, and the places that follow from it.
//!
//! A scene is one block of memory, made once. Long arrays are pools, parts of which belong to surfaces, paths
//! and clouds. `settle` turns numbers into places wherever something changed; the renderer sends what is new.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const protocol = @import("protocol.zig");
const memory = @import("memory.zig");
const mesh = @import("mesh.zig");
const box_module = @import("box.zig");
const Box = box_module.Box;
const Label = @import("label.zig").Label;
const Text = @import("json.zig").Text;
const regions = @import("regions.zig");
const surface_module = @import("surface.zig");
const Surface = surface_module.Surface;
const Shape = surface_module.Shape;

pub const Error = error{ UnknownId, WrongSize, NoRoom };

const things = @import("things.zig");
pub const Path = things.Path;
pub const Cloud = things.Cloud;
pub const Group = things.Group;
pub const Tick = things.Tick;
pub const Axis = things.Axis;
pub const Panel = things.Panel;
pub const Face = things.Face;
pub const ColourMap = things.ColourMap;
const nowhere = things.nowhere;

/// Where that is drawn which has no place.
const unseen: [3]f32 = .{ 0, 0, box_module.hole };

pub const Scene = struct {
    surfaces: [constants.surfaces]Surface,
    grids: regions.Regions(constants.surfaces, constants.grid_pool_cells),
    heights: [constants.grid_pool_cells]f32,
    values: [constants.grid_pool_cells]f32,
    /// Places, as `mesh.prepare` writes them.
    places: [constants.grid_pool_cells]f32,
    /// Values with a border.
    padded_values: [constants.grid_pool_cells]f32,

    paths: [constants.paths]Path,
    lines: regions.Regions(constants.paths, constants.path_pool_points),
    path_positions: [constants.path_pool_points][3]f32,
    path_steps: [constants.path_pool_points]u32,
    /// x, y, z and the length of the path up to there. A path's entries begin with its first point once more.
    path_places: [constants.path_pool_points][4]f32,

    clouds: [constants.clouds]Cloud,
    particles: regions.Regions(constants.clouds, constants.cloud_pool_points),
    cloud_positions: [constants.cloud_pool_points][3]f32,
    cloud_values: [constants.cloud_pool_points]f32,
    /// x, y, z and the value.
    cloud_places: [constants.cloud_pool_points][4]f32,

    groups: [constants.marker_groups]Group,
    marks: regions.Regions(constants.marker_groups, constants.markers),
    mark_positions: [constants.markers][3]f32,
    mark_steps: [constants.markers]u32,
    mark_shapes: [constants.markers]messages.Mark,
    mark_colours: [constants.markers][4]u8,
    mark_places: [constants.markers][3]f32,

    panels: [constants.panels]Panel,
    panel_count: u32,
    linked: bool,
    legend: bool,
    walls: bool,
    time: messages.Time,
    style: messages.Style,
    maps: [constants.colour_maps]ColourMap,
    map_count: u32,
    maps_unsent: bool,
    faces: [constants.faces]Face,

    /// Makes a scene with nothing in it. It is large: most of it is never touched.
    pub fn create() !*Scene {
        const scene = try memory.create(Scene);
        scene.surfaces = @splat(.{});
        scene.grids = .{};
        scene.paths = @splat(.{});
        scene.lines = .{};
        scene.clouds = @splat(.{});
        scene.particles = .{};
        scene.groups = @splat(.{});
        scene.marks = .{};
        for (&scene.panels) |*panel| panel.* = .{};
        scene.panel_count = 1;
        scene.linked = true;
        scene.legend = false;
        scene.walls = true;
        scene.time = .{};
        scene.style = .{};
        scene.maps[0].name = .of("viridis");
        for (&scene.maps[0].colours, 0..) |*colour, index| {
            const rgb = @embedFile("viridis.rgb")[3 * index ..][0..3];
            colour.* = .{ rgb[0], rgb[1], rgb[2], 255 };
        }
        scene.map_count = 1;
        scene.maps_unsent = true;
        for (&scene.faces) |*face| {
            face.count = 0;
            face.unsent = false;
        }
        return scene;
    }

    pub fn destroy(scene: *Scene) void {
        memory.destroy(scene);
    }

    // What is there.

    fn find(comptime T: type, all: []T, id: u32) ?usize {
        for (all, 0..) |*thing, index| if (thing.id == id and id != 0) return index;
        return null;
    }

    fn free(comptime T: type, all: []T) Error!usize {
        for (all, 0..) |*thing, index| if (thing.id == 0) return index;
        return error.NoRoom;
    }

    pub fn surfaceOf(scene: *const Scene, id: u32) ?*const Surface {
        const index = find(Surface, @constCast(&scene.surfaces), id) orelse return null;
        return &scene.surfaces[index];
    }

    pub fn gridOf(scene: *const Scene, surface: *const Surface) regions.Region {
        return scene.grids.of[surface - &scene.surfaces[0]];
    }

    pub fn lineOf(scene: *const Scene, path: *const Path) regions.Region {
        return scene.lines.of[path - &scene.paths[0]];
    }

    pub fn cloudOf(scene: *const Scene, cloud: *const Cloud) regions.Region {
        return scene.particles.of[cloud - &scene.clouds[0]];
    }

    pub fn shapeOf(scene: *const Scene, surface: *const Surface) Shape {
        const panel = &scene.panels[surface.panel];
        const region = scene.gridOf(surface);
        const places = scene.places[region.start..][0..mesh.padded(surface.columns, surface.rows)];
        return .of(surface, &panel.box, places, panel.clipPlaces());
    }

    pub fn mapOf(scene: *const Scene, name: *const Label) u32 {
        for (scene.maps[0..scene.map_count], 0..) |*map, index| {
            if (map.name.is(name.text())) return @intCast(index);
        }
        return 0;
    }

    /// How many points of a path the time shows.
    pub fn shownPoints(scene: *const Scene, path: *const Path) u32 {
        const step = scene.time.step orelse return path.count;
        const region = scene.lineOf(path);
        const steps = scene.path_steps[region.start..][0..path.count];
        return @intCast(std.sort.upperBound(u32, steps, step, compareSteps));
    }

    /// The first point that is not older than the trail.
    pub fn trailStart(scene: *const Scene, path: *const Path) u32 {
        const trail = scene.time.trail orelse return 0;
        const region = scene.lineOf(path);
        const steps = scene.path_steps[region.start..][0..path.count];
        const shown = scene.shownPoints(path);
        if (shown == 0) return 0;
        const now = scene.time.step orelse steps[shown - 1];
        return @intCast(std.sort.lowerBound(u32, steps, now -| trail, compareSteps));
    }

    fn compareSteps(step: u32, other: u32) std.math.Order {
        return std.math.order(step, other);
    }

    // Messages.

    pub fn setSurface(scene: *Scene, head: *const messages.Surface, arrays: protocol.Heights) Error!void {
        const index = find(Surface, &scene.surfaces, head.id) orelse try free(Surface, &scene.surfaces);
        const surface = &scene.surfaces[index];
        const needed = mesh.padded(head.columns, head.rows);
        if (scene.grids.of[index].capacity != needed) {
            scene.grids.release(index);
            surface.id = 0; // unless there is room
            const mover: GridMover = .{ .scene = scene };
            _ = try scene.grids.replace(index, needed, mover);
        }
        if (surface.id == 0) {
            surface.* = .{ .id = head.id };
            surface.map = .of("viridis");
        }
        surface.panel = head.panel;
        surface.columns = head.columns;
        surface.rows = head.rows;
        surface.a = head.a;
        surface.b = head.b;
        surface.label.set(head.label);
        scene.takeHeights(surface, arrays);
        surface.has_values = arrays.values != null;
    }

    pub fn updateSurface(scene: *Scene, head: *const messages.SurfaceUpdate, arrays: protocol.Heights) Error!void {
        const index = find(Surface, &scene.surfaces, head.id) orelse return error.UnknownId;
        const surface = &scene.surfaces[index];
        if (head.count != surface.columns * surface.rows) return error.WrongSize;
        if (head.value_range) |range| surface.value_range = range;
        scene.takeHeights(surface, arrays);
        if (arrays.values != null) surface.has_values = true;
    }

    fn takeHeights(scene: *Scene, surface: *Surface, arrays: protocol.Heights) void {
        const start = scene.gridOf(surface).start;
        @memcpy(scene.heights[start..][0..arrays.heights.len], arrays.heights);
        surface.heights = surface_module.extent(arrays.heights);
        surface.has_holes = !surface_module.allFinite(arrays.heights);
        if (arrays.values) |values| {
            @memcpy(scene.values[start..][0..values.len], values);
            surface.values = surface_module.extent(values);
        }
        surface.stale = true;
    }

    pub fn setPath(scene: *Scene, head: *const messages.PathSet, arrays: protocol.Line) Error!void {
        const index = find(Path, &scene.paths, head.id) orelse try free(Path, &scene.paths);
        const path = &scene.paths[index];
        const others = scene.pathPoints() - if (path.id == 0) 0 else path.count;
        if (others + head.count > constants.path_points) return error.NoRoom;
        const needed = @max(head.count + constants.path_ends, constants.path_least_capacity);
        if (scene.lines.of[index].capacity < needed) {
            scene.lines.release(index);
            path.id = 0;
            const mover: LineMover = .{ .scene = scene };
            _ = try scene.lines.replace(index, needed, mover);
        }
        if (path.id == 0) path.* = .{ .id = head.id };
        path.panel = head.panel;
        path.count = 0;
        scene.takePoints(path, arrays);
    }

    pub fn appendPath(scene: *Scene, head: *const messages.PathAppend, arrays: protocol.Line) Error!void {
        const index = find(Path, &scene.paths, head.id) orelse return error.UnknownId;
        const path = &scene.paths[index];
        if (scene.pathPoints() + head.count > constants.path_points) return error.NoRoom;
        if (head.count == 0) return;
        const needed = path.count + head.count + constants.path_ends;
        if (scene.lines.of[index].capacity < needed) try scene.growPath(index, needed);
        scene.takePoints(path, arrays);
    }

    fn growPath(scene: *Scene, index: usize, needed: u32) Error!void {
        const path = &scene.paths[index];
        const mover: LineMover = .{ .scene = scene };
        const roomy = @min(2 * needed, constants.path_points + constants.path_ends);
        const old = scene.lines.replace(index, roomy, mover) catch try scene.lines.replace(index, needed, mover);
        const new = scene.lines.of[index];
        std.mem.copyForwards([3]f32, scene.path_positions[new.start..][0..path.count], scene.path_positions[old.start..][0..path.count]);
        std.mem.copyForwards(u32, scene.path_steps[new.start..][0..path.count], scene.path_steps[old.start..][0..path.count]);
        path.stale_from = 0;
    }

    fn takePoints(scene: *Scene, path: *Path, arrays: protocol.Line) void {
        const start = scene.lineOf(path).start + path.count;
        @memcpy(scene.path_positions[start..][0..arrays.positions.len], arrays.positions);
        @memcpy(scene.path_steps[start..][0..arrays.steps.len], arrays.steps);
        // Steps never decrease within a path, whatever the host says between two messages.
        if (path.count > 0 and arrays.steps.len > 0) {
            const last = scene.path_steps[start - 1];
            for (scene.path_steps[start..][0..arrays.steps.len]) |*step| step.* = @max(step.*, last);
        }
        path.stale_from = @min(path.stale_from, path.count);
        path.count += @intCast(arrays.positions.len);
    }

    fn pathPoints(scene: *const Scene) u32 {
        var sum: u32 = 0;
        for (&scene.paths) |*path| if (path.id != 0) {
            sum += path.count;
        };
        return sum;
    }

    pub fn setPoints(scene: *Scene, head: *const messages.Points, arrays: protocol.Cloud) Error!void {
        const index = find(Cloud, &scene.clouds, head.id) orelse try free(Cloud, &scene.clouds);
        const cloud = &scene.clouds[index];
        const held = scene.particles.of[index].capacity;
        if (held < head.count or held > 4 * @max(head.count, 1024)) {
            scene.particles.release(index);
            cloud.id = 0;
            const mover: CloudMover = .{ .scene = scene };
            if (head.count > 0) _ = try scene.particles.replace(index, head.count, mover);
        }
        if (cloud.id == 0) cloud.* = .{ .id = head.id };
        cloud.panel = head.panel;
        cloud.count = head.count;
        cloud.has_values = arrays.values != null;
        const start = scene.particles.of[index].start;
        @memcpy(scene.cloud_positions[start..][0..head.count], arrays.positions);
        if (arrays.values) |values| {
            @memcpy(scene.cloud_values[start..][0..head.count], values);
            cloud.values = surface_module.extent(values);
        }
        cloud.stale = true;
    }

    pub fn setMarkers(scene: *Scene, head: *const messages.Markers, arrays: protocol.Marks) Error!void {
        const index = find(Group, &scene.groups, head.id) orelse try free(Group, &scene.groups);
        const group = &scene.groups[index];
        scene.marks.release(index);
        group.id = 0;
        const mover: MarkMover = .{ .scene = scene };
        if (head.count > 0) _ = try scene.marks.replace(index, head.count, mover);
        group.* = .{ .id = head.id, .panel = head.panel, .count = head.count, .size = head.size, .drape = head.drape };
        const start = scene.marks.of[index].start;
        @memcpy(scene.mark_positions[start..][0..head.count], arrays.positions);
        @memcpy(scene.mark_steps[start..][0..head.count], arrays.steps);
        @memcpy(scene.mark_colours[start..][0..head.count], arrays.colours);
        for (arrays.shapes, scene.mark_shapes[start..][0..head.count]) |shape, *place| place.* = @enumFromInt(shape);
    }

    pub fn styleSurface(scene: *Scene, style: *const messages.SurfaceStyle) Error!void {
        const index = find(Surface, &scene.surfaces, style.id) orelse return error.UnknownId;
        scene.surfaces[index].setStyle(style);
    }

    pub fn stylePath(scene: *Scene, style: *const messages.PathStyle) Error!void {
        const index = find(Path, &scene.paths, style.id) orelse return error.UnknownId;
        scene.paths[index].setStyle(style);
    }

    pub fn stylePoints(scene: *Scene, style: *const messages.PointsStyle) Error!void {
        const index = find(Cloud, &scene.clouds, style.id) orelse return error.UnknownId;
        scene.clouds[index].setStyle(style);
    }

    pub fn remove(scene: *Scene, given: *const messages.Remove) void {
        switch (given.what) {
            .surface => if (find(Surface, &scene.surfaces, given.id)) |index| scene.removeSurface(index),
            .path => if (find(Path, &scene.paths, given.id)) |index| scene.removePath(index),
            .points => if (find(Cloud, &scene.clouds, given.id)) |index| scene.removeCloud(index),
            .markers => if (find(Group, &scene.groups, given.id)) |index| scene.removeGroup(index),
        }
    }

    fn removeSurface(scene: *Scene, index: usize) void {
        const id = scene.surfaces[index].id;
        scene.surfaces[index].id = 0;
        scene.grids.release(index);
        scene.undrape(id);
    }

    fn removePath(scene: *Scene, index: usize) void {
        scene.paths[index].id = 0;
        scene.lines.release(index);
    }

    fn removeCloud(scene: *Scene, index: usize) void {
        scene.clouds[index].id = 0;
        scene.particles.release(index);
    }

    fn removeGroup(scene: *Scene, index: usize) void {
        scene.groups[index].id = 0;
        scene.marks.release(index);
    }

    pub fn clear(scene: *Scene, which: ?u32) void {
        inline for (.{ &scene.surfaces, &scene.paths, &scene.clouds, &scene.groups }, .{ removeSurface, removePath, removeCloud, removeGroup }) |all, removeOne| {
            for (all, 0..) |*thing, index| {
                if (thing.id != 0 and (which == null or which.? == thing.panel)) removeOne(scene, index);
            }
        }
        for (&scene.panels, 0..) |*panel, index| if (which == null or which.? == index) {
            const kept = .{ panel.camera, panel.title };
            panel.* = .{};
            panel.camera, panel.title = kept;
        };
    }

    pub fn setLayout(scene: *Scene, layout: *const messages.Layout) void {
        scene.panel_count = @intCast(layout.titles.len);
        scene.linked = layout.linked;
        scene.legend = layout.legend;
        scene.walls = layout.walls;
        for (layout.titles.items(), scene.panels[0..layout.titles.len]) |title, *panel| panel.title.set(title);
        if (layout.linked) for (scene.panels[1..]) |*panel| {
            panel.camera = scene.panels[0].camera;
        };
    }

    pub fn setAxes(scene: *Scene, axes: *const messages.Axes) void {
        const panel = &scene.panels[axes.panel];
        panel.has_axes = true;
        panel.axes_visible = axes.visible;
        panel.a.set(&axes.a);
        panel.b.set(&axes.b);
        panel.height.set(&axes.height);
    }

    pub fn setContours(scene: *Scene, contours: *const messages.Contours) void {
        const panel = &scene.panels[contours.panel];
        panel.level_count = @intCast(contours.levels.len);
        @memcpy(panel.levels[0..contours.levels.len], contours.levels.items());
        std.mem.sort(f64, panel.levels[0..panel.level_count], {}, std.sort.asc(f64));
        panel.contours_on_surface = contours.on_surface;
        panel.contours_on_floor = contours.on_floor;
        panel.contour_width = contours.width;
    }

    pub fn setColourBar(scene: *Scene, bar: *const messages.ColourBar) void {
        const panel = &scene.panels[bar.panel];
        panel.bar_visible = bar.visible;
        panel.bar_surface = bar.surface;
        panel.bar_title.set(bar.title);
        panel.bar_ticks.set(&bar.ticks);
    }

    pub fn setColourMap(scene: *Scene, head: *const messages.ColourMap, arrays: protocol.Colours) Error!void {
        const index = for (scene.maps[0..scene.map_count], 0..) |*map, place| {
            if (map.name.is(head.name.bytes)) break place;
        } else scene.map_count;
        if (index == constants.colour_maps) return error.NoRoom;
        scene.map_count = @max(scene.map_count, @as(u32, @intCast(index)) + 1);
        const map = &scene.maps[index];
        map.name.set(head.name);
        for (arrays.colours, &map.colours) |rgb, *colour| colour.* = .{ rgb[0], rgb[1], rgb[2], 255 };
        scene.maps_unsent = true;
    }

    pub fn setGlyphs(scene: *Scene, head: *const messages.Glyphs, font: protocol.Font) void {
        const face = &scene.faces[@intFromEnum(head.face)];
        face.scale = head.scale;
        face.ascent = head.ascent;
        face.descent = head.descent;
        face.count = head.count;
        face.width = head.width;
        face.height = head.height;
        @memcpy(face.codes[0..head.count], font.codes);
        @memcpy(face.boxes[0..head.count], font.boxes);
        @memcpy(face.bitmap[0..font.bitmap.len], font.bitmap);
        face.unsent = true;
    }

    // Places.

    /// Everything that lies on this surface must be placed anew.
    fn undrape(scene: *Scene, id: u32) void {
        for (&scene.paths) |*path| if (path.drape == id) {
            path.stale_from = 0;
        };
        for (&scene.clouds) |*cloud| if (cloud.drape == id) {
            cloud.stale = true;
        };
        for (&scene.groups) |*group| if (group.drape == id) {
            group.stale = true;
        };
    }

    fn unsettlePanel(scene: *Scene, index: u32) void {
        for (&scene.surfaces) |*surface| if (surface.panel == index) {
            surface.stale = true;
        };
        for (&scene.paths) |*path| if (path.panel == index) {
            path.stale_from = 0;
        };
        for (&scene.clouds) |*cloud| if (cloud.panel == index) {
            cloud.stale = true;
        };
        for (&scene.groups) |*group| if (group.panel == index) {
            group.stale = true;
        };
    }

    /// Gives a place to everything that has none.
    pub fn settle(scene: *Scene) void {
        for (&scene.panels, 0..) |*panel, index| {
            const box = scene.boxOf(panel, @intCast(index));
            if (!std.meta.eql(box, panel.box)) {
                panel.box = box;
                scene.unsettlePanel(@intCast(index));
            }
        }
        for (&scene.surfaces) |*surface| if (surface.id != 0 and surface.stale) scene.settleSurface(surface);
        for (&scene.paths) |*path| if (path.id != 0 and path.stale_from < path.count) scene.settlePath(path);
        for (&scene.clouds) |*cloud| if (cloud.id != 0 and cloud.stale) scene.settleCloud(cloud);
        for (&scene.groups, 0..) |*group, index| if (group.id != 0 and group.stale) scene.settleGroup(group, index);
    }

    fn boxOf(scene: *const Scene, panel: *const Panel, index: u32) Box {
        var box: Box = .{ .scale = panel.scale.height, .offset = panel.scale.offset };
        if (panel.has_axes) {
            box.a, box.b, box.height = .{ panel.a.range, panel.b.range, panel.height.range };
            return box;
        }
        var found = false;
        for (&scene.surfaces) |*surface| {
            if (surface.id == 0 or surface.panel != index or surface.heights[0] > surface.heights[1]) continue;
            box.a = if (found) joined(box.a, surface.a) else surface.a;
            box.b = if (found) joined(box.b, surface.b) else surface.b;
            const own: [2]f64 = .{ surface.heights[0], surface.heights[1] };
            box.height = if (found) joined(box.height, own) else own;
            found = true;
        }
        if (!(box.height[0] < box.height[1])) box.height = .{ box.height[0] - 0.5, box.height[0] + 0.5 };
        return box;
    }

    fn joined(one: [2]f64, other: [2]f64) [2]f64 {
        return .{ @min(one[0], other[0]), @max(one[1], other[1]) };
    }

    fn settleSurface(scene: *Scene, surface: *Surface) void {
        const start = scene.gridOf(surface).start;
        const count = surface.columns * surface.rows;
        const padded = mesh.padded(surface.columns, surface.rows);
        const placing = scene.panels[surface.panel].box.heights();
        mesh.prepare(scene.heights[start..][0..count], surface.columns, surface.rows, placing, scene.places[start..][0..padded]);
        if (surface.has_values) {
            mesh.prepareValues(scene.values[start..][0..count], surface.columns, surface.rows, scene.padded_values[start..][0..padded]);
        }
        surface.stale = false;
        surface.unsent = true;
        scene.undrape(surface.id);
    }

    fn shapeOfDrape(scene: *const Scene, id: u32, panel: u32) ?Shape {
        const surface = scene.surfaceOf(id) orelse return null;
        return if (surface.panel == panel) scene.shapeOf(surface) else null;
    }

    /// Where something is: in the box's height, or on the surface on which it lies.
    fn placed(box: *const Box, drape: ?*const Shape, position: [3]f32) ?[3]f32 {
        if (!std.math.isFinite(position[0]) or !std.math.isFinite(position[1])) return null;
        const x, const y = .{ box.x(position[0]), box.y(position[1]) };
        if (drape) |shape| if (shape.heightAt(x, y)) |z| return .{ x, y, std.math.clamp(z, -1, 1) };
        const z = box.z(position[2]);
        return if (z > box_module.hole_limit) .{ x, y, std.math.clamp(z, -1, 1) } else null;
    }

    fn settlePath(scene: *Scene, path: *Path) void {
        const panel = &scene.panels[path.panel];
        const start = scene.lineOf(path).start;
        const drape = scene.shapeOfDrape(path.drape, path.panel);
        const places = scene.path_places[start..][0 .. path.count + constants.path_ends];
        const positions = scene.path_positions[start..][0..path.count];
        const first = path.stale_from;
        for (positions[first..], first..) |position, index| {
            const before = places[index];
            const here = placed(&panel.box, if (drape) |*shape| shape else null, position) orelse
                if (index > 0) before[0..3].* else .{ 0, 0, -1 };
            const length = if (index > 0) before[3] + distance(before[0..3].*, here, panel.scale.stretch) else 0;
            places[index + 1] = .{ here[0], here[1], here[2], length };
        }
        places[0] = places[1];
        path.unsent_from = @min(path.unsent_from, first);
        path.stale_from = nowhere;
    }

    fn distance(one: [3]f32, two: [3]f32, stretch: f32) f32 {
        const x, const y, const z = .{ one[0] - two[0], one[1] - two[1], (one[2] - two[2]) * stretch };
        return @sqrt(x * x + y * y + z * z);
    }

    fn settleCloud(scene: *Scene, cloud: *Cloud) void {
        const panel = &scene.panels[cloud.panel];
        const start = scene.cloudOf(cloud).start;
        const drape = scene.shapeOfDrape(cloud.drape, cloud.panel);
        for (scene.cloud_positions[start..][0..cloud.count], scene.cloud_places[start..][0..cloud.count], start..) |position, *target, index| {
            const here = placed(&panel.box, if (drape) |*shape| shape else null, position) orelse unseen;
            const value = if (cloud.has_values) scene.cloud_values[index] else 0;
            target.* = .{ here[0], here[1], here[2], if (std.math.isFinite(value)) value else 0 };
        }
        cloud.stale = false;
        cloud.unsent = true;
    }

    fn settleGroup(scene: *Scene, group: *Group, index: usize) void {
        const panel = &scene.panels[group.panel];
        const start = scene.marks.of[index].start;
        const drape = scene.shapeOfDrape(group.drape, group.panel);
        for (scene.mark_positions[start..][0..group.count], scene.mark_places[start..][0..group.count]) |position, *target| {
            target.* = placed(&panel.box, if (drape) |*shape| shape else null, position) orelse unseen;
        }
        group.stale = false;
    }
};

const GridMover = struct {
    scene: *Scene,

    pub fn move(mover: GridMover, step: regions.Move) void {
        inline for (.{ "heights", "values", "places", "padded_values" }) |name| moveDown(f32, &@field(mover.scene, name), step);
    }
};

const LineMover = struct {
    scene: *Scene,

    pub fn move(mover: LineMover, step: regions.Move) void {
        moveDown([3]f32, &mover.scene.path_positions, step);
        moveDown(u32, &mover.scene.path_steps, step);
        moveDown([4]f32, &mover.scene.path_places, step);
        // Paths share one buffer on the graphics card.
        for (&mover.scene.paths) |*path| path.unsent_from = 0;
    }
};

const CloudMover = struct {
    scene: *Scene,

    pub fn move(mover: CloudMover, step: regions.Move) void {
        moveDown([3]f32, &mover.scene.cloud_positions, step);
        moveDown(f32, &mover.scene.cloud_values, step);
        moveDown([4]f32, &mover.scene.cloud_places, step);
        for (&mover.scene.clouds) |*cloud| cloud.unsent = true;
    }
};

const MarkMover = struct {
    scene: *Scene,

    pub fn move(mover: MarkMover, step: regions.Move) void {
        inline for (.{ "mark_positions", "mark_steps", "mark_shapes", "mark_colours", "mark_places" }) |name| {
            moveDown(@typeInfo(@FieldType(Scene, name)).array.child, &@field(mover.scene, name), step);
        }
    }
};

fn moveDown(comptime T: type, array: []T, step: regions.Move) void {
    std.mem.copyForwards(T, array[step.to..][0..step.count], array[step.from..][0..step.count]);
}

const testing = std.testing;

fn testSurface(scene: *Scene, id: u32, side: u32, height: f32) !void {
    var heights: [64 * 64]f32 = @splat(height);
    heights[0] = height - 1;
    const head: messages.Surface = .{
        .id = id,
        .a = .{ -1, 1 },
        .b = .{ -1, 1 },
        .rows = side,
        .columns = side,
        .values = false,
    };
    try scene.setSurface(&head, .{ .heights = heights[0 .. side * side], .values = null });
}

fn testPath(scene: *Scene, id: u32, count: u32, first: u32) !void {
    var positions: [1000][3]f32 = undefined;
    var steps: [1000]u32 = undefined;
    for (positions[0..count], steps[0..count], first..) |*position, *step, index| {
        position.* = .{ @as(f32, @floatFromInt(index)) * 1e-3, 0, 0.5 };
        step.* = @intCast(index);
    }
    const line: protocol.Line = .{ .positions = positions[0..count], .steps = steps[0..count] };
    if (first == 0) {
        try scene.setPath(&.{ .id = id, .count = count }, line);
    } else {
        try scene.appendPath(&.{ .id = id, .count = count }, line);
    }
}

test "without axes the box fits the surfaces" {
    const scene = try Scene.create();
    defer scene.destroy();
    try testSurface(scene, 1, 8, 3);
    try testSurface(scene, 2, 16, 5);
    scene.settle();
    try testing.expectEqual([2]f64{ 2, 5 }, scene.panels[0].box.height);
    scene.remove(&.{ .what = .surface, .id = 2 });
    scene.settle();
    try testing.expectEqual([2]f64{ 2, 3 }, scene.panels[0].box.height);
}

test "what is unknown or of another size is refused" {
    const scene = try Scene.create();
    defer scene.destroy();
    try testSurface(scene, 1, 8, 3);
    const four: [4]f32 = @splat(0);
    const update: messages.SurfaceUpdate = .{ .id = 1, .count = 4, .values = false };
    try testing.expectError(error.WrongSize, scene.updateSurface(&update, .{ .heights = &four, .values = null }));
    try testing.expectError(error.UnknownId, scene.stylePath(&.{ .id = 9 }));
    for (2..constants.surfaces + 1) |id| try testSurface(scene, @intCast(id), 8, 3);
    try testing.expectError(error.NoRoom, testSurface(scene, 99, 8, 3));
    try testSurface(scene, 5, 9, 3);
}

test "a path keeps its points while it grows among others" {
    const scene = try Scene.create();
    defer scene.destroy();
    for (1..5) |id| try testPath(scene, @intCast(id), 200, 0);
    for (1..40) |part| for (1..5) |id| try testPath(scene, @intCast(id), 200, @intCast(200 * part));
    scene.settle();
    for (scene.paths[0..4]) |*path| {
        try testing.expectEqual(8000, path.count);
        const start = scene.lineOf(path).start;
        for (0..8000) |index| try testing.expectEqual(@as(u32, @intCast(index)), scene.path_steps[start + index]);
        try testing.expectApproxEqAbs(scene.panels[0].box.x(7.999), scene.path_places[start + 8000][0], 1e-4);
        try testing.expectEqual(scene.path_places[start], scene.path_places[start + 1]);
    }
    scene.time.step = 1234;
    try testing.expectEqual(1235, scene.shownPoints(&scene.paths[0]));
    scene.time.trail = 100;
    try testing.expectEqual(1134, scene.trailStart(&scene.paths[0]));
}

test "what lies on a surface follows it" {
    const scene = try Scene.create();
    defer scene.destroy();
    scene.setAxes(&.{ .a = .{ .range = .{ -1, 1 } }, .b = .{ .range = .{ -1, 1 } }, .height = .{ .range = .{ 0, 10 } } });
    try testSurface(scene, 1, 8, 5);
    try testPath(scene, 1, 10, 0);
    try scene.stylePath(&.{ .id = 1, .drape = 1 });
    scene.settle();
    try testing.expectApproxEqAbs(0, scene.path_places[1][2], 1e-5);
    try testSurface(scene, 1, 8, 10);
    scene.settle();
    try testing.expectApproxEqAbs(1, scene.path_places[1][2], 1e-5);
    scene.remove(&.{ .what = .surface, .id = 1 });
    scene.settle();
    try testing.expectApproxEqAbs(-0.9, scene.path_places[1][2], 1e-5);
}

test "all points together have a limit, and the largest path fits" {
    const scene = try Scene.create();
    defer scene.destroy();
    const positions = try testing.allocator.alloc([3]f32, constants.path_points);
    defer testing.allocator.free(positions);
    const steps = try testing.allocator.alloc(u32, constants.path_points);
    defer testing.allocator.free(steps);
    @memset(positions, .{ 0, 0, 0 });
    @memset(steps, 0);
    try scene.setPath(&.{ .id = 1, .count = constants.path_points }, .{ .positions = positions, .steps = steps });
    try testing.expectError(error.NoRoom, scene.appendPath(&.{ .id = 1, .count = 1 }, .{ .positions = positions[0..1], .steps = steps[0..1] }));
    try testing.expectError(error.NoRoom, testPath(scene, 2, 1, 0));
    scene.settle();
    scene.clear(null);
    try testPath(scene, 2, 1, 0);
}
