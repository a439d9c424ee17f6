struct Surface {
    // Place of the vertex (0, 0), and from one to the next.
    start: vec2f,
    step: vec2f,
    colour: vec4f,
    // Part of the colour map: value * x + y; row of the map; 0 by height, 1 by value, 2 one colour.
    colouring: vec4f,
    // Vertices in a row of the buffer, mesh lines every so many cells, opacity, 1 on the floor.
    grid: vec4f,
}

@group(1) @binding(0) var<uniform> surface: Surface;

struct Vertex {
    @builtin(vertex_index) index: u32,
    @location(0) height: f32,
    @location(1) west: f32,
    @location(2) east: f32,
    @location(3) south: f32,
    @location(4) north: f32,
    @location(5) value: f32,
}

struct Varying {
    @builtin(position) position: vec4f,
    @location(0) place: vec3f,
    @location(1) normal: vec3f,
    // Part of the colour map, and how much of a hole.
    @location(2) colouring: vec2f,
    @location(3) grid: vec2f,
}

// The slope between two neighbours, or between here and the one that is there.
fn slope(before: f32, here: f32, after: f32, step: f32) -> f32 {
    let first = select(before, here, before < hole_limit);
    let last = select(after, here, after < hole_limit);
    let both = before >= hole_limit && after >= hole_limit;
    return (last - first) * select(1.0, 0.5, both) / step;
}

// Light that falls on a place, and what shines and glows there.
struct Light {
    part: f32,
    shine: vec3f,
}

fn lit(place: vec3f, slanted: vec3f) -> Light {
    let eye = towards_eye(world(place));
    var normal = normalize(slanted);
    normal = select(normal, -normal, dot(normal, eye) < 0.0);
    let key = max(0.0, (dot(normal, panel.light.xyz) + 0.3) / 1.3);
    let sky = 0.5 + 0.5 * normal.z;
    let rim = 1.0 - max(dot(normal, eye), 0.0);
    let mirror = max(dot(normal, normalize(panel.light.xyz + eye)), 0.0);
    let glow = (rim * rim) * (rim * rim) * mix(0.03, 0.10, panel.light.w);
    return Light(0.36 + 0.16 * sky + 0.58 * key, vec3f(0.07 * pow(mirror, 40.0) + glow));
}

fn paint(part: f32) -> vec3f {
    if (surface.colouring.w > 1.5 + depending(part)) {
        return surface.colour.rgb;
    }
    if (part < -1e3) {
        return mix(panel.halo.rgb, panel.contour.rgb, 0.35);
    }
    return mapped(part, surface.colouring.z);
}

// As `paint`, without reading between two entries of the map.
fn quick_paint(part: f32) -> vec3f {
    if (surface.colouring.w > 1.5 + depending(part)) {
        return surface.colour.rgb;
    }
    let rows = f32(textureDimensions(maps).y);
    let entry = vec2i(i32(clamp(part, 0.0, 1.0) * 255.0 + 0.5), i32(surface.colouring.z * rows));
    let colour = textureLoad(maps, entry, 0).rgb;
    return select(colour, mix(panel.halo.rgb, panel.contour.rgb, 0.35), part < -1e3);
}

fn shaped(in: Vertex) -> Varying {
    // Whole numbers are divided one by one on a processor; these are exact up to 2^24.
    let row = floor((f32(in.index) + 0.5) / surface.grid.x);
    let cell = vec2f(f32(in.index) - row * surface.grid.x, row);
    let is_hole = in.height < hole_limit;
    let height = select(in.height, -1.0, is_hole);
    var out: Varying;
    out.grid = cell;
    out.place = vec3f(surface.start + cell * surface.step, height);
    let along = vec2f(slope(in.west, in.height, in.east, surface.step.x), slope(in.south, in.height, in.north, surface.step.y));
    out.normal = vec3f(-along * panel.back.w, 1.0);
    let number = select(height, in.value, surface.colouring.w > 0.5);
    out.colouring = vec2f(number * surface.colouring.x + surface.colouring.y, select(0.0, 1.0, is_hole));
    let shown = vec3f(out.place.xy, select(height, -1.0, surface.grid.w > 0.5));
    out.position = panel.matrix * vec4f(shown, 1.0);
    return out;
}

@vertex
fn vertex(in: Vertex) -> Varying {
    return shaped(in);
}

// What a processor draws while things move: light and colour at the vertices only.
struct Quick {
    @builtin(position) position: vec4f,
    // Red, green, blue, and how much of a hole.
    @location(0) colour: vec4f,
    @location(1) height: f32,
}

@vertex
fn quick_vertex(in: Vertex) -> Quick {
    let shape = shaped(in);
    // As `lit`, as if the eye were far away, and with a power that is a few products.
    var normal = normalize(shape.normal);
    normal *= select(1.0, -1.0, dot(normal, panel.back.xyz) < 0.0);
    let key = max(0.0, (dot(normal, panel.light.xyz) + 0.3) / 1.3);
    let mirror = max(dot(normal, panel.middle.xyz), 0.0);
    let mirror_4 = (mirror * mirror) * (mirror * mirror);
    let mirror_16 = (mirror_4 * mirror_4) * (mirror_4 * mirror_4);
    let light = 0.44 + 0.08 * normal.z + 0.58 * key;
    let colour = quick_paint(shape.colouring.x) * light + 0.07 * mirror_16 * mirror_16;
    return Quick(shape.position, vec4f(colour, shape.colouring.y), shape.place.z);
}

// The level next to a height.
fn nearest_level(height: f32) -> f32 {
    let last = i32(panel.size.w) - 1;
    if (panel.spacing.z > 0.5 + depending(height)) {
        return panel.spacing.x + panel.spacing.y * clamp(round((height - panel.spacing.x) / panel.spacing.y), 0.0, f32(last));
    }
    var low = 0;
    var high = last;
    for (var round_of = 0; round_of < 6; round_of++) {
        let middle = (low + high + 1) / 2;
        if (panel.levels[middle / 4][middle % 4] <= height) {
            low = middle;
        } else {
            high = max(middle - 1, low);
        }
    }
    let below = panel.levels[low / 4][low % 4];
    let next = min(low + 1, last);
    let above = panel.levels[next / 4][next % 4];
    return select(above, below, abs(height - below) <= abs(above - height));
}

// How much of a pixel a contour line covers; `change` is that of the height from one pixel to the next.
fn contour_cover(height: f32, change: f32) -> f32 {
    let away = abs(height - nearest_level(height)) / max(change, 1e-7);
    let half_width = 0.5 * panel.clip.z;
    let cover = 1.0 - smoothstep(half_width - 0.5, half_width + 0.5, away);
    // Where lines would be nearer than three pixels they make no more sense.
    let crowded = change / max(panel.spacing.y, 1e-7);
    return cover * (1.0 - smoothstep(0.2, 0.5, crowded));
}

fn mesh_cover(at: vec2f, change: vec2f, every: f32) -> f32 {
    let part = abs(fract(at / every - 0.5) - 0.5) * every;
    let away = part / max(change, vec2f(1e-6));
    let cover = 1.0 - smoothstep(vec2f(0.2), vec2f(1.1), away);
    let crowded = max(change.x, change.y) / every;
    return max(cover.x, cover.y) * (1.0 - smoothstep(0.1, 0.35, crowded));
}

fn with_contours(colour: vec3f, height: f32, change: f32) -> vec3f {
    if (min(panel.size.w, panel.clip.w) < 0.5 + depending(height)) {
        return colour;
    }
    return mix(colour, panel.contour.rgb, panel.contour.a * contour_cover(height, change));
}

fn cut_away(height: f32, hole: f32) -> bool {
    return hole > 0.001 || height < panel.clip.x || height > panel.clip.y;
}

@fragment
fn solid(in: Varying) -> @location(0) vec4f {
    let change = fwidth(in.place.z);
    let cells = fwidth(in.grid);
    if (cut_away(in.place.z, in.colouring.y)) {
        discard;
    }
    let light = lit(in.place, in.normal);
    var colour = with_contours(paint(in.colouring.x) * light.part + light.shine, in.place.z, change);
    if (surface.grid.y > 0.5 + depending(in.place.z)) {
        colour = mix(colour, panel.contour.rgb, 0.3 * mesh_cover(in.grid, cells, surface.grid.y));
    }
    return vec4f(colour, surface.grid.z);
}

// A processor runs this for many more pixels than a small triangle has: no more than must be done is done.
@fragment
fn quick(in: Quick) -> @location(0) vec4f {
    let change = fwidth(in.height);
    if (cut_away(in.height, in.colour.a)) {
        discard;
    }
    return vec4f(with_contours(in.colour.rgb, in.height, change), surface.grid.z);
}

// Without contours.
@fragment
fn quick_plain(in: Quick) -> @location(0) vec4f {
    if (cut_away(in.height, in.colour.a)) {
        discard;
    }
    return vec4f(in.colour.rgb, surface.grid.z);
}

// For a surface without holes that lies wholly between the ends of the clip.
@fragment
fn quick_whole(in: Quick) -> @location(0) vec4f {
    return vec4f(with_contours(in.colour.rgb, in.height, fwidth(in.height)), 1.0);
}

@fragment
fn quick_whole_plain(in: Quick) -> @location(0) vec4f {
    return vec4f(in.colour.rgb, 1.0);
}

@fragment
fn floor_lines(in: Varying) -> @location(0) vec4f {
    let change = fwidth(in.place.z);
    if (cut_away(in.place.z, in.colouring.y)) {
        discard;
    }
    let cover = contour_cover(in.place.z, change);
    if (cover < 0.01) {
        discard;
    }
    let colour = mix(paint(in.colouring.x), panel.contour.rgb, 0.25);
    return vec4f(colour, cover * 0.9);
}
