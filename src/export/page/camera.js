// Where the eye is, and where the key light is. Matrices are arrays of 16, column by column, as WebGL takes them.

const add = (a, b) => a.map((v, k) => v + b[k]);
const sub = (a, b) => a.map((v, k) => v - b[k]);
const scaled = (a, s) => a.map((v) => v * s);
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => scaled(a, 1 / Math.hypot(...a));

/** The product of two matrices. */
function times(a, b) {
  const out = new Array(16).fill(0);
  for (let c = 0; c < 4; c++)
    for (let r = 0; r < 4; r++) for (let k = 0; k < 4; k++) out[c * 4 + r] += a[k * 4 + r] * b[c * 4 + k];
  return out;
}

/** A point as the matrix throws it, divided by its depth. */
function thrown(m, p) {
  const row = (r) => m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r];
  return [row(0) / row(3), row(1) / row(3)];
}

/** Turns the world so that one looks along -z from `eye`, in the direction opposite to `towards`. */
function lookingFrom(eye, towards) {
  const z = unit(towards);
  const x = unit(cross([0, 1, 0], z));
  const y = cross(z, x);
  return [x[0], y[0], z[0], 0, x[1], y[1], z[1], 0, x[2], y[2], z[2], 0, -dot(x, eye), -dot(y, eye), -dot(z, eye), 1];
}

/** The direction to whoever walked `yaw` to the figure's left and looks from `pitch` above, radians. */
const direction = (yaw, pitch) => [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];

/** What walked around the figure by `angle`. */
function walked([x, y, z], angle) {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return [x * cos + z * sin, y, z * cos - x * sin];
}

/** Half the field of view as a tangent, as in the pictures that gen3d draws: a long lens. */
const LENS = 0.16;

/**
 * A camera for a picture of this `aspect` (width by height), as an eye and a matrix. It looks at the middle of a figure
 * of half the width `half` and half the height `tall`, which a sphere of `radius` fits, and which its parts leave by up
 * to `beyond` when they are pushed apart; with a `zoom` of 1 all of it is seen, however it is turned.
 */
function cameraOf({ middle: whole, radius, half: wide, tall: high, beyond }, { yaw, pitch, zoom, pan, explode }, aspect) {
  const towards = direction(yaw, pitch);
  const middle = add(whole, [0, (explode * (beyond.up - beyond.down)) / 2, 0]);
  const tall = high + (explode * (beyond.up + beyond.down)) / 2;
  const half = wide + explode * beyond.aside;
  const away = radius / LENS;
  const seen = tall * Math.cos(pitch) + half * Math.abs(Math.sin(pitch));
  const focal = (zoom * away) / Math.max(seen / 0.82, half / 0.8 / aspect);
  const eye = add(middle, scaled(towards, away));
  const [near, far] = [away * 0.3, away * 4];
  const depth = [(far + near) / (near - far), (2 * far * near) / (near - far)];
  const lens = [focal / aspect, 0, 0, 0, 0, focal, 0, 0, 0, 0, depth[0], -1, 0, 0, depth[1], 0];
  const shifted = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, pan[0], pan[1], 0, 1];
  return { eye, matrix: times(shifted, times(lens, lookingFrom(eye, towards))) };
}

/** What a lamp so far away that its light is parallel sees of a sphere, depths in -1..1. */
function lampOf(middle, radius, towards) {
  const s = 1 / radius;
  return times([s, 0, 0, 0, 0, s, 0, 0, 0, 0, -s, 0, 0, 0, 0, 1], lookingFrom(middle, towards));
}
