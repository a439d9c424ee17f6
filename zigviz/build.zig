//! `zig build` builds `wnin-viz`; `-Dwgpu=FOLDER` says where `webgpu.h` and `wgpu.h` lie.
//! `zig build test` runs the tests, `zig build run -- --wgpu LIBRARY --selftest` draws a known scene.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.option(std.builtin.OptimizeMode, "optimize", "ReleaseSafe unless said otherwise") orelse .ReleaseSafe;
    const headers = b.option([]const u8, "wgpu", "folder of webgpu.h and wgpu.h") orelse "";
    const library = b.option([]const u8, "library", "wgpu's library, for `zig build run`");
    const version = b.option([]const u8, "version", "what --version prints") orelse "0.1.0";

    const options = b.addOptions();
    options.addOption([]const u8, "version", version);

    const translated = b.addTranslateC(.{
        .root_source_file = .{ .cwd_relative = b.pathJoin(&.{ headers, "wgpu.h" }) },
        .target = target,
        .optimize = optimize,
        .link_libc = true,
    });
    if (headers.len > 0) translated.addIncludePath(.{ .cwd_relative = headers });

    const module = b.createModule(.{
        .root_source_file = b.path("src/main.zig"),
        .target = target,
        .optimize = optimize,
        .link_libc = true,
        .strip = b.option(bool, "strip", "leave out what a debugger needs") orelse false,
    });
    module.addImport("wgpu", translated.createModule());
    module.addOptions("options", options);

    const executable = b.addExecutable(.{ .name = "wnin-viz", .root_module = module });
    b.installArtifact(executable);

    const run = b.addRunArtifact(executable);
    if (library) |path| run.addArgs(&.{ "--wgpu", path, "--selftest" });
    if (b.args) |arguments| run.addArgs(arguments);
    b.step("run", "draw a known scene and say how it went").dependOn(&run.step);

    const tests = b.addTest(.{ .root_module = module });
    const filter = b.addRunArtifact(tests);
    b.step("test", "run the tests").dependOn(&filter.step);
}
