//! What is drawn in which order, as commands to the graphics card.

const std = @import("std");
const constants = @import("constants.zig");
const library = @import("library.zig");
const c = library.c;
const f = library.f;
const mesh = @import("mesh.zig");
const Entries = @import("entries.zig").Entries;
const decor_module = @import("decor.zig");
const Area = @import("layout.zig").Area;
const Pipelines = @import("pipelines.zig").Pipelines;
const renderer_module = @import("renderer.zig");
const Renderer = renderer_module.Renderer;
const Options = renderer_module.Options;
const Mark = renderer_module.Mark;
const Scene = @import("scene.zig").Scene;
const Surface = @import("surface.zig").Surface;
const View = @import("camera.zig").View;

/// The part of a list that belongs to one panel.
pub const Span = struct {
    first: u32 = 0,
    end: u32 = 0,

    pub fn count(span: Span) u32 {
        return span.end - span.first;
    }
};

pub const PanelFrame = struct {
    area: Area,
    view: View,
    block: u32,
    marks_block: u32,
    walls: Span,
    lines: Span,
    marks: Span,
};

pub const Painter = struct {
    renderer: *Renderer,
    scene: *const Scene,
    pass: c.WGPURenderPassEncoder,
    options: *const Options,
    set: *const Pipelines.Set,
    stencil: u32 = 0,

    fn use(painter: *Painter, which: Pipelines.Which) void {
        f("RenderPassEncoderSetPipeline")(painter.pass, painter.set.get(which));
    }

    fn bindPanel(painter: *Painter, at: u32) void {
        f("RenderPassEncoderSetBindGroup")(painter.pass, 0, painter.renderer.pipelines.panel_group, 1, &at);
    }

    fn bindObject(painter: *Painter, at: u32) void {
        f("RenderPassEncoderSetBindGroup")(painter.pass, 1, painter.renderer.pipelines.object_group, 1, &at);
    }

    fn vertices(painter: *Painter, slot: u32, buffer: c.WGPUBuffer, offset: u64) void {
        f("RenderPassEncoderSetVertexBuffer")(painter.pass, slot, buffer, offset, std.math.maxInt(u64));
    }

    pub fn panel(painter: *Painter, frame: *const PanelFrame, index: u32) void {
        const area = frame.area;
        f("RenderPassEncoderSetViewport")(painter.pass, area.x, area.y, area.width, area.height, 0, 1);
        f("RenderPassEncoderSetScissorRect")(
            painter.pass,
            @intFromFloat(area.x),
            @intFromFloat(area.y),
            @intFromFloat(area.width),
            @intFromFloat(area.height),
        );
        painter.bindPanel(frame.block);
        // Every pipeline has the same layout: something must be bound as the object, even where nothing reads it.
        painter.bindObject(frame.marks_block);
        painter.surroundings(frame);
        painter.floors(index);
        painter.surfaces(frame, index, true);
        painter.ribbons(index, .ribbon_behind);
        painter.marks(frame, .mark_behind);
        painter.ribbons(index, .ribbon_core);
        painter.clouds(index);
        painter.marks(frame, .mark_front);
        painter.surfaces(frame, index, false);
    }

    fn surroundings(painter: *Painter, frame: *const PanelFrame) void {
        const renderer = painter.renderer;
        if (frame.walls.count() > 0) {
            painter.use(.wall);
            painter.vertices(0, renderer.walls, 0);
            f("RenderPassEncoderDraw")(painter.pass, frame.walls.count(), 1, frame.walls.first, 0);
        }
        if (frame.lines.count() > 0) {
            painter.use(.line);
            painter.vertices(0, renderer.lines, @sizeOf(decor_module.Line) * @as(u64, frame.lines.first));
            f("RenderPassEncoderDraw")(painter.pass, 4, frame.lines.count(), 0, 0);
        }
    }

    fn floors(painter: *Painter, index: u32) void {
        const panel_of = &painter.scene.panels[index];
        if (!panel_of.contours_on_floor or panel_of.level_count == 0) return;
        painter.use(.surface_floor);
        for (&painter.scene.surfaces, 0..) |*surface, place| {
            if (!shown(surface, index)) continue;
            painter.grid(surface, place, painter.renderer.surface_blocks[place][1], .{});
        }
    }

    fn shown(surface: *const Surface, index: u32) bool {
        return surface.id != 0 and surface.panel == index and surface.visible and surface.opacity > 0;
    }

    fn surfaces(painter: *Painter, frame: *const PanelFrame, index: u32, solid: bool) void {
        var order: [constants.surfaces]usize = undefined;
        var count: usize = 0;
        for (&painter.scene.surfaces, 0..) |*surface, place| {
            if (!shown(surface, index) or surface.isSolid() != solid) continue;
            order[count] = place;
            count += 1;
        }
        if (count == 0) return;
        // From above, what lies lower comes first; from below, what lies higher.
        std.mem.sort(usize, order[0..count], Lower{ .scene = painter.scene, .from_above = frame.view.back[2] >= 0 }, Lower.before);
        const seen: mesh.Order = if (solid) .{} else .seen_from(frame.view.back[0], frame.view.back[1]);
        for (order[0..count]) |place| {
            painter.use(painter.pipelineOf(place, solid));
            painter.grid(&painter.scene.surfaces[place], place, painter.renderer.surface_blocks[place][0], seen);
        }
    }

    /// No more is drawn than must be.
    fn pipelineOf(painter: *const Painter, place: usize, solid: bool) Pipelines.Which {
        if (painter.options.finish == .still) return if (solid) .surface_solid else .surface_film;
        if (!solid) return .quick_film;
        const panel_of = &painter.scene.panels[painter.scene.surfaces[place].panel];
        const plain = panel_of.level_count == 0 or !panel_of.contours_on_surface;
        if (painter.whole(place)) return if (plain) .quick_whole_plain else .quick_whole;
        return if (plain) .quick_plain else .quick_solid;
    }

    /// Whether nothing of a surface is cut away.
    fn whole(painter: *const Painter, place: usize) bool {
        const surface = &painter.scene.surfaces[place];
        const panel_of = &painter.scene.panels[surface.panel];
        const clip = panel_of.clipPlaces();
        const low, const high = .{ panel_of.box.z(surface.heights[0]), panel_of.box.z(surface.heights[1]) };
        return !surface.has_holes and low >= clip[0] and high <= clip[1];
    }

    const Lower = struct {
        scene: *const Scene,
        from_above: bool,

        fn before(lower: Lower, one: usize, other: usize) bool {
            const middle_one = middle(&lower.scene.surfaces[one]);
            const middle_other = middle(&lower.scene.surfaces[other]);
            return if (lower.from_above) middle_one < middle_other else middle_one > middle_other;
        }

        fn middle(surface: *const Surface) f32 {
            return surface.heights[0] + surface.heights[1];
        }
    };

    fn grid(painter: *Painter, surface: *const Surface, place: usize, at: u32, order: mesh.Order) void {
        const held = &painter.renderer.held[place];
        const coarse = painter.options.finish == .drag and !painter.options.every_cell;
        const step = if (coarse) mesh.step_for(surface.columns, surface.rows, constants.coarse_side) else 1;
        const key: mesh.Key = .{ .columns = surface.columns, .rows = surface.rows, .step = step, .order = order };
        const indices = painter.renderer.meshFor(key);
        const stride: u64 = surface.columns + 2;
        const middle = 4 * (stride + 1);
        painter.bindObject(at);
        painter.vertices(0, held.buffer, middle);
        painter.vertices(1, held.buffer, middle - 4);
        painter.vertices(2, held.buffer, middle + 4);
        painter.vertices(3, held.buffer, middle - 4 * stride);
        painter.vertices(4, held.buffer, middle + 4 * stride);
        painter.vertices(5, if (surface.has_values) held.values else held.buffer, middle);
        f("RenderPassEncoderSetIndexBuffer")(painter.pass, indices, c.WGPUIndexFormat_Uint32, 0, std.math.maxInt(u64));
        f("RenderPassEncoderDrawIndexed")(painter.pass, mesh.count(key), 1, 0, 0, 0);
    }

    /// The paths of a panel: behind surfaces, or in front with their halos.
    fn ribbons(painter: *Painter, index: u32, which: Pipelines.Which) void {
        const scene = painter.scene;
        for (&scene.paths, 0..) |*path, place| {
            if (path.id == 0 or path.panel != index or !path.visible or path.opacity == 0) continue;
            const first = scene.trailStart(path);
            const end = scene.shownPoints(path);
            if (end == 0 or end <= first) continue;
            painter.bindObject(painter.renderer.path_blocks[place]);
            const thinned = painter.options.thinned;
            // Entry 0 is point 0 once more, so that a single point is a dot.
            const entries = if (thinned) &painter.renderer.coarse_entries else &painter.renderer.path_entries;
            const start = if (thinned) Renderer.coarseEntry(place) else scene.lineOf(path).start;
            painter.vertices(0, entries.buffer, entries.offset(start));
            painter.vertices(1, entries.buffer, entries.offset(start + 1));
            const begin = if (thinned) 0 else first;
            const last = if (thinned) painter.renderer.thin_counts[place] - constants.path_ends else end;
            const from = if (last - begin > 1) begin + 1 else begin;
            if (which == .ribbon_behind) {
                painter.once(.ribbon_behind, entries, from, last);
            } else if (path.opacity < 0.999) {
                painter.once(.ribbon_once, entries, from, last);
            } else {
                painter.segments(.ribbon_halo, entries, from, last);
                painter.segments(.ribbon_core, entries, from, last);
            }
        }
    }

    fn once(painter: *Painter, which: Pipelines.Which, entries: *const Entries, first: u32, end: u32) void {
        painter.stencil = painter.stencil % 255 + 1;
        f("RenderPassEncoderSetStencilReference")(painter.pass, painter.stencil);
        painter.segments(which, entries, first, end);
    }

    fn segments(painter: *Painter, which: Pipelines.Which, entries: *const Entries, first: u32, end: u32) void {
        painter.use(which);
        painter.renderer.corners.draw(painter.pass, entries, first, end - first);
    }

    fn clouds(painter: *Painter, index: u32) void {
        for (&painter.scene.clouds, 0..) |*cloud, place| {
            if (cloud.id == 0 or cloud.panel != index or !cloud.visible or cloud.count == 0) continue;
            painter.use(.particle);
            painter.bindObject(painter.renderer.cloud_blocks[place]);
            const entries = &painter.renderer.cloud_entries;
            painter.vertices(0, entries.buffer, entries.offset(painter.scene.cloudOf(cloud).start));
            // Particles are as good as one another: the first ones stand for all.
            const count = if (painter.options.finish == .drag) @min(cloud.count, constants.coarse_points) else cloud.count;
            painter.renderer.corners.draw(painter.pass, entries, 0, count);
        }
    }

    fn marks(painter: *Painter, frame: *const PanelFrame, which: Pipelines.Which) void {
        if (frame.marks.count() == 0) return;
        painter.use(which);
        painter.bindObject(frame.marks_block);
        painter.vertices(0, painter.renderer.marks, @sizeOf(Mark) * @as(u64, frame.marks.first));
        f("RenderPassEncoderDraw")(painter.pass, 4, frame.marks.count(), 0, 0);
    }

    /// Text and whatever else lies in the plane of the picture.
    pub fn plane(painter: *Painter) void {
        const renderer = painter.renderer;
        if (renderer.decor.quads.count == 0) return;
        const width, const height = .{ painter.options.width, painter.options.height };
        f("RenderPassEncoderSetViewport")(painter.pass, 0, 0, @floatFromInt(width), @floatFromInt(height), 0, 1);
        f("RenderPassEncoderSetScissorRect")(painter.pass, 0, 0, width, height);
        painter.bindPanel(renderer.plane_block);
        painter.use(.quad);
        painter.vertices(0, renderer.quads, 0);
        f("RenderPassEncoderDraw")(painter.pass, 4, renderer.decor.quads.count, 0, 0);
    }
};
