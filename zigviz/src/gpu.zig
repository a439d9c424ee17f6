//! A device of wgpu, and the few kinds of things that the renderer makes with it.

const std = @import("std");
const library = @import("library.zig");
const messages = @import("messages.zig");
const c = library.c;
const f = library.f;
const view = library.view;

pub const Error = error{ NoInstance, NoAdapter, NoDevice, DeviceLost, Refused };

// The header's flags are `long`, which is too small for them on Windows.
pub const usage_map_read: u64 = 1;
pub const usage_copy_source: u64 = 4;
pub const usage_copy_target: u64 = 8;
pub const usage_index: u64 = 16;
pub const usage_vertex: u64 = 32;
pub const usage_uniform: u64 = 64;
pub const texture_copy_source: u64 = 1;
pub const texture_copy_target: u64 = 2;
pub const texture_binding: u64 = 4;
pub const texture_target: u64 = 16;
pub const stage_vertex: u64 = 1;
pub const stage_fragment: u64 = 2;
const write_all: u64 = 15;

pub const colour_format = c.WGPUTextureFormat_BGRA8Unorm;
pub const depth_format = c.WGPUTextureFormat_Depth24PlusStencil8;

pub const Choice = enum { auto, vulkan, gl, dx12, metal };

fn backendFlags(choice: Choice) u64 {
    return switch (choice) {
        .auto => 1 | 2 | 4 | 8,
        .vulkan => 1,
        .gl => 2,
        .metal => 4,
        .dx12 => 8,
    };
}

/// What went wrong last, for the one line that is said of it.
pub const Trouble = struct {
    buffer: [512]u8 = undefined,
    length: usize = 0,
    lost: bool = false,

    fn note(trouble: *Trouble, words: []const u8) void {
        if (trouble.length > 0) return; // the first is the cause of the others
        const kept = words[0..@min(words.len, trouble.buffer.len)];
        for (kept, trouble.buffer[0..kept.len]) |byte, *place| place.* = if (byte < ' ') ' ' else byte;
        trouble.length = kept.len;
    }

    pub fn text(trouble: *const Trouble) []const u8 {
        return trouble.buffer[0..trouble.length];
    }
};

pub const Adapter = struct {
    handle: c.WGPUAdapter,
    name: [256]u8 = undefined,
    name_length: usize = 0,
    driver: [256]u8 = undefined,
    driver_length: usize = 0,
    backend: messages.Backend,
    kind: messages.AdapterType,

    /// Higher is better: a graphics card before a processor; Vulkan, Metal and DX12 before GL. Among
    /// processors GL comes first: Mesa's is faster there than its Vulkan.
    fn worth(adapter: *const Adapter) u32 {
        const kind: u32 = switch (adapter.kind) {
            .discrete => 40,
            .integrated => 30,
            .unknown => 20,
            .cpu => 10,
        };
        const gl = adapter.backend == .gl;
        const backend: u32 = if (adapter.kind == .cpu) @intFromBool(gl) else @intFromBool(!gl);
        return kind + backend;
    }
};

pub const Device = struct {
    instance: c.WGPUInstance,
    device: c.WGPUDevice,
    queue: c.WGPUQueue,
    adapter: Adapter,
    texture_side: u32,
    trouble: *Trouble,

    /// Finds the best adapter of the chosen kind and opens it. `trouble` outlives the device.
    pub fn init(choice: Choice, trouble: *Trouble) Error!Device {
        var extras = std.mem.zeroes(c.WGPUInstanceExtras);
        extras.chain.sType = @intCast(c.WGPUSType_InstanceExtras);
        extras.backends = backendFlags(choice);
        var descriptor = std.mem.zeroes(c.WGPUInstanceDescriptor);
        descriptor.nextInChain = @ptrCast(&extras.chain);
        const instance = f("CreateInstance")(&descriptor) orelse return error.NoInstance;
        const adapter = try best(instance);
        var limits = std.mem.zeroes(c.WGPULimits);
        _ = f("AdapterGetLimits")(adapter.handle, &limits);
        limits.nextInChain = null;
        const device = try open(instance, &adapter, &limits, trouble);
        return .{
            .instance = instance,
            .device = device,
            .queue = f("DeviceGetQueue")(device),
            .adapter = adapter,
            .texture_side = limits.maxTextureDimension2D,
            .trouble = trouble,
        };
    }

    fn best(instance: c.WGPUInstance) Error!Adapter {
        var handles: [32]c.WGPUAdapter = undefined;
        const count = f("InstanceEnumerateAdapters")(instance, null, null);
        if (count == 0 or count > handles.len) return error.NoAdapter;
        _ = f("InstanceEnumerateAdapters")(instance, null, &handles);
        var chosen: ?Adapter = null;
        for (handles[0..count]) |handle| {
            const adapter = describe(handle);
            const better = adapter.backend != .none and (chosen == null or adapter.worth() > chosen.?.worth());
            if (better) {
                if (chosen) |other| f("AdapterRelease")(other.handle);
                chosen = adapter;
            } else f("AdapterRelease")(handle);
        }
        return chosen orelse error.NoAdapter;
    }

    fn describe(handle: c.WGPUAdapter) Adapter {
        var info = std.mem.zeroes(c.WGPUAdapterInfo);
        _ = f("AdapterGetInfo")(handle, &info);
        defer f("AdapterInfoFreeMembers")(info);
        var adapter: Adapter = .{
            .handle = handle,
            .backend = switch (info.backendType) {
                c.WGPUBackendType_Vulkan => .vulkan,
                c.WGPUBackendType_OpenGL, c.WGPUBackendType_OpenGLES => .gl,
                c.WGPUBackendType_Metal => .metal,
                c.WGPUBackendType_D3D12 => .dx12,
                else => .none,
            },
            .kind = switch (info.adapterType) {
                c.WGPUAdapterType_DiscreteGPU => .discrete,
                c.WGPUAdapterType_IntegratedGPU => .integrated,
                c.WGPUAdapterType_CPU => .cpu,
                else => .unknown,
            },
        };
        adapter.name_length = copyText(&adapter.name, library.slice(info.device));
        adapter.driver_length = copyText(&adapter.driver, library.slice(info.description));
        // GL does not say so, but its software renderers are processors too.
        for ([_][]const u8{ "llvmpipe", "softpipe", "SwiftShader", "Basic Render" }) |software| {
            if (std.mem.indexOf(u8, adapter.name[0..adapter.name_length], software) != null) adapter.kind = .cpu;
        }
        return adapter;
    }

    fn copyText(target: []u8, text: []const u8) usize {
        const length = @min(target.len, text.len);
        @memcpy(target[0..length], text[0..length]);
        return length;
    }

    const Answer = struct { device: c.WGPUDevice = null, given: bool = false };

    fn open(instance: c.WGPUInstance, adapter: *const Adapter, limits: *const c.WGPULimits, trouble: *Trouble) Error!c.WGPUDevice {
        var descriptor = std.mem.zeroes(c.WGPUDeviceDescriptor);
        descriptor.requiredLimits = limits;
        descriptor.uncapturedErrorCallbackInfo = .{ .callback = onError, .userdata1 = trouble };
        descriptor.deviceLostCallbackInfo = .{
            .mode = c.WGPUCallbackMode_AllowSpontaneous,
            .callback = onLost,
            .userdata1 = trouble,
        };
        var answer: Answer = .{};
        _ = f("AdapterRequestDevice")(adapter.handle, &descriptor, .{
            .mode = c.WGPUCallbackMode_AllowProcessEvents,
            .callback = onDevice,
            .userdata1 = &answer,
            .userdata2 = trouble,
        });
        for (0..1000) |_| {
            if (answer.given) break;
            f("InstanceProcessEvents")(instance);
        }
        return answer.device orelse error.NoDevice;
    }

    fn onDevice(
        _: c.WGPURequestDeviceStatus,
        device: c.WGPUDevice,
        message: c.WGPUStringView,
        answer_data: ?*anyopaque,
        trouble_data: ?*anyopaque,
    ) callconv(.c) void {
        const answer: *Answer = @ptrCast(@alignCast(answer_data));
        const trouble: *Trouble = @ptrCast(@alignCast(trouble_data));
        answer.* = .{ .device = device, .given = true };
        if (device == null) trouble.note(library.slice(message));
    }

    fn onError(
        _: [*c]const c.WGPUDevice,
        _: c.WGPUErrorType,
        message: c.WGPUStringView,
        data: ?*anyopaque,
        _: ?*anyopaque,
    ) callconv(.c) void {
        const trouble: *Trouble = @ptrCast(@alignCast(data));
        trouble.note(library.slice(message));
    }

    fn onLost(
        _: [*c]const c.WGPUDevice,
        _: c.WGPUDeviceLostReason,
        message: c.WGPUStringView,
        data: ?*anyopaque,
        _: ?*anyopaque,
    ) callconv(.c) void {
        const trouble: *Trouble = @ptrCast(@alignCast(data));
        trouble.note(library.slice(message));
        trouble.lost = true;
    }

    /// Fails when wgpu has complained since the start: a picture after that means nothing.
    pub fn check(device: *const Device) Error!void {
        if (device.trouble.lost) return error.DeviceLost;
        if (device.trouble.length > 0) return error.Refused;
    }

    pub fn buffer(device: *const Device, size: u64, usage: u64) c.WGPUBuffer {
        return f("DeviceCreateBuffer")(device.device, &.{ .size = std.mem.alignForward(u64, size, 4), .usage = usage });
    }

    pub fn write(device: *const Device, target: c.WGPUBuffer, offset: u64, bytes: []const u8) void {
        if (bytes.len == 0) return;
        std.debug.assert(bytes.len % 4 == 0 and offset % 4 == 0);
        f("QueueWriteBuffer")(device.queue, target, offset, bytes.ptr, bytes.len);
    }

    pub const TextureOptions = struct { samples: u32 = 1, format: c.WGPUTextureFormat = colour_format, usage: u64 };

    pub fn texture(device: *const Device, width: u32, height: u32, options: TextureOptions) Texture {
        const handle = f("DeviceCreateTexture")(device.device, &.{
            .usage = options.usage,
            .dimension = c.WGPUTextureDimension_2D,
            .size = .{ .width = width, .height = height, .depthOrArrayLayers = 1 },
            .format = options.format,
            .mipLevelCount = 1,
            .sampleCount = options.samples,
        });
        return .{ .handle = handle, .view = f("TextureCreateView")(handle, null), .width = width, .height = height };
    }

    /// Writes rows of `width` pixels of `pixel_bytes` each to the texture, from (x, y) on.
    pub fn writeTexture(device: *const Device, target: *const Texture, x: u32, y: u32, width: u32, height: u32, pixel_bytes: u32, bytes: []const u8) void {
        std.debug.assert(bytes.len == width * height * pixel_bytes);
        f("QueueWriteTexture")(
            device.queue,
            &.{ .texture = target.handle, .origin = .{ .x = x, .y = y, .z = 0 }, .aspect = c.WGPUTextureAspect_All },
            bytes.ptr,
            bytes.len,
            &.{ .bytesPerRow = width * pixel_bytes, .rowsPerImage = height },
            &.{ .width = width, .height = height, .depthOrArrayLayers = 1 },
        );
    }

    pub fn sampler(device: *const Device) c.WGPUSampler {
        return f("DeviceCreateSampler")(device.device, &.{
            .addressModeU = c.WGPUAddressMode_ClampToEdge,
            .addressModeV = c.WGPUAddressMode_ClampToEdge,
            .addressModeW = c.WGPUAddressMode_ClampToEdge,
            .magFilter = c.WGPUFilterMode_Linear,
            .minFilter = c.WGPUFilterMode_Linear,
            .mipmapFilter = c.WGPUMipmapFilterMode_Nearest,
            .lodMinClamp = 0,
            .lodMaxClamp = 0,
            .maxAnisotropy = 1,
        });
    }

    pub fn shader(device: *const Device, source: []const u8) c.WGPUShaderModule {
        var wgsl: c.WGPUShaderSourceWGSL = .{
            .chain = .{ .sType = c.WGPUSType_ShaderSourceWGSL },
            .code = view(source),
        };
        return f("DeviceCreateShaderModule")(device.device, &.{ .nextInChain = @ptrCast(&wgsl.chain) });
    }

    /// Waits until everything submitted is done.
    pub fn finish(device: *const Device) void {
        _ = f("DevicePoll")(device.device, 1, null);
    }
};

pub const Texture = struct {
    handle: c.WGPUTexture,
    view: c.WGPUTextureView,
    width: u32,
    height: u32,

    pub fn deinit(texture: *Texture) void {
        f("TextureViewRelease")(texture.view);
        f("TextureDestroy")(texture.handle);
        f("TextureRelease")(texture.handle);
        texture.* = undefined;
    }
};

pub fn releaseBuffer(buffer: c.WGPUBuffer) void {
    f("BufferDestroy")(buffer);
    f("BufferRelease")(buffer);
}

pub const Attribute = struct { format: c.WGPUVertexFormat, offset: u64 = 0, location: u32 };

pub const VertexLayout = struct {
    stride: u64,
    instanced: bool = false,
    attributes: []const Attribute,
};

/// How fragments meet what is there already.
pub const Depth = enum {
    /// In front of everything, without looking.
    none,
    /// Where nothing is nearer; hides what comes later and lies farther.
    solid,
    /// Where nothing is nearer; hides nothing.
    film,
    /// As film, and every pixel once for each stencil reference.
    once,
    /// Only where something is nearer.
    behind,
    /// Both of these.
    behind_once,
};

pub const PipelineOptions = struct {
    module: c.WGPUShaderModule,
    layout: c.WGPUPipelineLayout,
    vertex: []const u8,
    fragment: []const u8,
    buffers: []const VertexLayout,
    depth: Depth,
    samples: u32,
    blend: bool = true,
    strip: bool = false,
};

pub fn pipeline(device: *const Device, options: PipelineOptions) c.WGPURenderPipeline {
    var attributes: [16]c.WGPUVertexAttribute = undefined;
    var layouts: [8]c.WGPUVertexBufferLayout = undefined;
    var used: usize = 0;
    for (options.buffers, layouts[0..options.buffers.len]) |given, *layout| {
        const first = used;
        for (given.attributes) |attribute| {
            attributes[used] = .{
                .format = attribute.format,
                .offset = attribute.offset,
                .shaderLocation = attribute.location,
            };
            used += 1;
        }
        layout.* = .{
            .stepMode = if (given.instanced) c.WGPUVertexStepMode_Instance else c.WGPUVertexStepMode_Vertex,
            .arrayStride = given.stride,
            .attributeCount = used - first,
            .attributes = &attributes[first],
        };
    }
    const over: c.WGPUBlendState = .{
        .color = .{
            .operation = c.WGPUBlendOperation_Add,
            .srcFactor = c.WGPUBlendFactor_SrcAlpha,
            .dstFactor = c.WGPUBlendFactor_OneMinusSrcAlpha,
        },
        .alpha = .{
            .operation = c.WGPUBlendOperation_Add,
            .srcFactor = c.WGPUBlendFactor_One,
            .dstFactor = c.WGPUBlendFactor_OneMinusSrcAlpha,
        },
    };
    const target: c.WGPUColorTargetState = .{
        .format = colour_format,
        .blend = if (options.blend) &over else null,
        .writeMask = write_all,
    };
    const once = options.depth == .once or options.depth == .behind_once;
    const stencil: c.WGPUStencilFaceState = .{
        .compare = if (once) c.WGPUCompareFunction_NotEqual else c.WGPUCompareFunction_Always,
        .failOp = c.WGPUStencilOperation_Keep,
        .depthFailOp = c.WGPUStencilOperation_Keep,
        .passOp = if (once) c.WGPUStencilOperation_Replace else c.WGPUStencilOperation_Keep,
    };
    const depth: c.WGPUDepthStencilState = .{
        .format = depth_format,
        .depthWriteEnabled = if (options.depth == .solid) c.WGPUOptionalBool_True else c.WGPUOptionalBool_False,
        .depthCompare = switch (options.depth) {
            .none => c.WGPUCompareFunction_Always,
            .solid, .film, .once => c.WGPUCompareFunction_LessEqual,
            .behind, .behind_once => c.WGPUCompareFunction_Greater,
        },
        .stencilFront = stencil,
        .stencilBack = stencil,
        .stencilReadMask = 0xFF,
        .stencilWriteMask = if (once) 0xFF else 0,
    };
    const fragment: c.WGPUFragmentState = .{
        .module = options.module,
        .entryPoint = view(options.fragment),
        .targetCount = 1,
        .targets = &target,
    };
    return f("DeviceCreateRenderPipeline")(device.device, &.{
        .layout = options.layout,
        .vertex = .{
            .module = options.module,
            .entryPoint = view(options.vertex),
            .bufferCount = options.buffers.len,
            .buffers = &layouts,
        },
        .primitive = .{
            .topology = if (options.strip) c.WGPUPrimitiveTopology_TriangleStrip else c.WGPUPrimitiveTopology_TriangleList,
            .frontFace = c.WGPUFrontFace_CCW,
            .cullMode = c.WGPUCullMode_None,
        },
        .depthStencil = &depth,
        .multisample = .{ .count = options.samples, .mask = 0xFFFF_FFFF },
        .fragment = &fragment,
    });
}
