//! A picture on the graphics card, and the way back from it.

const std = @import("std");
const constants = @import("constants.zig");
const messages = @import("messages.zig");
const library = @import("library.zig");
const c = library.c;
const f = library.f;
const gpu = @import("gpu.zig");

pub const Target = struct {
    width: u32,
    height: u32,
    samples: u32,
    /// What is drawn into, when it holds several samples a pixel.
    fine: ?gpu.Texture,
    colour: gpu.Texture,
    depth: gpu.Texture,
    buffer: c.WGPUBuffer,
    stride: u32,

    pub fn init(device: *const gpu.Device, width: u32, height: u32, samples: u32) Target {
        const stride = std.mem.alignForward(u32, 4 * width, constants.row_alignment);
        const target = gpu.texture_target;
        return .{
            .width = width,
            .height = height,
            .samples = samples,
            .fine = if (samples > 1) device.texture(width, height, .{ .samples = samples, .usage = target }) else null,
            .colour = device.texture(width, height, .{ .usage = target | gpu.texture_copy_source }),
            .depth = device.texture(width, height, .{ .samples = samples, .format = gpu.depth_format, .usage = target }),
            .buffer = device.buffer(@as(u64, stride) * height, gpu.usage_map_read | gpu.usage_copy_target),
            .stride = stride,
        };
    }

    pub fn deinit(target: *Target) void {
        if (target.fine) |*texture| texture.deinit();
        target.colour.deinit();
        target.depth.deinit();
        gpu.releaseBuffer(target.buffer);
        target.* = undefined;
    }

    pub fn begin(target: *const Target, encoder: c.WGPUCommandEncoder, background: messages.Colour, transparent: bool) c.WGPURenderPassEncoder {
        const opacity: f64 = if (transparent) 0 else 1;
        var clear: [3]f64 = undefined;
        for (background[0..3], &clear) |byte, *part| part.* = @as(f64, @floatFromInt(byte)) / 255 * opacity;
        const colour: c.WGPURenderPassColorAttachment = .{
            .view = if (target.fine) |texture| texture.view else target.colour.view,
            .depthSlice = std.math.maxInt(u32),
            .resolveTarget = if (target.fine != null) target.colour.view else null,
            .loadOp = c.WGPULoadOp_Clear,
            .storeOp = if (target.fine != null) c.WGPUStoreOp_Discard else c.WGPUStoreOp_Store,
            .clearValue = .{ .r = clear[0], .g = clear[1], .b = clear[2], .a = opacity },
        };
        const depth: c.WGPURenderPassDepthStencilAttachment = .{
            .view = target.depth.view,
            .depthLoadOp = c.WGPULoadOp_Clear,
            .depthStoreOp = c.WGPUStoreOp_Discard,
            .depthClearValue = 1,
            .stencilLoadOp = c.WGPULoadOp_Clear,
            .stencilStoreOp = c.WGPUStoreOp_Discard,
        };
        return f("CommandEncoderBeginRenderPass")(encoder, &.{
            .colorAttachmentCount = 1,
            .colorAttachments = &colour,
            .depthStencilAttachment = &depth,
        });
    }

    /// Lets the picture come back with the commands of `encoder`.
    pub fn read(target: *const Target, encoder: c.WGPUCommandEncoder) void {
        f("CommandEncoderCopyTextureToBuffer")(
            encoder,
            &.{ .texture = target.colour.handle, .aspect = c.WGPUTextureAspect_All },
            &.{ .buffer = target.buffer, .layout = .{ .bytesPerRow = target.stride, .rowsPerImage = target.height } },
            &.{ .width = target.width, .height = target.height, .depthOrArrayLayers = 1 },
        );
    }

    const Mapped = struct { status: c.WGPUMapAsyncStatus = 0, done: bool = false };

    fn onMapped(status: c.WGPUMapAsyncStatus, _: c.WGPUStringView, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
        const mapped: *Mapped = @ptrCast(@alignCast(data));
        mapped.* = .{ .status = status, .done = true };
    }

    /// Waits for the picture and returns its rows of `stride` bytes; `release` must follow.
    pub fn rows(target: *const Target, device: *const gpu.Device) gpu.Error![]const u8 {
        var mapped: Mapped = .{};
        const size = @as(usize, target.stride) * target.height;
        _ = f("BufferMapAsync")(target.buffer, 1, 0, size, .{
            .mode = c.WGPUCallbackMode_AllowProcessEvents,
            .callback = onMapped,
            .userdata1 = &mapped,
        });
        while (!mapped.done) {
            device.finish();
            f("InstanceProcessEvents")(device.instance);
            if (device.trouble.lost) break;
        }
        try device.check();
        if (mapped.status != c.WGPUMapAsyncStatus_Success) return error.DeviceLost;
        const data: [*]const u8 = @ptrCast(f("BufferGetConstMappedRange")(target.buffer, 0, size) orelse return error.DeviceLost);
        return data[0..size];
    }

    pub fn release(target: *const Target) void {
        f("BufferUnmap")(target.buffer);
    }
};
