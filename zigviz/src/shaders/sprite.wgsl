struct Cloud {
    colour: vec4f,
    // Part of the colour map: value * x + y; row of the map; 1 if values are coloured.
    colouring: vec4f,
    // Radius in pixels, how near to the eye, opacity behind a surface.
    size: vec4f,
}

@group(1) @binding(0) var<uniform> cloud: Cloud;

struct Varying {
    @builtin(position) position: vec4f,
    // From the middle, in pixels; the radius; the shape.
    @location(0) at: vec4f,
    @location(1) colour: vec4f,
}

fn corner_of(index: u32) -> vec2f {
    return vec2f(select(-1.0, 1.0, (index & 1u) != 0u), select(-1.0, 1.0, (index & 2u) != 0u));
}

fn sprite(place: vec3f, corner: u32, radius: f32, lift: f32) -> Varying {
    var out: Varying;
    let middle = project(place, lift);
    let reach = radius + 1.5;
    let offset = corner_of(corner) * reach;
    out.position = middle + vec4f(offset * 2.0 / panel.size.xy * middle.w, 0.0, 0.0);
    if (place.z < hole_limit || any(abs(place.xy) > vec2f(1.0005)) || middle.w < 1e-3) {
        out.position = vec4f(0.0, 0.0, 2.0, 1.0);
    }
    out.at = vec4f(offset, radius, 0.0);
    return out;
}

@vertex
fn particle(@builtin(vertex_index) corner: u32, @location(0) place: vec4f) -> Varying {
    var out = sprite(place.xyz, corner, cloud.size.x, cloud.size.y);
    out.colour = cloud.colour;
    if (cloud.colouring.w > 0.5 + depending(place.x)) {
        out.colour = vec4f(mapped(place.w * cloud.colouring.x + cloud.colouring.y, cloud.colouring.z), cloud.colour.a);
    }
    return out;
}

@fragment
fn particle_front(in: Varying) -> @location(0) vec4f {
    let away = length(in.at.xy);
    let part = clamp(in.at.z + 0.5 - away, 0.0, 1.0);
    if (part < 0.02) {
        discard;
    }
    // A little darker towards the rim, so that single ones can be told apart.
    let rim = smoothstep(0.45, 1.0, away / max(in.at.z, 1.0));
    return vec4f(in.colour.rgb * (1.0 - 0.22 * rim), in.colour.a * part);
}

struct Mark {
    @builtin(vertex_index) corner: u32,
    @location(0) place: vec3f,
    @location(1) radius: f32,
    @location(2) shape: u32,
    @location(3) colour: vec4f,
}

@vertex
fn mark(in: Mark) -> Varying {
    var out = sprite(in.place, in.corner, in.radius + 3.0, cloud.size.y);
    out.at = vec4f(out.at.xy, in.radius, f32(in.shape));
    out.colour = in.colour;
    return out;
}

const tau = 6.283185307;

// Signed distances in pixels, negative inside; y goes up.
fn polygon(p: vec2f, radius: f32, corners: f32, turn: f32) -> f32 {
    let sector = tau / corners;
    let angle = atan2(p.x, p.y) + turn;
    let folded = abs(angle - sector * round(angle / sector));
    // A corner lies in the middle of a sector, an edge at its border.
    return length(p) * cos(sector * 0.5 - folded) - radius * cos(sector * 0.5);
}

fn star(p: vec2f, radius: f32) -> f32 {
    let sector = tau / 5.0;
    let angle = atan2(p.x, p.y);
    let folded = abs(angle - sector * round(angle / sector));
    let q = length(p) * vec2f(sin(folded), cos(folded));
    // The edge from the tip (0, radius) to the inner corner.
    let inner = 0.42 * radius * vec2f(sin(sector * 0.5), cos(sector * 0.5));
    let edge = normalize(inner - vec2f(0.0, radius));
    return dot(q - vec2f(0.0, radius), vec2f(-edge.y, edge.x));
}

fn box(p: vec2f, half_size: vec2f) -> f32 {
    let away = abs(p) - half_size;
    return length(max(away, vec2f(0.0))) + min(max(away.x, away.y), 0.0);
}

fn plus(p: vec2f, radius: f32) -> f32 {
    let thin = 0.36 * radius;
    return min(box(p, vec2f(radius, thin)), box(p, vec2f(thin, radius)));
}

fn turned(p: vec2f) -> vec2f {
    return vec2f(p.x + p.y, p.y - p.x) * 0.70710678;
}

fn shape_distance(p: vec2f, radius: f32, shape: i32) -> f32 {
    switch shape {
        case 0: { return abs(length(p) - radius * 0.72) - radius * 0.26; }
        case 1, 19: { return polygon(p, radius, 4.0, 0.0); }
        case 2, 24: { return star(p, radius * 1.12); }
        case 3: { return box(p, vec2f(radius * 0.22, radius)); }
        case 4, 22: { return plus(turned(p), radius); }
        case 17: { return box(p, vec2f(radius * 0.8)); }
        case 18: { return polygon(p + vec2f(0.0, 0.18 * radius), radius * 1.12, 3.0, 0.0); }
        case 20: { return polygon(vec2f(p.x, -p.y) + vec2f(0.0, 0.18 * radius), radius * 1.12, 3.0, 0.0); }
        case 26: { return polygon(vec2f(p.y, -p.x) + vec2f(0.0, 0.18 * radius), radius * 1.12, 3.0, 0.0); }
        case 21: { return plus(p, radius); }
        case 23: { return polygon(p, radius, 5.0, 0.0); }
        case 25: { return polygon(p, radius, 6.0, 0.0); }
        case 5: { return length(p) - radius * 0.5; }
        default: { return length(p) - radius * 0.9; }
    }
}

fn marked(in: Varying) -> vec4f {
    let away = shape_distance(in.at.xy, in.at.z, i32(in.at.w + 0.5));
    let ink = clamp(0.5 - away, 0.0, 1.0);
    let rim = clamp(0.5 - (away - max(1.25, 0.16 * in.at.z)), 0.0, 1.0);
    let colour = mix(panel.halo.rgb, in.colour.rgb, ink);
    return vec4f(colour, rim * in.colour.a);
}

@fragment
fn mark_front(in: Varying) -> @location(0) vec4f {
    let colour = marked(in);
    if (colour.a < 0.02) {
        discard;
    }
    return colour;
}

@fragment
fn mark_behind(in: Varying) -> @location(0) vec4f {
    let colour = marked(in);
    if (colour.a < 0.02) {
        discard;
    }
    return vec4f(colour.rgb, colour.a * cloud.size.z);
}
