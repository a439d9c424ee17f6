// One panel. Places of its box reach from -1 to 1 on each axis; the world is the box stretched in height.
struct Panel {
    matrix: mat4x4f,
    // The eye in the world; w is 1 for a projection without vanishing points.
    eye: vec4f,
    // From the target to the eye; w is the stretch.
    back: vec4f,
    // Where the light comes from; w is 1 on a dark ground.
    light: vec4f,
    // Between the light and the eye: what slants there shines.
    middle: vec4f,
    // Width and height in pixels, pixels for each pixel of scale 1, how many contour levels.
    size: vec4f,
    // Places between which heights are shown, width of a contour in pixels, opacity of contours on the surface.
    clip: vec4f,
    contour: vec4f,
    halo: vec4f,
    // First level, distance to the next, and 1 when all are as far apart.
    spacing: vec4f,
    levels: array<vec4f, 16>,
}

@group(0) @binding(0) var<uniform> panel: Panel;
@group(0) @binding(1) var maps: texture_2d<f32>;
@group(0) @binding(2) var smooth_sampler: sampler;
@group(0) @binding(3) var label_face: texture_2d<f32>;
@group(0) @binding(4) var title_face: texture_2d<f32>;

const hole_limit = -2e4;

// Mesa's Vulkan for processors (22.3 at least) compiles a shader anew for each picture, and keeps every one, if
// it branches on nothing but uniforms. Added to one side of such a comparison, this number of the vertex or the
// fragment makes the branch depend on it, and changes nothing.
fn depending(on: f32) -> f32 {
    return on * 1e-30;
}

fn world(place: vec3f) -> vec3f {
    return vec3f(place.xy, place.z * panel.back.w);
}

// From a place of the world to the eye.
fn towards_eye(at: vec3f) -> vec3f {
    return normalize(mix(panel.eye.xyz - at, panel.back.xyz, panel.eye.w));
}

// On the screen, and nearer to the eye by `lift`: what lies on a surface is not hidden by it.
fn project(place: vec3f, lift: f32) -> vec4f {
    let moved = world(place) + towards_eye(world(place)) * lift;
    return panel.matrix * vec4f(moved.xy, moved.z / panel.back.w, 1.0);
}

// A colour of the map in that row, for a part from 0 to 1.
fn mapped(part: f32, row: f32) -> vec3f {
    let at = clamp(part, 0.0, 1.0) * (255.0 / 256.0) + 0.5 / 256.0;
    return textureSampleLevel(maps, smooth_sampler, vec2f(at, row), 0.0).rgb;
}
