//! From a scene to a picture: what is sent to the graphics card, and what is drawn in which order.

const std = @import("std");
const assert = std.debug.assert;
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const library = @import("library.zig");
const c = library.c;
const f = library.f;
const gpu = @import("gpu.zig");
const entries_module = @import("entries.zig");
const Entries = entries_module.Entries;
const Corners = entries_module.Corners;
const memory = @import("memory.zig");
const mesh = @import("mesh.zig");
const scene_module = @import("scene.zig");
const Scene = scene_module.Scene;
const Surface = @import("surface.zig").Surface;
const decor_module = @import("decor.zig");
const Layout = @import("layout.zig").Layout;
const text = @import("text.zig");
const thinning = @import("thinning.zig");
const blocks_module = @import("blocks.zig");
const painter_module = @import("painter.zig");
const PanelFrame = painter_module.PanelFrame;
const Painter = painter_module.Painter;
const Target = @import("target.zig").Target;
const pipelines_module = @import("pipelines.zig");
const Pipelines = pipelines_module.Pipelines;

/// A marker as its shader takes it.
pub const Mark = extern struct { place: [3]f32, radius: f32, shape: u32, colour: [4]u8 };

comptime {
    assert(@sizeOf(Mark) == 24);
}

/// Room for points and particles before there are more.
const entries_at_first = 1 << 12;

pub const Options = struct {
    width: u32,
    height: u32,
    /// Pixels for a pixel of the user interface.
    scale: f32,
    finish: messages.Finish,
    transparent: bool = false,
    /// The mesh is not made coarser while things move.
    every_cell: bool = false,
    /// Paths are drawn with fewer points; set by the renderer.
    thinned: bool = false,
};

const Held = struct {
    buffer: c.WGPUBuffer = null,
    values: c.WGPUBuffer = null,
    cells: u32 = 0,

    fn drop(held: *Held) void {
        if (held.buffer) |buffer| gpu.releaseBuffer(buffer);
        if (held.values) |buffer| gpu.releaseBuffer(buffer);
        held.* = .{};
    }
};

const Mesh = struct {
    key: mesh.Key = .{ .columns = 0, .rows = 0 },
    buffer: c.WGPUBuffer = null,
    used: u64 = 0,
};

pub const Renderer = struct {
    device: *const gpu.Device,
    pipelines: Pipelines,
    maps: gpu.Texture,
    faces: [constants.faces]gpu.Texture,
    uniforms: c.WGPUBuffer,
    walls: c.WGPUBuffer,
    lines: c.WGPUBuffer,
    quads: c.WGPUBuffer,
    marks: c.WGPUBuffer,
    path_entries: Entries,
    coarse_entries: Entries,
    cloud_entries: Entries,
    corners: Corners,
    held: [constants.surfaces]Held,
    meshes: [constants.meshes]Mesh,
    frames: u64,

    // What is made for one picture, on this side.
    decor: decor_module.Decor,
    blocks: [constants.frame_uniform_bytes]u8 align(16),
    block_bytes: u32,
    mark_list: decor_module.Fixed(Mark, constants.markers + constants.paths),
    indices: [constants.mesh_indices]u32,
    panels: [constants.panels]PanelFrame,
    plane_block: u32,
    surface_blocks: [constants.surfaces][2]u32,
    path_blocks: [constants.paths]u32,
    thin_places: [constants.coarse_path_entries][4]f32,
    thin_counts: [constants.paths]u32,
    cloud_blocks: [constants.clouds]u32,

    /// Makes everything that does not depend on a scene. The device outlives the renderer.
    pub fn create(device: *const gpu.Device) !*Renderer {
        const renderer = try memory.create(Renderer);
        const vertex = gpu.usage_vertex | gpu.usage_copy_target;
        renderer.device = device;
        renderer.maps = device.texture(constants.colour_map_entries, constants.colour_maps, .{
            .format = c.WGPUTextureFormat_RGBA8Unorm,
            .usage = gpu.texture_binding | gpu.texture_copy_target,
        });
        for (&renderer.faces) |*face| face.* = faceTexture(device, 1, 1);
        renderer.uniforms = device.buffer(constants.frame_uniform_bytes + pipelines_module.panel_bytes, gpu.usage_uniform | gpu.usage_copy_target);
        renderer.walls = device.buffer(@sizeOf(decor_module.WallVertex) * constants.frame_vertices, vertex);
        renderer.lines = device.buffer(@sizeOf(decor_module.Line) * constants.frame_lines, vertex);
        renderer.quads = device.buffer(@sizeOf(text.Quad) * constants.frame_quads, vertex);
        renderer.marks = device.buffer(@sizeOf(Mark) * (constants.markers + constants.paths), vertex);
        renderer.path_entries = .init(device, entries_at_first);
        renderer.coarse_entries = .init(device, constants.paths * constants.coarse_path_entries);
        renderer.cloud_entries = .init(device, entries_at_first);
        renderer.corners = .init(device, &renderer.indices);
        renderer.held = @splat(.{});
        renderer.meshes = @splat(.{});
        renderer.frames = 0;
        renderer.decor.reset();
        renderer.pipelines = .init(device, renderer.uniforms);
        renderer.bind();
        try device.check();
        return renderer;
    }

    fn faceTexture(device: *const gpu.Device, width: u32, height: u32) gpu.Texture {
        return device.texture(width, height, .{
            .format = c.WGPUTextureFormat_R8Unorm,
            .usage = gpu.texture_binding | gpu.texture_copy_target,
        });
    }

    fn bind(renderer: *Renderer) void {
        renderer.pipelines.bind(renderer.device, renderer.uniforms, .{ &renderer.maps, &renderer.faces[0], &renderer.faces[1] });
    }

    /// Draws the scene into the target. The picture is there when the device has finished.
    pub fn draw(renderer: *Renderer, scene: *Scene, target: *const Target, given: Options) !void {
        var options = given;
        options.thinned = given.finish == .drag and entries_module.areCopied(renderer.device);
        scene.settle();
        renderer.frames += 1;
        renderer.send(scene);
        renderer.arrange(scene, &options);
        renderer.sendFrame();
        renderer.encode(scene, target, &options);
        try renderer.device.check();
    }

    // What changed goes to the graphics card.

    fn send(renderer: *Renderer, scene: *Scene) void {
        if (scene.maps_unsent) {
            for (scene.maps[0..scene.map_count], 0..) |*map, row| {
                const bytes = std.mem.sliceAsBytes(&map.colours);
                renderer.device.writeTexture(&renderer.maps, 0, @intCast(row), constants.colour_map_entries, 1, 4, bytes);
            }
            scene.maps_unsent = false;
        }
        renderer.sendFaces(scene);
        for (&scene.surfaces, &renderer.held) |*surface, *held| {
            if (surface.id == 0) held.drop() else if (surface.unsent) renderer.sendSurface(scene, surface, held);
        }
        renderer.sendPaths(scene);
        renderer.sendClouds(scene);
    }

    fn sendFaces(renderer: *Renderer, scene: *Scene) void {
        var changed = false;
        for (&scene.faces, &renderer.faces) |*face, *texture| {
            if (!face.unsent) continue;
            if (texture.width != face.width or texture.height != face.height) {
                texture.deinit();
                texture.* = faceTexture(renderer.device, face.width, face.height);
                changed = true;
            }
            renderer.device.writeTexture(texture, 0, 0, face.width, face.height, 1, face.bitmap[0 .. face.width * face.height]);
            face.unsent = false;
        }
        if (changed) renderer.bind();
    }

    fn sendSurface(renderer: *Renderer, scene: *Scene, surface: *Surface, held: *Held) void {
        const cells = mesh.padded(surface.columns, surface.rows);
        const start = scene.gridOf(surface).start;
        if (held.cells != cells) {
            held.drop();
            // One more vertex: a mesh reads the neighbours of its last one.
            held.* = .{ .cells = cells, .buffer = renderer.device.buffer(4 * (@as(u64, cells) + 2), gpu.usage_vertex | gpu.usage_copy_target) };
        }
        renderer.device.write(held.buffer, 0, std.mem.sliceAsBytes(scene.places[start..][0..cells]));
        if (surface.has_values) {
            if (held.values == null) held.values = renderer.device.buffer(4 * (@as(u64, cells) + 2), gpu.usage_vertex | gpu.usage_copy_target);
            renderer.device.write(held.values, 0, std.mem.sliceAsBytes(scene.padded_values[start..][0..cells]));
        }
        surface.unsent = false;
    }

    fn sendPaths(renderer: *Renderer, scene: *Scene) void {
        if (renderer.path_entries.reserve(renderer.device, scene.lines.high())) {
            for (&scene.paths) |*path| path.unsent_from = 0;
        }
        for (&scene.paths) |*path| {
            const end = path.count + constants.path_ends;
            if (path.id == 0 or path.count == 0 or path.unsent_from >= end) continue;
            const start = scene.lineOf(path).start;
            const places = scene.path_places[start + path.unsent_from .. start + end];
            renderer.path_entries.write(renderer.device, start + path.unsent_from, places);
            path.unsent_from = std.math.maxInt(u32);
        }
    }

    /// Where the coarse entries of a path begin.
    pub fn coarseEntry(index: usize) u32 {
        return @intCast(constants.coarse_path_entries * index);
    }

    fn sendClouds(renderer: *Renderer, scene: *Scene) void {
        if (renderer.cloud_entries.reserve(renderer.device, scene.particles.high())) {
            for (&scene.clouds) |*cloud| cloud.unsent = true;
        }
        for (&scene.clouds) |*cloud| {
            if (cloud.id == 0 or !cloud.unsent) continue;
            const start = scene.cloudOf(cloud).start;
            renderer.cloud_entries.write(renderer.device, start, scene.cloud_places[start..][0..cloud.count]);
            cloud.unsent = false;
        }
    }

    // What is made anew for this picture.

    /// Puts a block among those of this picture; returns where.
    fn block(renderer: *Renderer, value: anytype) u32 {
        const T = @typeInfo(@TypeOf(value)).pointer.child;
        const size = std.mem.alignForward(u32, @sizeOf(T), constants.object_bytes);
        const at = renderer.block_bytes;
        assert(at + size <= renderer.blocks.len);
        @memcpy(renderer.blocks[at..][0..@sizeOf(T)], std.mem.asBytes(value));
        renderer.block_bytes += size;
        return at;
    }

    fn arrange(renderer: *Renderer, scene: *const Scene, options: *const Options) void {
        renderer.block_bytes = 0;
        renderer.decor.reset();
        renderer.mark_list.count = 0;
        const layout: Layout = .of(scene, options.width, options.height, options.scale);
        for (renderer.panels[0..layout.count], 0..) |*frame, index| {
            renderer.arrangePanel(scene, options, &layout, frame, @intCast(index));
        }
        var plane = std.mem.zeroes(blocks_module.PanelBlock);
        plane.size[0], plane.size[1] = .{ @floatFromInt(options.width), @floatFromInt(options.height) };
        renderer.plane_block = renderer.block(&plane);
        for (&scene.surfaces, &renderer.surface_blocks) |*surface, *blocks| if (surface.id != 0) {
            blocks.* = .{ renderer.block(&blocks_module.surfaceBlock(scene, surface, 0)), renderer.block(&blocks_module.surfaceBlock(scene, surface, 1)) };
        };
        for (&scene.paths, &renderer.path_blocks) |*path, *at| if (path.id != 0) {
            const shown = if (path.panel < layout.count) path.panel else 0;
            at.* = renderer.block(&blocks_module.ribbonBlock(scene, path, &renderer.panels[shown].view, options));
        };
        if (options.thinned) renderer.thinPaths(scene);
        for (&scene.clouds, &renderer.cloud_blocks) |*cloud, *at| if (cloud.id != 0) {
            at.* = renderer.block(&blocks_module.cloudBlock(scene, cloud, options));
        };
    }

    /// Sends the few points of each path that are worth drawing in this picture.
    fn thinPaths(renderer: *Renderer, scene: *const Scene) void {
        for (&scene.paths, &renderer.thin_counts, 0..) |*path, *count, index| {
            count.* = 0;
            if (path.id == 0 or !path.visible or path.panel >= scene.panel_count) continue;
            const first = scene.trailStart(path);
            const end = scene.shownPoints(path);
            if (end <= first) continue;
            const begin = scene.lineOf(path).start + constants.path_ends;
            const points = scene.path_places[begin + first .. begin + end];
            const view = &renderer.panels[path.panel].view;
            count.* = thinning.thin(points, view, scene.time.trail != null, &renderer.thin_places);
            renderer.coarse_entries.write(renderer.device, coarseEntry(index), renderer.thin_places[0..count.*]);
        }
    }

    fn arrangePanel(
        renderer: *Renderer,
        scene: *const Scene,
        options: *const Options,
        layout: *const Layout,
        frame: *PanelFrame,
        index: u32,
    ) void {
        const panel = &scene.panels[index];
        const place = layout.places[index];
        const view = layout.view(scene, index, options.scale);
        const decor = &renderer.decor;
        frame.area = place.view;
        frame.view = view;
        frame.block = renderer.block(&blocks_module.panelBlock(scene, panel, &view, options));
        frame.marks_block = renderer.block(&blocks_module.CloudBlock{
            .colour = @splat(0),
            .colouring = @splat(0),
            .size = .{ 0, 0.03, 0.22, 0 },
        });
        frame.walls.first = decor.walls.count;
        frame.lines.first = decor.lines.count;
        frame.marks.first = renderer.mark_list.count;
        decor.panel(scene, index, place, &view, options.scale);
        renderer.arrangeMarks(scene, index, options.scale);
        frame.walls.end = decor.walls.count;
        frame.lines.end = decor.lines.count;
        frame.marks.end = renderer.mark_list.count;
    }

    fn arrangeMarks(renderer: *Renderer, scene: *const Scene, index: u32, scale: f32) void {
        for (&scene.groups, &scene.marks.of) |*group, region| {
            if (group.id == 0 or group.panel != index) continue;
            for (region.start..region.start + group.count) |entry| {
                if (scene.time.step) |step| if (scene.mark_steps[entry] > step) continue;
                renderer.mark_list.add(.{
                    .place = scene.mark_places[entry],
                    .radius = group.size / 2 * scale,
                    .shape = @intFromEnum(scene.mark_shapes[entry]),
                    .colour = scene.mark_colours[entry],
                });
            }
        }
        for (&scene.paths) |*path| {
            if (path.id == 0 or path.panel != index or !path.visible) continue;
            const head = path.head orelse continue;
            const shown = scene.shownPoints(path);
            if (shown == 0) continue;
            renderer.mark_list.add(.{
                .place = scene.path_places[scene.lineOf(path).start + shown][0..3].*,
                .radius = (3.2 + path.width) * scale,
                .shape = @intFromEnum(head),
                .colour = .{ path.colour[0], path.colour[1], path.colour[2], 255 },
            });
        }
    }

    fn sendFrame(renderer: *Renderer) void {
        const device = renderer.device;
        device.write(renderer.uniforms, 0, renderer.blocks[0..renderer.block_bytes]);
        device.write(renderer.walls, 0, std.mem.sliceAsBytes(renderer.decor.walls.items[0..renderer.decor.walls.count]));
        device.write(renderer.lines, 0, std.mem.sliceAsBytes(renderer.decor.lines.items[0..renderer.decor.lines.count]));
        device.write(renderer.quads, 0, std.mem.sliceAsBytes(renderer.decor.quads.items[0..renderer.decor.quads.count]));
        device.write(renderer.marks, 0, std.mem.sliceAsBytes(renderer.mark_list.items[0..renderer.mark_list.count]));
    }

    // Drawing.

    fn encode(renderer: *Renderer, scene: *const Scene, target: *const Target, options: *const Options) void {
        const encoder = f("DeviceCreateCommandEncoder")(renderer.device.device, null);
        defer f("CommandEncoderRelease")(encoder);
        const pass = target.begin(encoder, scene.style.background, options.transparent);
        var painter: Painter = .{ .renderer = renderer, .scene = scene, .pass = pass, .options = options, .set = renderer.pipelines.set(target.samples) };
        for (renderer.panels[0..scene.panel_count], 0..) |*frame, index| painter.panel(frame, @intCast(index));
        painter.plane();
        f("RenderPassEncoderEnd")(pass);
        f("RenderPassEncoderRelease")(pass);
        target.read(encoder);
        const commands = f("CommandEncoderFinish")(encoder, null);
        f("QueueSubmit")(renderer.device.queue, 1, &commands);
        f("CommandBufferRelease")(commands);
    }

    /// The triangles of a grid, made when they are needed first and kept.
    pub fn meshFor(renderer: *Renderer, key: mesh.Key) c.WGPUBuffer {
        var oldest: *Mesh = &renderer.meshes[0];
        for (&renderer.meshes) |*held| {
            if (held.buffer != null and std.meta.eql(held.key, key)) {
                held.used = renderer.frames;
                return held.buffer;
            }
            if (held.used < oldest.used) oldest = held;
        }
        if (oldest.buffer) |buffer| gpu.releaseBuffer(buffer);
        const indices = mesh.write(key, &renderer.indices);
        oldest.* = .{
            .key = key,
            .buffer = renderer.device.buffer(4 * @as(u64, indices.len), gpu.usage_index | gpu.usage_copy_target),
            .used = renderer.frames,
        };
        renderer.device.write(oldest.buffer, 0, std.mem.sliceAsBytes(indices));
        return oldest.buffer;
    }
};
