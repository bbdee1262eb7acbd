// What each pixel becomes. The light is that of the pictures that gen3d draws: a warm lamp from the front left, with a
// shadow, a cool one from behind, a bright sky, and what a grey floor throws back. Colours are linear until the end.

const TONE = `
  vec3 tone(vec3 light) {
    vec3 bent = 0.7 + 0.3 * (1.0 - exp(-(light - 0.7) / 0.3));
    vec3 v = mix(light, bent, step(0.7, light));
    return mix(v * 12.92, 1.055 * pow(max(v, 0.0031308), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, v));
  }`;

const SHADOW = `
  uniform highp sampler2DShadow depths;
  // The share of the key lamp that reaches a point, which its matrix throws to "at".
  float lit(vec3 at, float spare) {
    float sum = 0.0;
    for (int i = 0; i < 16; i++) {
      float away = sqrt((float(i) + 0.5) / 16.0) * SOFT, around = float(i) * 2.39996;
      vec2 off = away * vec2(cos(around), sin(around));
      sum += texture(depths, vec3(at.xy + off, min(at.z - spare, 1.0)));
    }
    return sum / 16.0;
  }`;

const HEAD = '#version 300 es\nprecision highp float;\n';

/** Throws the figure's points into the picture. */
const FIGURE_POINTS = `${HEAD}
  layout(location = 0) in vec3 position;
  layout(location = 1) in vec3 normal;
  layout(location = 2) in vec4 colour;
  layout(location = 3) in vec2 place;
  uniform mat4 camera, lamp;
  uniform vec3 shift;
  out vec3 point, facing, paint, thrown;
  out vec2 where;
  void main() {
    point = position + shift;
    facing = normal;
    paint = colour.rgb;
    where = place;
    thrown = (lamp * vec4(point, 1.0)).xyz * 0.5 + 0.5;
    gl_Position = camera * vec4(point, 1.0);
  }`;

const FIGURE = `${HEAD}
  #define SOFT 0.006
  ${TONE} ${SHADOW}
  in vec3 point, facing, paint, thrown;
  in vec2 where;
  uniform sampler2D picture;
  uniform vec3 eye, key, back, clay;
  uniform float painted; // 0: clay, 1: the colours of the vertices, 2: those of the picture
  out vec4 pixel;
  void main() {
    vec3 n = normalize(facing), e = normalize(eye - point);
    vec3 own = painted > 1.5 ? texture(picture, where).rgb : painted > 0.5 ? paint : clay;
    float up = 0.5 + 0.5 * n.y;
    vec3 diffuse = vec3(0.16, 0.15, 0.14) * (0.6 - 0.4 * n.y);
    diffuse += 1.05 * 0.5 * up * mix(vec3(0.95, 0.97, 1.0), vec3(0.80, 0.90, 1.08), 0.5) * mix(0.72, 1.0, up);
    float open = lit(thrown, 0.004 + 0.008 * (1.0 - max(dot(n, key), 0.0)));
    vec3 warm = 0.98 * vec3(1.0, 0.94, 0.85), cool = 0.30 * vec3(0.85, 0.93, 1.0);
    diffuse += warm * max(dot(n, key), 0.0) * open + cool * max(dot(n, back), 0.0);
    float shine = pow(max(dot(n, normalize(key + e)), 0.0), 48.0);
    float rim = pow(1.0 - clamp(dot(n, e), 0.0, 1.0), 4.0) * 0.06;
    pixel = vec4(tone(own * diffuse + warm * shine * open * 0.16 + rim * diffuse), 1.0);
  }`;

/** Draws nothing but depths, and lines of one colour. */
const PLAIN = `${HEAD}
  in vec3 point;
  uniform vec4 ink;
  out vec4 pixel;
  void main() { pixel = ink; }`;

/** The backdrop, over the whole picture. */
const BACKDROP_POINTS = `${HEAD}
  out vec2 at;
  void main() {
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
    gl_Position = vec4(at, 0.9999, 1.0);
  }`;

const BACKDROP = `${HEAD} ${TONE}
  in vec2 at;
  uniform float dark;
  out vec4 pixel;
  void main() {
    float down = 0.5 - 0.5 * at.y, off = down - 0.45;
    float glow = exp(-(at.x * at.x * 0.9 + off * off * 2.5));
    vec3 light = mix(vec3(0.36, 0.41, 0.47), vec3(0.80, 0.79, 0.77), smoothstep(0.0, 1.0, down));
    vec3 night = mix(vec3(0.014, 0.016, 0.020), vec3(0.050, 0.052, 0.056), smoothstep(0.0, 1.0, down));
    pixel = vec4(tone(mix(light, night, dark) * (0.80 + 0.28 * glow)), 1.0);
  }`;

/** A square on the ground that darkens the backdrop where the figurine's shadow falls. */
const GROUND_POINTS = `${HEAD}
  uniform mat4 camera, lamp;
  uniform vec3 middle;
  uniform float radius;
  out vec2 away;
  out vec3 thrown;
  void main() {
    away = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 6.0 - 3.0;
    vec3 point = middle + vec3(away.x, 0.0, away.y) * radius;
    thrown = (lamp * vec4(point, 1.0)).xyz * 0.5 + 0.5;
    gl_Position = camera * vec4(point, 1.0);
  }`;

const GROUND = `${HEAD}
  #define SOFT 0.02
  ${SHADOW}
  in vec2 away;
  in vec3 thrown;
  uniform float foot;
  out vec4 pixel;
  void main() {
    float far = length(away), near = exp(-pow(max(far - foot, 0.0) * 4.0, 1.3)) * 0.32;
    float shade = 1.0 - (1.0 - near) * mix(0.58, 1.0, lit(thrown, 0.002));
    pixel = vec4(vec3(0.0), shade * (1.0 - smoothstep(0.9, 2.6, far)));
  }`;
