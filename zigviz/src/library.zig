//! wgpu-native, loaded while the program runs: one table of functions, typed by the C header.

const std = @import("std");
const builtin = @import("builtin");
pub const c = @import("wgpu");

/// Everything of the C interface that this program calls.
const names = [_][:0]const u8{
    "wgpuAdapterGetInfo",
    "wgpuAdapterGetLimits",
    "wgpuAdapterInfoFreeMembers",
    "wgpuAdapterRelease",
    "wgpuAdapterRequestDevice",
    "wgpuBindGroupRelease",
    "wgpuBufferDestroy",
    "wgpuBufferGetConstMappedRange",
    "wgpuBufferMapAsync",
    "wgpuBufferRelease",
    "wgpuBufferUnmap",
    "wgpuCommandBufferRelease",
    "wgpuCommandEncoderBeginRenderPass",
    "wgpuCommandEncoderCopyTextureToBuffer",
    "wgpuCommandEncoderFinish",
    "wgpuCommandEncoderRelease",
    "wgpuCreateInstance",
    "wgpuDeviceCreateBindGroup",
    "wgpuDeviceCreateBindGroupLayout",
    "wgpuDeviceCreateBuffer",
    "wgpuDeviceCreateCommandEncoder",
    "wgpuDeviceCreatePipelineLayout",
    "wgpuDeviceCreateRenderPipeline",
    "wgpuDeviceCreateSampler",
    "wgpuDeviceCreateShaderModule",
    "wgpuDeviceCreateTexture",
    "wgpuDeviceGetQueue",
    "wgpuDevicePoll",
    "wgpuGetVersion",
    "wgpuInstanceEnumerateAdapters",
    "wgpuInstanceProcessEvents",
    "wgpuQueueSubmit",
    "wgpuQueueWriteBuffer",
    "wgpuQueueWriteTexture",
    "wgpuRenderPassEncoderDraw",
    "wgpuRenderPassEncoderDrawIndexed",
    "wgpuRenderPassEncoderEnd",
    "wgpuRenderPassEncoderRelease",
    "wgpuRenderPassEncoderSetBindGroup",
    "wgpuRenderPassEncoderSetIndexBuffer",
    "wgpuRenderPassEncoderSetPipeline",
    "wgpuRenderPassEncoderSetScissorRect",
    "wgpuRenderPassEncoderSetStencilReference",
    "wgpuRenderPassEncoderSetVertexBuffer",
    "wgpuRenderPassEncoderSetViewport",
    "wgpuTextureCreateView",
    "wgpuTextureDestroy",
    "wgpuTextureRelease",
    "wgpuTextureViewRelease",
};

var table: [names.len]*const anyopaque = undefined;
var loaded = false;

/// What wgpu-native adds to the standard; the header has no names for the types of these.
const own = struct {
    pub const DevicePoll = fn (c.WGPUDevice, c.WGPUBool, ?*const c.WGPUSubmissionIndex) callconv(.c) c.WGPUBool;
    pub const GetVersion = fn () callconv(.c) u32;
    pub const InstanceEnumerateAdapters = fn (
        c.WGPUInstance,
        ?*const c.WGPUInstanceEnumerateAdapterOptions,
        ?[*]c.WGPUAdapter,
    ) callconv(.c) usize;
};

/// The functions themselves must not be named: they would have to be there when the program is linked.
fn Function(comptime name: []const u8) type {
    if (@hasDecl(own, name)) return *const @field(own, name);
    return @typeInfo(@field(c, "WGPUProc" ++ name)).optional.child;
}

/// The function called `wgpu` and `name`.
pub inline fn f(comptime name: []const u8) Function(name) {
    const index = comptime for (names, 0..) |known, place| {
        if (std.mem.eql(u8, known, "wgpu" ++ name)) break place;
    } else @compileError("wgpu" ++ name ++ " is not in the table");
    std.debug.assert(loaded);
    return @ptrCast(@alignCast(table[index]));
}

pub const Error = error{ LibraryMissing, FunctionMissing };

/// Loads the library at `path`; the program trusts that file.
pub fn load(path: [:0]const u8) Error!void {
    var library = try Library.open(path);
    for (names, &table) |name, *entry| entry.* = library.lookup(name) orelse return error.FunctionMissing;
    loaded = true;
}

const Library = if (builtin.os.tag == .windows) struct {
    handle: *anyopaque,

    extern "kernel32" fn LoadLibraryExW(name: [*:0]const u16, file: ?*anyopaque, flags: u32) callconv(.winapi) ?*anyopaque;
    extern "kernel32" fn GetProcAddress(module: *anyopaque, name: [*:0]const u8) callconv(.winapi) ?*const anyopaque;

    /// Other libraries that it needs are looked for beside it and in the system's folder.
    const search_own_and_system: u32 = 0x0000_0100 | 0x0000_0800;

    fn open(path: [:0]const u8) Error!@This() {
        var wide: [4096]u16 = undefined;
        if (path.len >= wide.len) return error.LibraryMissing;
        const length = std.unicode.wtf8ToWtf16Le(&wide, path) catch return error.LibraryMissing;
        for (wide[0..length]) |*unit| if (unit.* == '/') {
            unit.* = '\\';
        };
        wide[length] = 0;
        const handle = LoadLibraryExW(wide[0..length :0], null, search_own_and_system);
        return .{ .handle = handle orelse return error.LibraryMissing };
    }

    fn lookup(library: *@This(), name: [:0]const u8) ?*const anyopaque {
        return GetProcAddress(library.handle, name);
    }
} else struct {
    inner: std.DynLib,

    fn open(path: [:0]const u8) Error!@This() {
        return .{ .inner = std.DynLib.openZ(path) catch return error.LibraryMissing };
    }

    fn lookup(library: *@This(), name: [:0]const u8) ?*const anyopaque {
        return library.inner.lookup(*const anyopaque, name);
    }
};

/// A text as the library wants it.
pub fn view(text: []const u8) c.WGPUStringView {
    return .{ .data = text.ptr, .length = text.len };
}

/// A text as the library gives it.
pub fn slice(text: c.WGPUStringView) []const u8 {
    if (text.data == null) return "";
    if (text.length == std.math.maxInt(usize)) return std.mem.span(@as([*:0]const u8, @ptrCast(text.data)));
    return text.data[0..text.length];
}
