// Walls and lines of the box, and everything that lies in the plane of the picture.

struct WallVarying {
    @builtin(position) position: vec4f,
    @location(0) colour: vec4f,
}

@vertex
fn wall(@location(0) place: vec3f, @location(1) colour: vec4f) -> WallVarying {
    return WallVarying(panel.matrix * vec4f(place, 1.0), colour);
}

@fragment
fn wall_colour(in: WallVarying) -> @location(0) vec4f {
    return in.colour;
}

struct Line {
    @builtin(vertex_index) corner: u32,
    @location(0) start: vec3f,
    @location(1) end: vec3f,
    @location(2) width: f32,
    @location(3) colour: vec4f,
}

struct LineVarying {
    @builtin(position) position: vec4f,
    // Across the line in pixels, and 1, both times the depth.
    @location(0) across: vec2f,
    @location(1) colour: vec4f,
    @location(2) @interpolate(flat) half_width: f32,
}

@vertex
fn line(in: Line) -> LineVarying {
    var out: LineVarying;
    var begin = panel.matrix * vec4f(in.start, 1.0);
    var finish = panel.matrix * vec4f(in.end, 1.0);
    let nearest = 1e-3;
    if (begin.w < nearest && finish.w > nearest) {
        begin = mix(begin, finish, (nearest - begin.w) / (finish.w - begin.w));
    } else if (finish.w < nearest && begin.w > nearest) {
        finish = mix(finish, begin, (nearest - finish.w) / (begin.w - finish.w));
    }
    if (begin.w < nearest || finish.w < nearest) {
        out.position = vec4f(0.0, 0.0, 2.0, 1.0);
        return out;
    }
    let first = begin.xy / begin.w * 0.5 * panel.size.xy;
    let last = finish.xy / finish.w * 0.5 * panel.size.xy;
    let direction = (last - first) / max(distance(first, last), 1e-4);
    let side = select(-1.0, 1.0, (in.corner & 1u) != 0u);
    let reach = 0.5 * in.width + 1.0;
    let base = select(begin, finish, (in.corner & 2u) != 0u);
    let offset = vec2f(-direction.y, direction.x) * side * reach;
    out.position = base + vec4f(offset * 2.0 / panel.size.xy * base.w, 0.0, 0.0);
    out.across = vec2f(side * reach, 1.0) * base.w;
    out.half_width = 0.5 * in.width;
    out.colour = in.colour;
    return out;
}

@fragment
fn line_colour(in: LineVarying) -> @location(0) vec4f {
    let part = clamp(in.half_width + 0.5 - abs(in.across.x / in.across.y), 0.0, 1.0);
    return vec4f(in.colour.rgb, in.colour.a * part);
}

struct Quad {
    @builtin(vertex_index) corner: u32,
    // Left, top, width and height in pixels of the picture.
    @location(0) area: vec4f,
    // The same in pixels of the texture; for the colour map: row, part at the bottom, part at the top.
    @location(1) source: vec4f,
    @location(2) colour: vec4f,
    // 0 one colour, 1 and 2 a glyph of a face, 3 the colour map from bottom to top, 4 a disc.
    @location(3) mode: u32,
}

struct QuadVarying {
    @builtin(position) position: vec4f,
    @location(0) at: vec2f,
    @location(1) colour: vec4f,
    @location(2) @interpolate(flat) mode: u32,
    @location(3) @interpolate(flat) source: vec4f,
}

@vertex
fn quad(in: Quad) -> QuadVarying {
    let unit = vec2f(f32(in.corner & 1u), f32((in.corner >> 1u) & 1u));
    let pixel = in.area.xy + unit * in.area.zw;
    var out: QuadVarying;
    let clip = pixel / panel.size.xy * 2.0 - 1.0;
    out.position = vec4f(clip.x, -clip.y, 0.0, 1.0);
    out.at = select(unit, in.source.xy + unit * in.source.zw, in.mode == 1u || in.mode == 2u);
    out.colour = in.colour;
    out.mode = in.mode;
    out.source = in.source;
    return out;
}

@fragment
fn quad_colour(in: QuadVarying) -> @location(0) vec4f {
    var colour = in.colour;
    if (in.mode == 1u) {
        let at = in.at / vec2f(textureDimensions(label_face));
        colour.a *= textureSampleLevel(label_face, smooth_sampler, at, 0.0).r;
    } else if (in.mode == 2u) {
        let at = in.at / vec2f(textureDimensions(title_face));
        colour.a *= textureSampleLevel(title_face, smooth_sampler, at, 0.0).r;
    } else if (in.mode == 3u) {
        colour = vec4f(mapped(mix(in.source.z, in.source.y, in.at.y), in.source.x), colour.a);
    } else if (in.mode == 4u) {
        let away = length(in.at * 2.0 - 1.0);
        colour.a *= 1.0 - smoothstep(0.8, 1.0, away);
    }
    return colour;
}
