//! The messages, typed; `docs/viewer.md` says what each of them does. The fields of the heads stand in the
//! order of the wire. Arrays lie behind a head as `protocol.arrays` says; here they are slices of the message.

const constants = @import("constants.zig");
const json = @import("json.zig");
const Text = json.Text;
const List = json.List;

pub const Kind = enum(u16) {
    hello = 1,
    resize = 2,
    frame_release = 3,
    ping = 4,
    bye = 5,
    quality = 6,
    surface = 16,
    surface_update = 17,
    surface_style = 18,
    path_set = 20,
    path_append = 21,
    path_style = 22,
    points = 24,
    points_style = 25,
    markers = 26,
    remove = 28,
    clear = 29,
    layout = 32,
    axes = 33,
    contours = 34,
    clip = 35,
    scale = 36,
    colour_bar = 37,
    time = 38,
    style = 40,
    colour_map = 41,
    glyphs = 42,
    camera = 48,
    pointer = 49,
    pick = 50,
    snapshot = 56,
    @"export" = 57,
    greeting = 128,
    ready = 129,
    frame_ready = 130,
    picked = 131,
    hovered = 132,
    camera_changed = 133,
    cursor = 134,
    snapshot_done = 135,
    export_done = 136,
    stats = 137,
    pong = 138,
    @"error" = 139,
};

pub const Mark = enum(u32) {
    pub const by_number = true;
    start = 0,
    end = 1,
    escape = 2,
    intervention = 3,
    divergence = 4,
    dot = 5,
    circle = 16,
    square = 17,
    triangle_up = 18,
    diamond = 19,
    triangle_down = 20,
    plus = 21,
    cross = 22,
    pentagon = 23,
    star = 24,
    hexagon = 25,
    triangle_left = 26,
};

const one = .{ 1, 0xFFFF_FFFF };
const panel_limits = .{ 0, constants.panels - 1 };
const path_limits = .{ 1, constants.path_characters };
const side_limits = .{ constants.grid_side_least, constants.grid_side };
const scale_limits = .{ 0.5, 8.0 };
const pixel_limits = .{ -1e5, 1e5 };
const proof_limits = .{ constants.token_characters / 2, constants.token_characters / 2 };
const part_limits = .{ 0.0, 1.0 };

pub const Colour = [4]u8;
pub const black: Colour = .{ 0, 0, 0, 255 };
pub const Range = [2]f64;

// Down: life and frames.

pub const Hello = struct {
    pub const limits = .{ .proof = proof_limits };
    protocol: u32 = constants.protocol_version,
    proof: Text,
};

pub const Resize = struct {
    pub const limits = .{
        .generation = one,
        .width = .{ constants.frame_side_least, constants.frame_width },
        .height = .{ constants.frame_side_least, constants.frame_height },
        .scale = scale_limits,
        .ring = path_limits,
        .slot_bytes = .{ 4096, constants.slot_bytes_largest },
    };
    generation: u32,
    width: u32,
    height: u32,
    scale: f32 = 1.0,
    ring: Text,
    slot_bytes: u64,
};

pub const FrameRelease = struct {
    pub const limits = .{ .slot = .{ 0, constants.slots - 1 }, .generation = one };
    slot: u32,
    generation: u32,
};

pub const Ping = struct {};
pub const Bye = struct {};

pub const Effort = enum { auto, still, drag };

pub const Quality = struct {
    pub const limits = .{ .frames_per_second = .{ 1, 240 } };
    mode: Effort = .auto,
    frames_per_second: u32 = 60,
    paused: bool = false,
};

// Down: the scene.

pub const Surface = struct {
    pub const limits = .{ .id = one, .panel = panel_limits, .rows = side_limits, .columns = side_limits };
    id: u32,
    panel: u32 = 0,
    a: Range,
    b: Range,
    label: Text = .{},
    rows: u32,
    columns: u32,
    values: bool,
};

pub const SurfaceUpdate = struct {
    pub const limits = .{ .id = one, .count = .{ 4, constants.grid_cells } };
    id: u32,
    value_range: ?Range = null,
    count: u32,
    values: bool,
};

pub const ColourBy = enum { height, value, solid };

pub const SurfaceStyle = struct {
    pub const limits = .{ .id = one, .opacity = part_limits, .mesh = .{ 0, 256 } };
    id: u32,
    visible: bool = true,
    opacity: f32 = 1.0,
    colour_by: ColourBy = .height,
    colour: Colour = .{ 128, 128, 128, 255 },
    colour_map: Text = .{ .bytes = "viridis" },
    value_range: ?Range = null,
    mesh: u32 = 0,
};

pub const PathSet = struct {
    pub const limits = .{ .id = one, .panel = panel_limits, .count = .{ 0, constants.path_points } };
    id: u32,
    panel: u32 = 0,
    count: u32,
};

pub const PathAppend = struct {
    pub const limits = .{ .id = one, .count = .{ 0, constants.path_points } };
    id: u32,
    count: u32,
};

pub const PathStyle = struct {
    pub const limits = .{ .id = one, .width = .{ 0.5, 32.0 }, .dash = .{ 0.1, 100.0 }, .opacity = part_limits };
    id: u32,
    label: Text = .{},
    colour: Colour = black,
    width: f32 = 2.5,
    dash: List(f32, constants.dashes) = .{},
    visible: bool = true,
    opacity: f32 = 1.0,
    drape: u32 = 0,
    head: ?Mark = null,
};

pub const Points = struct {
    pub const limits = .{ .id = one, .panel = panel_limits, .count = .{ 0, constants.cloud_points } };
    id: u32,
    panel: u32 = 0,
    count: u32,
    values: bool,
};

pub const PointsStyle = struct {
    pub const limits = .{ .id = one, .size = .{ 0.5, 64.0 }, .opacity = part_limits };
    id: u32,
    visible: bool = true,
    colour: Colour = black,
    size: f32 = 3.0,
    opacity: f32 = 0.8,
    colour_map: ?Text = null,
    value_range: ?Range = null,
    drape: u32 = 0,
};

pub const Markers = struct {
    pub const limits = .{
        .id = one,
        .panel = panel_limits,
        .size = .{ 2.0, 128.0 },
        .count = .{ 0, constants.markers },
    };
    id: u32,
    panel: u32 = 0,
    size: f32 = 12.0,
    drape: u32 = 0,
    count: u32,
};

pub const What = enum { surface, path, points, markers };

pub const Remove = struct {
    pub const limits = .{ .id = one };
    what: What,
    id: u32,
};

pub const Clear = struct {
    pub const limits = .{ .panel = panel_limits };
    panel: ?u32 = null,
};

// Down: panels.

pub const Layout = struct {
    titles: List(Text, constants.panels) = .of(&.{.{}}),
    linked: bool = true,
    legend: bool = false,
    walls: bool = true,
};

pub const Tick = struct { f64, Text };
pub const Ticks = List(Tick, constants.ticks);

pub const Axis = struct {
    title: Text = .{},
    range: Range,
    ticks: Ticks = .{},
};

pub const Axes = struct {
    pub const limits = .{ .panel = panel_limits };
    panel: u32 = 0,
    visible: bool = true,
    a: Axis,
    b: Axis,
    height: Axis,
};

pub const Contours = struct {
    pub const limits = .{ .panel = panel_limits, .width = .{ 0.25, 8.0 } };
    panel: u32 = 0,
    levels: List(f64, constants.contour_levels) = .{},
    on_surface: bool = true,
    on_floor: bool = true,
    width: f32 = 1.0,
};

pub const Clip = struct {
    pub const limits = .{ .panel = panel_limits };
    panel: u32 = 0,
    low: ?f64 = null,
    high: ?f64 = null,
};

pub const HeightScale = enum { linear, log };

pub const Scale = struct {
    pub const limits = .{ .panel = panel_limits, .stretch = .{ 0.05, 4.0 } };
    panel: u32 = 0,
    height: HeightScale = .linear,
    offset: f64 = 0.0,
    stretch: f32 = 0.62,
};

pub const ColourBar = struct {
    pub const limits = .{ .panel = panel_limits };
    panel: u32 = 0,
    visible: bool = true,
    surface: u32 = 0,
    title: Text = .{},
    ticks: Ticks = .{},
};

pub const Time = struct {
    pub const limits = .{ .trail = one };
    step: ?u32 = null,
    trail: ?u32 = null,
};

// Down: looks.

pub const Style = struct {
    dark: bool = false,
    background: Colour = .{ 255, 255, 255, 255 },
    wall: Colour = .{ 246, 247, 249, 255 },
    grid: Colour = .{ 226, 229, 234, 255 },
    axis: Colour = .{ 150, 158, 168, 255 },
    text: Colour = .{ 27, 31, 36, 255 },
    muted: Colour = .{ 91, 100, 112, 255 },
    halo: Colour = .{ 255, 255, 255, 255 },
    contour: Colour = .{ 27, 31, 36, 150 },
    accent: Colour = .{ 47, 111, 235, 255 },
    reduced_motion: bool = false,
};

pub const ColourMap = struct {
    pub const limits = .{ .name = .{ 1, constants.text_characters } };
    name: Text,
};

pub const Face = enum { label, title };

pub const Glyphs = struct {
    pub const limits = .{
        .scale = scale_limits,
        .ascent = .{ 1e-6, 512.0 },
        .descent = .{ 0.0, 512.0 },
        .count = .{ 1, constants.glyphs },
        .height = .{ 1, constants.atlas_side },
        .width = .{ 1, constants.atlas_side },
    };
    face: Face = .label,
    scale: f32 = 1.0,
    ascent: f32,
    descent: f32,
    count: u32,
    height: u32,
    width: u32,
};

// Down: looking and asking.

pub const CameraAction = enum { set, orbit, pan, zoom, preset, reset, stop };
pub const Projection = enum { perspective, orthographic };
pub const Preset = enum { corner, top, front, side, low };

pub const Camera = struct {
    pub const limits = .{
        .panel = panel_limits,
        .azimuth = .{ -3600.0, 3600.0 },
        .elevation = .{ -360.0, 360.0 },
        .distance = .{ 0.02, 20.0 },
        .shift = pixel_limits,
        .ease_ms = .{ 0, 2000 },
    };
    panel: ?u32 = null,
    action: CameraAction,
    azimuth: ?f32 = null,
    elevation: ?f32 = null,
    distance: ?f32 = null,
    target: ?[3]f32 = null,
    shift: ?[2]f32 = null,
    projection: ?Projection = null,
    preset: ?Preset = null,
    ease_ms: u32 = 0,
};

pub const PointerAction = enum { press, move, release, wheel, double, leave };
pub const Button = enum { none, left, right, middle };

pub const Pointer = struct {
    pub const limits = .{
        .x = pixel_limits,
        .y = pixel_limits,
        .buttons = .{ 0, 7 },
        .modifiers = .{ 0, 7 },
        .wheel = pixel_limits,
    };
    action: PointerAction,
    x: f32 = 0,
    y: f32 = 0,
    button: Button = .none,
    buttons: u32 = 0,
    modifiers: u32 = 0,
    wheel: [2]f32 = .{ 0, 0 },
    time_ms: u32 = 0,
};

pub const shift_key = 1;
pub const control_key = 2;

pub const Pick = struct {
    pub const limits = .{ .x = pixel_limits, .y = pixel_limits };
    x: f32,
    y: f32,
};

pub const Snapshot = struct {
    pub const limits = .{
        .path = path_limits,
        .width = .{ constants.frame_side_least, constants.snapshot_width },
        .height = .{ constants.frame_side_least, constants.snapshot_height },
        .scale = scale_limits,
    };
    path: Text,
    width: u32,
    height: u32,
    scale: f32 = 1.0,
    transparent: bool = false,
};

pub const Export = struct {
    pub const limits = .{ .path = path_limits, .panel = panel_limits };
    path: Text,
    panel: u32 = 0,
};

// Up.

pub const Greeting = struct {
    protocol: u32 = constants.protocol_version,
    proof: Text,
    version: Text,
    pid: u32,
};

pub const Backend = enum { vulkan, gl, metal, dx12, none };
pub const AdapterType = enum { discrete, integrated, cpu, unknown };

pub const Ready = struct {
    adapter: Text,
    backend: Backend,
    adapter_type: AdapterType,
    driver: Text,
    version: Text,
    samples: u32,
    texture_side: u32,
};

pub const Finish = enum { still, drag };

pub const FrameReady = struct {
    slot: u32,
    generation: u32,
    width: u32,
    height: u32,
    stride: u32,
    frame: u32,
    after: u32,
    quality: Finish,
};

pub const Picked = struct {
    reply_to: u32,
    panel: ?u32,
    x: f64,
    y: f64,
    surface: u32,
    a: ?f64,
    b: ?f64,
    height: ?f64,
    value: ?f64,
    path: u32,
    point: u32,
    step: u32,
    path_position: ?[3]f64,
    path_distance: ?f64,
    group: u32,
    marker: u32,
    clicked: bool,
};

pub const Hovered = struct {
    reply_to: u32,
    panel: ?u32,
    x: f64,
    y: f64,
    surface: u32,
    a: ?f64,
    b: ?f64,
    height: ?f64,
    value: ?f64,
    path: u32,
    point: u32,
    step: u32,
    path_position: ?[3]f64,
    path_distance: ?f64,
    group: u32,
    marker: u32,
};

pub const CameraChanged = struct {
    panel: u32,
    azimuth: f64,
    elevation: f64,
    distance: f64,
    target: [3]f64,
    projection: Projection,
    moving: bool,
};

pub const CursorShape = enum { arrow, open_hand, closed_hand, cross };

pub const Cursor = struct { shape: CursorShape };

pub const SnapshotDone = struct {
    reply_to: u32,
    path: Text,
    width: u32,
    height: u32,
    bytes: u64,
};

pub const ExportDone = struct {
    reply_to: u32,
    path: Text,
    bytes: u64,
};

pub const Stats = struct {
    frames: u32,
    frames_per_second: f64,
    frame_ms: f64,
    gpu_ms: f64,
    samples: u32,
    quality: Finish,
};

pub const Pong = struct { reply_to: u32 };

pub const ErrorCode = enum { unknown_id, wrong_size, no_room, file, adapter, ring, device_lost };

pub const Fault = struct {
    reply_to: u32,
    code: ErrorCode,
    message: Text,
    fatal: bool,
};
