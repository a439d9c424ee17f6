//! Which part of one long array belongs to which of a few owners. The array itself is somebody else's.

const std = @import("std");
const assert = std.debug.assert;

pub const Region = struct {
    start: u32 = 0,
    capacity: u32 = 0,

    pub fn end(region: Region) u32 {
        return region.start + region.capacity;
    }
};

/// A move that makes room: `count` places from `from` down to `to`.
pub const Move = struct { from: u32, to: u32, count: u32 };

pub fn Regions(comptime owners: usize, comptime total: u32) type {
    return struct {
        const Self = @This();

        of: [owners]Region = @splat(.{}),

        /// Gives `owner` a region of `capacity` places beside the one that it has, which is returned no more by
        /// `of`; the caller copies. `mover.move(Move)` is called for what must move first.
        pub fn replace(regions: *Self, owner: usize, capacity: u32, mover: anytype) error{NoRoom}!Region {
            assert(capacity > 0);
            const place = regions.gap(capacity) orelse again: {
                regions.compact(mover);
                break :again regions.gap(capacity) orelse return error.NoRoom;
            };
            const old = regions.of[owner];
            regions.of[owner] = .{ .start = place, .capacity = capacity };
            return old;
        }

        pub fn release(regions: *Self, owner: usize) void {
            regions.of[owner] = .{};
        }

        /// Behind the last place in use.
        pub fn high(regions: *const Self) u32 {
            var most: u32 = 0;
            for (regions.of) |region| most = @max(most, region.end());
            return most;
        }

        /// The first gap of `capacity` places.
        fn gap(regions: *const Self, capacity: u32) ?u32 {
            var start: u32 = 0;
            search: while (start + capacity <= total) {
                for (regions.of) |region| {
                    if (region.capacity > 0 and start < region.end() and region.start < start + capacity) {
                        start = region.end();
                        continue :search;
                    }
                }
                return start;
            }
            return null;
        }

        fn compact(regions: *Self, mover: anytype) void {
            var next: u32 = 0;
            while (regions.firstFrom(next)) |owner| {
                const region = &regions.of[owner];
                if (region.start != next) mover.move(.{ .from = region.start, .to = next, .count = region.capacity });
                region.start = next;
                next = region.end();
            }
        }

        fn firstFrom(regions: *const Self, place: u32) ?usize {
            var found: ?usize = null;
            for (regions.of, 0..) |region, owner| {
                if (region.capacity == 0 or region.start < place) continue;
                if (found == null or region.start < regions.of[found.?].start) found = owner;
            }
            return found;
        }
    };
}

const testing = std.testing;

const Backing = struct {
    data: [100]u8 = @splat(0),

    fn move(backing: *Backing, step: Move) void {
        std.mem.copyForwards(u8, backing.data[step.to..][0..step.count], backing.data[step.from..][0..step.count]);
    }
};

test "regions never meet, and what they hold survives every move" {
    var random: std.Random.DefaultPrng = .init(1);
    const chance = random.random();
    var regions: Regions(8, 100) = .{};
    var backing: Backing = .{};
    var refused: usize = 0;
    for (0..20_000) |_| {
        const owner = chance.uintLessThan(usize, 8);
        const held = regions.of[owner];
        if (held.capacity > 0) for (backing.data[held.start..held.end()]) |byte| try testing.expectEqual(owner, byte);
        if (chance.boolean()) {
            regions.release(owner);
            continue;
        }
        _ = regions.replace(owner, 1 + chance.uintLessThan(u32, 30), &backing) catch {
            refused += 1;
            continue;
        };
        @memset(backing.data[regions.of[owner].start..regions.of[owner].end()], @intCast(owner));
        for (regions.of, 0..) |one, i| for (regions.of[i + 1 ..]) |two| {
            const apart = one.capacity == 0 or two.capacity == 0 or one.end() <= two.start or two.end() <= one.start;
            try testing.expect(apart);
        };
        try testing.expect(regions.high() <= 100);
    }
    try testing.expect(refused > 0 and refused < 20_000);
}

test "gaps are joined before anything is refused" {
    var regions: Regions(4, 100) = .{};
    var backing: Backing = .{};
    for (0..4) |owner| _ = try regions.replace(owner, 25, &backing);
    regions.release(0);
    regions.release(2);
    _ = try regions.replace(0, 50, &backing);
    try testing.expectError(error.NoRoom, regions.replace(2, 1, &backing));
}
