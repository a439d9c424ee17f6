struct Ribbon {
    colour: vec4f,
    // Half width and half width with the halo in pixels; how near to the eye; opacity behind a surface.
    width: vec4f,
    // Lengths of ink and gap, one behind the other, in pixels; x of `dashing` counts them, y is their sum,
    // z is how many pixels a length of 1 is.
    dashes: array<vec4f, 2>,
    dashing: vec4f,
    // First segment of the trail, how many there are, 1 if there is a trail.
    trail: vec4f,
}

@group(1) @binding(0) var<uniform> ribbon: Ribbon;

// Either an instance with four corners, or four vertices that are the same but for their index.
struct Segment {
    @builtin(vertex_index) corner: u32,
    @builtin(instance_index) instance: u32,
    @location(0) start: vec4f,
    @location(1) end: vec4f,
}

struct Varying {
    @builtin(position) position: vec4f,
    // Along and across the segment in pixels, and 1, all times the depth: what is linear on the screen.
    @location(0) at: vec3f,
    @location(1) place: vec3f,
    // Length of the path so far in pixels, and how old it is: 0 new, 1 gone.
    @location(2) dash: vec2f,
    // Length of the segment and half the width, in pixels.
    @location(3) @interpolate(flat) size: vec2f,
}

fn to_pixels(clip: vec4f) -> vec2f {
    return clip.xy / clip.w * 0.5 * panel.size.xy;
}

fn drawn(in: Segment, half_width: f32, lift: f32) -> Varying {
    var begin = project(in.start.xyz, lift);
    var finish = project(in.end.xyz, lift);
    // What is behind the eye is cut off.
    let nearest = 1e-3;
    if (begin.w < nearest && finish.w > nearest) {
        begin = mix(begin, finish, (nearest - begin.w) / (finish.w - begin.w));
    } else if (finish.w < nearest && begin.w > nearest) {
        finish = mix(finish, begin, (nearest - finish.w) / (begin.w - finish.w));
    }
    var out: Varying;
    if (begin.w < nearest && finish.w < nearest) {
        out.position = vec4f(0.0, 0.0, 2.0, 1.0);
        return out;
    }
    let first = to_pixels(begin);
    let last = to_pixels(finish);
    let length = distance(first, last);
    var direction = vec2f(1.0, 0.0);
    if (length > 1e-4) {
        direction = (last - first) / length;
    }
    let right = vec2f(-direction.y, direction.x);
    // 0 1 2, 2 1 3 of a strip: start and end, left and right.
    let is_end = (in.corner & 2u) != 0u;
    let side = select(-1.0, 1.0, (in.corner & 1u) != 0u);
    let reach = half_width + 1.0;
    let base = select(begin, finish, is_end);
    let along = select(-reach, length + reach, is_end);
    let offset = direction * select(-reach, reach, is_end) + right * side * reach;
    out.position = base + vec4f(offset * 2.0 / panel.size.xy * base.w, 0.0, 0.0);
    out.at = vec3f(along, side * reach, 1.0) * base.w;
    out.size = vec2f(length, half_width);
    out.place = select(in.start.xyz, in.end.xyz, is_end);
    let age = 1.0 - (f32(in.instance + (in.corner >> 2u)) + 1.0 - ribbon.trail.x) / max(ribbon.trail.y, 1.0);
    out.dash = vec2f(select(in.start.w, in.end.w, is_end) * ribbon.dashing.z, age * ribbon.trail.z);
    return out;
}

@vertex
fn core(in: Segment) -> Varying {
    return drawn(in, ribbon.width.x, ribbon.width.z);
}

@vertex
fn halo(in: Segment) -> Varying {
    return drawn(in, ribbon.width.y, ribbon.width.z * 0.8);
}

// How much of a pixel is covered: a segment with round ends.
fn cover(in: Varying) -> f32 {
    let at = in.at.xy / in.at.z;
    let beyond = max(max(-at.x, at.x - in.size.x), 0.0);
    let away = length(vec2f(beyond, at.y));
    return clamp(in.size.y + 0.5 - away, 0.0, 1.0);
}

fn outside(place: vec3f) -> bool {
    return any(abs(place.xy) > vec2f(1.0005));
}

fn in_gap(in: Varying) -> bool {
    let count = ribbon.dashing.x + depending(in.dash.x);
    if (count < 0.5) {
        return false;
    }
    var at = in.dash.x - ribbon.dashing.y * floor(in.dash.x / ribbon.dashing.y);
    for (var part = 0; part < i32(count + 0.5); part++) {
        let length = ribbon.dashes[part / 4][part % 4];
        if (at < length) {
            return part % 2 == 1;
        }
        at -= length;
    }
    return false;
}

fn aged(colour: vec3f, age: f32) -> vec3f {
    return mix(colour, panel.halo.rgb, 0.85 * clamp(age, 0.0, 1.0));
}

@fragment
fn core_front(in: Varying) -> @location(0) vec4f {
    let part = cover(in);
    if (part < 0.02 || outside(in.place) || in_gap(in)) {
        discard;
    }
    return vec4f(aged(ribbon.colour.rgb, in.dash.y), part);
}

@fragment
fn halo_front(in: Varying) -> @location(0) vec4f {
    let part = cover(in);
    if (part < 0.02 || outside(in.place) || in_gap(in)) {
        discard;
    }
    return vec4f(panel.halo.rgb, part);
}

// Every pixel only once (the stencil sees to it), so that many short segments do not add up.
@fragment
fn core_once(in: Varying) -> @location(0) vec4f {
    if (cover(in) < 0.5 || outside(in.place) || in_gap(in)) {
        discard;
    }
    return vec4f(aged(ribbon.colour.rgb, in.dash.y), ribbon.colour.a);
}

@fragment
fn core_behind(in: Varying) -> @location(0) vec4f {
    if (cover(in) < 0.5 || outside(in.place) || in_gap(in)) {
        discard;
    }
    return vec4f(aged(ribbon.colour.rgb, in.dash.y), ribbon.width.w);
}
