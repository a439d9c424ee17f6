//! JSON into typed values and back, strictly and without a heap.
//!
//! A struct may say `pub const limits = .{ .field = .{ least, most } }`: ends of a number (of each number of an
//! array or list), or of the code points of a text. A number without limits is finite and below 3e38.

const std = @import("std");
const constants = @import("constants.zig");
const Scanner = std.json.Scanner;

pub const Error = error{
    Syntax,
    WrongType,
    UnknownField,
    MissingField,
    DuplicateField,
    OutOfRange,
    TooLong,
    BadText,
};

/// A text of the message; it lives as long as the message.
pub const Text = struct { bytes: []const u8 = "" };

/// A list of at most `most` items, held in place.
pub fn List(comptime T: type, comptime most: usize) type {
    return struct {
        pub const Item = T;
        pub const capacity = most;
        buffer: [most]T = undefined,
        len: usize = 0,

        pub fn items(list: *const @This()) []const T {
            return list.buffer[0..list.len];
        }

        pub fn of(values: []const T) @This() {
            var list: @This() = .{};
            @memcpy(list.buffer[0..values.len], values);
            list.len = values.len;
            return list;
        }
    };
}

const no_limits = .{};

/// Reads one value of type `T`, and nothing behind it, from `text`. `scratch` holds texts with escapes.
pub fn decode(comptime T: type, text: []const u8, scratch: []u8) Error!T {
    var memory: std.heap.FixedBufferAllocator = .init(scratch);
    var scanner: Scanner = .initCompleteInput(memory.allocator(), text);
    const value = try read(T, &scanner, memory.allocator(), no_limits);
    if (try next(&scanner, memory.allocator()) != .end_of_document) return error.Syntax;
    return value;
}

fn next(scanner: *Scanner, allocator: std.mem.Allocator) Error!std.json.Token {
    return scanner.nextAlloc(allocator, .alloc_if_needed) catch |failure| switch (failure) {
        error.OutOfMemory, error.ValueTooLong => error.TooLong,
        else => error.Syntax,
    };
}

fn read(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator, comptime limits: anytype) Error!T {
    if (T == Text) return readText(scanner, allocator, limits);
    switch (@typeInfo(T)) {
        .bool => return switch (try next(scanner, allocator)) {
            .true => true,
            .false => false,
            else => error.WrongType,
        },
        .int, .float => return readNumber(T, scanner, allocator, limits),
        .@"enum" => return readEnum(T, scanner, allocator),
        .optional => |optional| {
            const kind = scanner.peekNextTokenType() catch return error.Syntax;
            if (kind != .null) return try read(optional.child, scanner, allocator, limits);
            _ = try next(scanner, allocator);
            return null;
        },
        .array => |array| {
            if (try next(scanner, allocator) != .array_begin) return error.WrongType;
            var value: T = undefined;
            for (&value) |*item| item.* = try read(array.child, scanner, allocator, limits);
            if (try next(scanner, allocator) != .array_end) return error.WrongType;
            return value;
        },
        .@"struct" => |structure| {
            if (structure.is_tuple) return readTuple(T, scanner, allocator);
            if (@hasDecl(T, "capacity")) return readList(T, scanner, allocator, limits);
            return readStruct(T, scanner, allocator);
        },
        else => comptime unreachable,
    }
}

fn readText(scanner: *Scanner, allocator: std.mem.Allocator, comptime limits: anytype) Error!Text {
    const bytes = switch (try next(scanner, allocator)) {
        .string, .allocated_string => |bytes| bytes,
        else => return error.WrongType,
    };
    const count = std.unicode.utf8CountCodepoints(bytes) catch return error.BadText;
    const least, const most = if (limits.len == 2) limits else .{ 0, constants.text_characters };
    if (count < least or count > most) return error.OutOfRange;
    return .{ .bytes = bytes };
}

fn readNumber(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator, comptime limits: anytype) Error!T {
    const digits = switch (try next(scanner, allocator)) {
        .number, .allocated_number => |digits| digits,
        else => return error.WrongType,
    };
    if (@typeInfo(T) == .int) {
        const value = std.fmt.parseInt(i64, digits, 10) catch return error.WrongType;
        if (limits.len == 2 and (value < limits[0] or value > limits[1])) return error.OutOfRange;
        return std.math.cast(T, value) orelse error.OutOfRange;
    }
    const value = std.fmt.parseFloat(f64, digits) catch return error.WrongType;
    const least, const most = if (limits.len == 2) limits else .{ -constants.number_largest, constants.number_largest };
    if (!(value >= least and value <= most)) return error.OutOfRange;
    return @floatCast(value);
}

fn readEnum(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator) Error!T {
    switch (try next(scanner, allocator)) {
        .string, .allocated_string => |name| {
            if (@hasDecl(T, "by_number")) return error.WrongType;
            return std.meta.stringToEnum(T, name) orelse error.OutOfRange;
        },
        .number => |digits| {
            if (!@hasDecl(T, "by_number")) return error.WrongType;
            const number = std.fmt.parseInt(u32, digits, 10) catch return error.OutOfRange;
            return std.enums.fromInt(T, number) orelse error.OutOfRange;
        },
        else => return error.WrongType,
    }
}

fn readTuple(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator) Error!T {
    if (try next(scanner, allocator) != .array_begin) return error.WrongType;
    var value: T = undefined;
    inline for (&value) |*item| item.* = try read(@TypeOf(item.*), scanner, allocator, no_limits);
    if (try next(scanner, allocator) != .array_end) return error.WrongType;
    return value;
}

fn readList(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator, comptime limits: anytype) Error!T {
    if (try next(scanner, allocator) != .array_begin) return error.WrongType;
    var list: T = .{};
    while ((scanner.peekNextTokenType() catch return error.Syntax) != .array_end) {
        if (list.len == T.capacity) return error.TooLong;
        list.buffer[list.len] = try read(T.Item, scanner, allocator, limits);
        list.len += 1;
    }
    _ = try next(scanner, allocator);
    return list;
}

fn readStruct(comptime T: type, scanner: *Scanner, allocator: std.mem.Allocator) Error!T {
    const fields = @typeInfo(T).@"struct".fields;
    if (try next(scanner, allocator) != .object_begin) return error.WrongType;
    var value: T = undefined;
    var seen: [fields.len]bool = @splat(false);
    while (true) {
        const name = switch (try next(scanner, allocator)) {
            .string, .allocated_string => |name| name,
            .object_end => break,
            else => return error.Syntax,
        };
        inline for (fields, 0..) |field, index| {
            if (std.mem.eql(u8, field.name, name)) {
                if (seen[index]) return error.DuplicateField;
                seen[index] = true;
                const limits = comptime fieldLimits(T, field.name);
                @field(value, field.name) = try read(field.type, scanner, allocator, limits);
                break;
            }
        } else return error.UnknownField;
    }
    inline for (fields, 0..) |field, index| {
        if (!seen[index]) @field(value, field.name) = field.defaultValue() orelse return error.MissingField;
    }
    return value;
}

fn fieldLimits(comptime T: type, comptime name: []const u8) if (@hasDecl(T, "limits") and @hasField(@TypeOf(T.limits), name))
    @TypeOf(@field(T.limits, name))
else
    @TypeOf(no_limits) {
    if (@hasDecl(T, "limits") and @hasField(@TypeOf(T.limits), name)) return @field(T.limits, name);
    return no_limits;
}

/// Writes `value` as the Python side does: fields in order, no blanks, a float with a point.
pub fn encode(value: anytype, writer: *std.Io.Writer) std.Io.Writer.Error!void {
    const T = @TypeOf(value);
    if (T == Text) return encodeText(value.bytes, writer);
    switch (@typeInfo(T)) {
        .bool => try writer.writeAll(if (value) "true" else "false"),
        .int => try writer.print("{d}", .{value}),
        .float => try encodeFloat(value, writer),
        .@"enum" => if (@hasDecl(T, "by_number"))
            try writer.print("{d}", .{@intFromEnum(value)})
        else
            try encodeText(@tagName(value), writer),
        .optional => if (value) |inner| try encode(inner, writer) else try writer.writeAll("null"),
        .array => {
            try writer.writeByte('[');
            for (value, 0..) |item, index| {
                if (index > 0) try writer.writeByte(',');
                try encode(item, writer);
            }
            try writer.writeByte(']');
        },
        .@"struct" => {
            try writer.writeByte('{');
            inline for (@typeInfo(T).@"struct".fields, 0..) |field, index| {
                if (index > 0) try writer.writeByte(',');
                try writer.writeAll("\"" ++ field.name ++ "\":");
                try encode(@field(value, field.name), writer);
            }
            try writer.writeByte('}');
        },
        else => comptime unreachable,
    }
}

/// JSON has no number that is not finite; 0 stands for one.
fn encodeFloat(value: anytype, writer: *std.Io.Writer) !void {
    if (!std.math.isFinite(value)) return writer.writeAll("0.0");
    if (@abs(value) >= 1e16 or (value != 0 and @abs(value) < 1e-6)) return writer.print("{e}", .{value});
    try writer.print("{d}", .{value});
    if (@trunc(value) == value) try writer.writeAll(".0");
}

/// Bytes that are no UTF-8 become question marks.
fn encodeText(bytes: []const u8, writer: *std.Io.Writer) !void {
    const valid = std.unicode.utf8ValidateSlice(bytes);
    try writer.writeByte('"');
    for (bytes) |byte| switch (byte) {
        '"' => try writer.writeAll("\\\""),
        '\\' => try writer.writeAll("\\\\"),
        '\n' => try writer.writeAll("\\n"),
        0...9, 11...31 => try writer.print("\\u{x:0>4}", .{byte}),
        128...255 => try writer.writeByte(if (valid) byte else '?'),
        else => try writer.writeByte(byte),
    };
    try writer.writeByte('"');
}

const testing = std.testing;

const Sample = struct {
    pub const limits = .{ .count = .{ 1, 9 }, .name = .{ 1, 3 }, .part = .{ 0.0, 1.0 } };
    count: u32,
    name: Text = .{ .bytes = "x" },
    part: ?f32 = null,
    pair: [2]f64 = .{ 0, 1 },
    shape: enum { round, square } = .round,
    list: List(f32, 2) = .{},
    ticks: List(struct { f64, Text }, 2) = .{},
};

fn sample(text: []const u8) Error!Sample {
    var scratch: [512]u8 = undefined;
    return decode(Sample, text, &scratch);
}

test "defaults, lists, tuples and escapes are read" {
    const read_one = try sample(
        \\{"count":3,"name":"\u00e4b","part":0.5,"pair":[1,-2.5],"shape":"square","list":[1,2],"ticks":[[1.5,"a"]]}
    );
    try testing.expectEqual(3, read_one.count);
    try testing.expectEqualStrings("äb", read_one.name.bytes);
    try testing.expectEqual(0.5, read_one.part.?);
    try testing.expectEqual(-2.5, read_one.pair[1]);
    try testing.expectEqual(.square, read_one.shape);
    try testing.expectEqualSlices(f32, &.{ 1, 2 }, read_one.list.items());
    try testing.expectEqualStrings("a", read_one.ticks.items()[0][1].bytes);
    try testing.expectEqual(null, (try sample("{\"count\":1,\"part\":null}")).part);
}

test "everything else is refused" {
    const Case = struct { []const u8, Error };
    for ([_]Case{
        .{ "", error.Syntax },
        .{ "{", error.Syntax },
        .{ "[]", error.WrongType },
        .{ "{}", error.MissingField },
        .{ "{\"count\":0}", error.OutOfRange },
        .{ "{\"count\":10}", error.OutOfRange },
        .{ "{\"count\":-1}", error.OutOfRange },
        .{ "{\"count\":1.0}", error.WrongType },
        .{ "{\"count\":\"1\"}", error.WrongType },
        .{ "{\"count\":1,\"count\":1}", error.DuplicateField },
        .{ "{\"count\":1,\"other\":1}", error.UnknownField },
        .{ "{\"count\":1}{}", error.Syntax },
        .{ "{\"count\":1,\"name\":\"abcd\"}", error.OutOfRange },
        .{ "{\"count\":1,\"name\":1}", error.WrongType },
        .{ "{\"count\":1,\"part\":1.5}", error.OutOfRange },
        .{ "{\"count\":1,\"part\":1e999}", error.OutOfRange },
        .{ "{\"count\":1,\"part\":NaN}", error.Syntax },
        .{ "{\"count\":1,\"pair\":[1]}", error.WrongType },
        .{ "{\"count\":1,\"pair\":[1,2,3]}", error.WrongType },
        .{ "{\"count\":1,\"shape\":\"oval\"}", error.OutOfRange },
        .{ "{\"count\":1,\"shape\":0}", error.WrongType },
        .{ "{\"count\":1,\"list\":[1,2,3]}", error.TooLong },
        .{ "{\"count\":1,\"ticks\":[[1]]}", error.WrongType },
    }) |case| try testing.expectError(case[1], sample(case[0]));
}

test "texts and floats are written as they are read" {
    var buffer: [256]u8 = undefined;
    var writer: std.Io.Writer = .fixed(&buffer);
    try encode(.{
        .text = Text{ .bytes = "a\"\\ä\n\x01" },
        .whole = @as(f64, 3),
        .tiny = @as(f64, 1e-9),
        .nothing = @as(?u32, null),
        .not = std.math.nan(f64),
    }, &writer);
    try testing.expectEqualStrings(
        "{\"text\":\"a\\\"\\\\ä\\n\\u0001\",\"whole\":3.0,\"tiny\":1e-9,\"nothing\":null,\"not\":0.0}",
        writer.buffered(),
    );
}
