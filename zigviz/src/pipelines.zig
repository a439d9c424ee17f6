//! The shaders and how they are used, for one and for four samples a pixel.

const std = @import("std");
const constants = @import("constants.zig");
const library = @import("library.zig");
const c = library.c;
const f = library.f;
const gpu = @import("gpu.zig");
const decor = @import("decor.zig");
const areCopied = @import("entries.zig").areCopied;
const text = @import("text.zig");

/// Room for what the shaders know of a panel.
pub const panel_bytes = 512;

const common = @embedFile("shaders/common.wgsl");
const surface_source = common ++ @embedFile("shaders/surface.wgsl");
const ribbon_source = common ++ @embedFile("shaders/ribbon.wgsl");
const sprite_source = common ++ @embedFile("shaders/sprite.wgsl");
const flat_source = common ++ @embedFile("shaders/flat.wgsl");

const surface_buffers = blk: {
    var buffers: [6]gpu.VertexLayout = undefined;
    for (&buffers, 0..) |*buffer, slot| {
        buffer.* = .{ .stride = 4, .attributes = &.{.{ .format = c.WGPUVertexFormat_Float32, .location = slot }} };
    }
    break :blk buffers;
};
const segment_buffers = [_]gpu.VertexLayout{
    .{ .stride = 16, .instanced = true, .attributes = &.{.{ .format = c.WGPUVertexFormat_Float32x4, .location = 0 }} },
    .{ .stride = 16, .instanced = true, .attributes = &.{.{ .format = c.WGPUVertexFormat_Float32x4, .location = 1 }} },
};
const particle_buffers = [_]gpu.VertexLayout{
    .{ .stride = 16, .instanced = true, .attributes = &.{.{ .format = c.WGPUVertexFormat_Float32x4, .location = 0 }} },
};
const mark_buffers = [_]gpu.VertexLayout{.{ .stride = 24, .instanced = true, .attributes = &.{
    .{ .format = c.WGPUVertexFormat_Float32x3, .location = 0 },
    .{ .format = c.WGPUVertexFormat_Float32, .offset = 12, .location = 1 },
    .{ .format = c.WGPUVertexFormat_Uint32, .offset = 16, .location = 2 },
    .{ .format = c.WGPUVertexFormat_Unorm8x4, .offset = 20, .location = 3 },
} }};
const wall_buffers = [_]gpu.VertexLayout{.{ .stride = @sizeOf(decor.WallVertex), .attributes = &.{
    .{ .format = c.WGPUVertexFormat_Float32x3, .location = 0 },
    .{ .format = c.WGPUVertexFormat_Unorm8x4, .offset = 12, .location = 1 },
} }};
const line_buffers = [_]gpu.VertexLayout{.{ .stride = @sizeOf(decor.Line), .instanced = true, .attributes = &.{
    .{ .format = c.WGPUVertexFormat_Float32x3, .location = 0 },
    .{ .format = c.WGPUVertexFormat_Float32x3, .offset = 12, .location = 1 },
    .{ .format = c.WGPUVertexFormat_Float32, .offset = 24, .location = 2 },
    .{ .format = c.WGPUVertexFormat_Unorm8x4, .offset = 28, .location = 3 },
} }};
const quad_buffers = [_]gpu.VertexLayout{.{ .stride = @sizeOf(text.Quad), .instanced = true, .attributes = &.{
    .{ .format = c.WGPUVertexFormat_Float32x4, .location = 0 },
    .{ .format = c.WGPUVertexFormat_Float32x4, .offset = 16, .location = 1 },
    .{ .format = c.WGPUVertexFormat_Unorm8x4, .offset = 32, .location = 2 },
    .{ .format = c.WGPUVertexFormat_Uint32, .offset = 36, .location = 3 },
} }};

const Recipe = struct {
    shader: enum { surface, ribbon, sprite, flat },
    vertex: []const u8,
    fragment: []const u8,
    buffers: []const gpu.VertexLayout,
    depth: gpu.Depth,
    /// Draws what lies in `Entries`.
    entries: bool = false,
};

fn recipe(which: Pipelines.Which) Recipe {
    return switch (which) {
        .surface_solid => .{ .shader = .surface, .vertex = "vertex", .fragment = "solid", .buffers = &surface_buffers, .depth = .solid },
        .surface_film => .{ .shader = .surface, .vertex = "vertex", .fragment = "solid", .buffers = &surface_buffers, .depth = .film },
        .quick_solid => .{ .shader = .surface, .vertex = "quick_vertex", .fragment = "quick", .buffers = &surface_buffers, .depth = .solid },
        .quick_plain => .{ .shader = .surface, .vertex = "quick_vertex", .fragment = "quick_plain", .buffers = &surface_buffers, .depth = .solid },
        .quick_whole => .{ .shader = .surface, .vertex = "quick_vertex", .fragment = "quick_whole", .buffers = &surface_buffers, .depth = .solid },
        .quick_whole_plain => .{ .shader = .surface, .vertex = "quick_vertex", .fragment = "quick_whole_plain", .buffers = &surface_buffers, .depth = .solid },
        .quick_film => .{ .shader = .surface, .vertex = "quick_vertex", .fragment = "quick", .buffers = &surface_buffers, .depth = .film },
        .surface_floor => .{ .shader = .surface, .vertex = "vertex", .fragment = "floor_lines", .buffers = &surface_buffers, .depth = .film },
        .ribbon_halo => .{ .shader = .ribbon, .vertex = "halo", .fragment = "halo_front", .buffers = &segment_buffers, .depth = .film, .entries = true },
        .ribbon_core => .{ .shader = .ribbon, .vertex = "core", .fragment = "core_front", .buffers = &segment_buffers, .depth = .solid, .entries = true },
        .ribbon_once => .{ .shader = .ribbon, .vertex = "core", .fragment = "core_once", .buffers = &segment_buffers, .depth = .once, .entries = true },
        .ribbon_behind => .{ .shader = .ribbon, .vertex = "core", .fragment = "core_behind", .buffers = &segment_buffers, .depth = .behind_once, .entries = true },
        .particle => .{ .shader = .sprite, .vertex = "particle", .fragment = "particle_front", .buffers = &particle_buffers, .depth = .film, .entries = true },
        .mark_front => .{ .shader = .sprite, .vertex = "mark", .fragment = "mark_front", .buffers = &mark_buffers, .depth = .film },
        .mark_behind => .{ .shader = .sprite, .vertex = "mark", .fragment = "mark_behind", .buffers = &mark_buffers, .depth = .behind },
        .wall => .{ .shader = .flat, .vertex = "wall", .fragment = "wall_colour", .buffers = &wall_buffers, .depth = .none },
        .line => .{ .shader = .flat, .vertex = "line", .fragment = "line_colour", .buffers = &line_buffers, .depth = .none },
        .quad => .{ .shader = .flat, .vertex = "quad", .fragment = "quad_colour", .buffers = &quad_buffers, .depth = .none },
    };
}

pub const Pipelines = struct {
    panel_layout: c.WGPUBindGroupLayout,
    object_layout: c.WGPUBindGroupLayout,
    sampler: c.WGPUSampler,
    panel_group: c.WGPUBindGroup = null,
    object_group: c.WGPUBindGroup = null,
    once: Set,
    four: Set,

    pub const Which = enum {
        surface_solid,
        surface_film,
        quick_solid,
        quick_plain,
        quick_whole,
        quick_whole_plain,
        quick_film,
        surface_floor,
        ribbon_halo,
        ribbon_core,
        ribbon_once,
        ribbon_behind,
        particle,
        mark_front,
        mark_behind,
        wall,
        line,
        quad,
    };

    /// All pipelines for one number of samples.
    pub const Set = struct {
        handles: [std.enums.values(Which).len]c.WGPURenderPipeline,

        pub fn get(pipelines: *const Set, which: Which) c.WGPURenderPipeline {
            return pipelines.handles[@intFromEnum(which)];
        }
    };

    pub fn init(device: *const gpu.Device, uniforms: c.WGPUBuffer) Pipelines {
        const both = gpu.stage_vertex | gpu.stage_fragment;
        const picture: c.WGPUTextureBindingLayout = .{
            .sampleType = c.WGPUTextureSampleType_Float,
            .viewDimension = c.WGPUTextureViewDimension_2D,
        };
        const panel_entries = [_]c.WGPUBindGroupLayoutEntry{
            .{ .binding = 0, .visibility = both, .buffer = uniformLayout(panel_bytes) },
            .{ .binding = 1, .visibility = both, .texture = picture },
            .{ .binding = 2, .visibility = both, .sampler = .{ .type = c.WGPUSamplerBindingType_Filtering } },
            .{ .binding = 3, .visibility = gpu.stage_fragment, .texture = picture },
            .{ .binding = 4, .visibility = gpu.stage_fragment, .texture = picture },
        };
        const object_entries = [_]c.WGPUBindGroupLayoutEntry{
            .{ .binding = 0, .visibility = both, .buffer = uniformLayout(constants.object_bytes) },
        };
        const create = f("DeviceCreateBindGroupLayout");
        var pipelines: Pipelines = .{
            .panel_layout = create(device.device, &.{ .entryCount = panel_entries.len, .entries = &panel_entries }),
            .object_layout = create(device.device, &.{ .entryCount = object_entries.len, .entries = &object_entries }),
            .sampler = device.sampler(),
            .once = undefined,
            .four = undefined,
        };
        const objects = [_]c.WGPUBindGroupEntry{.{ .binding = 0, .buffer = uniforms, .size = constants.object_bytes }};
        pipelines.object_group = f("DeviceCreateBindGroup")(device.device, &.{
            .layout = pipelines.object_layout,
            .entryCount = objects.len,
            .entries = &objects,
        });
        pipelines.build(device);
        return pipelines;
    }

    fn uniformLayout(size: u64) c.WGPUBufferBindingLayout {
        return .{ .type = c.WGPUBufferBindingType_Uniform, .hasDynamicOffset = 1, .minBindingSize = size };
    }

    fn build(pipelines: *Pipelines, device: *const gpu.Device) void {
        const layouts = [_]c.WGPUBindGroupLayout{ pipelines.panel_layout, pipelines.object_layout };
        const layout = f("DeviceCreatePipelineLayout")(device.device, &.{
            .bindGroupLayoutCount = layouts.len,
            .bindGroupLayouts = &layouts,
        });
        const modules = [_]c.WGPUShaderModule{
            device.shader(surface_source), device.shader(ribbon_source), device.shader(sprite_source), device.shader(flat_source),
        };
        for ([_]*Set{ &pipelines.once, &pipelines.four }, [_]u32{ 1, constants.samples_still }) |target, samples| {
            for (std.enums.values(Which), &target.handles) |which, *handle| {
                const made = recipe(which);
                const copied = made.entries and areCopied(device);
                var buffers: [8]gpu.VertexLayout = undefined;
                for (made.buffers, buffers[0..made.buffers.len]) |given, *buffer| {
                    buffer.* = given;
                    buffer.instanced = given.instanced and !copied;
                }
                handle.* = gpu.pipeline(device, .{
                    .module = modules[@intFromEnum(made.shader)],
                    .layout = layout,
                    .vertex = made.vertex,
                    .fragment = made.fragment,
                    .buffers = buffers[0..made.buffers.len],
                    .depth = made.depth,
                    .samples = samples,
                    .blend = made.shader != .surface or made.depth != .solid,
                    .strip = !copied and switch (made.shader) {
                        .ribbon, .sprite => true,
                        .surface => false,
                        .flat => which != .wall,
                    },
                });
            }
        }
    }

    /// Binds the colour maps and the faces of the labels and titles.
    pub fn bind(pipelines: *Pipelines, device: *const gpu.Device, uniforms: c.WGPUBuffer, textures: [3]*const gpu.Texture) void {
        const entries = [_]c.WGPUBindGroupEntry{
            .{ .binding = 0, .buffer = uniforms, .size = panel_bytes },
            .{ .binding = 1, .textureView = textures[0].view },
            .{ .binding = 2, .sampler = pipelines.sampler },
            .{ .binding = 3, .textureView = textures[1].view },
            .{ .binding = 4, .textureView = textures[2].view },
        };
        if (pipelines.panel_group) |group| f("BindGroupRelease")(group);
        pipelines.panel_group = f("DeviceCreateBindGroup")(device.device, &.{
            .layout = pipelines.panel_layout,
            .entryCount = entries.len,
            .entries = &entries,
        });
    }

    pub fn set(pipelines: *const Pipelines, samples: u32) *const Set {
        return if (samples == 1) &pipelines.once else &pipelines.four;
    }
};
