// Draws the figurine with WebGL 2.

// Where the lamps are for who looks from `LAMPS_SEEN_FROM`, radians; they go around the figure with the eye.
const LAMPS = [[-0.55, 0.85, 0.75], [0.75, 0.55, -0.8]].map(unit);
const LAMPS_SEEN_FROM = -0.18 * Math.PI;
const CLAY = [0.46, 0.43, 0.4];
const SHADOWS = 1024; // pixels a side

/** The smallest box around boxes. */
function around(boxes) {
  const ends = (pick, best) => [0, 1, 2].map((k) => best(...boxes.map((box) => box[pick][k])));
  return { low: ends('low', Math.min), high: ends('high', Math.max) };
}

class Drawing {
  constructor(canvas, { parts, picture }) {
    const gl = canvas.getContext('webgl2', { antialias: true, preserveDrawingBuffer: true });
    if (!gl) throw new Error('this browser draws nothing in 3D here (WebGL 2 is missing or switched off)');
    Object.assign(this, { gl, canvas, parts, textured: Boolean(picture) });
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.polygonOffset(1, 1);
    this.figure = this.program(FIGURE_POINTS, FIGURE);
    this.plain = this.program(FIGURE_POINTS, PLAIN);
    this.backdrop = this.program(BACKDROP_POINTS, BACKDROP);
    this.ground = this.program(GROUND_POINTS, GROUND);
    parts.forEach((part) => this.upload(part));
    this.lines = { array: gl.createVertexArray(), buffer: gl.createBuffer() };
    this.fill(this.lines, 0, new Float32Array(72), 3);
    this.empty = gl.createVertexArray();
    this.prepareShadows();
    this.measure();
  }

  program(points, pixels) {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, points], [gl.FRAGMENT_SHADER, pixels]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text.trimStart());
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      throw new Error(gl.getAttachedShaders(program).map((s) => gl.getShaderInfoLog(s)).join(' ') || 'no shaders');
    const at = (name) => gl.getUniformLocation(program, name);
    const set = (values) => {
      gl.useProgram(program);
      for (const [name, value] of Object.entries(values)) {
        if (name === 'depths' || name === 'picture') gl.uniform1i(at(name), value);
        else if (typeof value === 'number') gl.uniform1f(at(name), value);
        else if (value.length === 16) gl.uniformMatrix4fv(at(name), false, value);
        else gl[`uniform${value.length}fv`](at(name), value);
      }
    };
    return set;
  }

  /** Puts numbers into a vertex array, at the place that the shaders know them by. */
  fill({ array, buffer }, location, numbers, width, whole = false) {
    const gl = this.gl;
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, width, whole ? gl.UNSIGNED_SHORT : gl.FLOAT, whole, 0, 0);
  }

  upload(part) {
    const gl = this.gl;
    part.array = gl.createVertexArray();
    const fill = (...what) => this.fill({ array: part.array, buffer: gl.createBuffer() }, ...what);
    fill(0, part.positions, 3);
    fill(1, part.normals, 3);
    if (part.colours) fill(2, part.colours, 4, true);
    if (part.places) fill(3, part.places, 2);
    // Triangles, and behind them their edges.
    const triangles = part.indices;
    const edges = [];
    for (let i = 0; i < triangles.length; i += 3)
      for (const [a, b] of [[0, 1], [1, 2], [2, 0]]) edges.push(triangles[i + a], triangles[i + b]);
    const both = new Uint32Array(triangles.length + edges.length);
    both.set(triangles);
    both.set(edges, triangles.length);
    gl.bindVertexArray(part.array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, both, gl.STATIC_DRAW);
    part.counts = [triangles.length, edges.length];
  }

  /** The picture around the figurine, once the browser has decoded it. */
  wrap(image) {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.SRGB8_ALPHA8, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  prepareShadows() {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, (this.depths = gl.createTexture()));
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, SHADOWS, SHADOWS);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.shade = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shade);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, this.depths, 0);
  }

  /** The whole figure, put together: where its middle is, and how far it reaches from there. */
  measure() {
    const { low, high } = around(this.parts);
    const middle = scaled(add(low, high), 0.5);
    let [radius, half] = [1e-9, 1e-9];
    for (const { positions } of this.parts) {
      for (let i = 0; i < positions.length; i += 3) {
        const [x, y, z] = [positions[i] - middle[0], positions[i + 1] - middle[1], positions[i + 2] - middle[2]];
        radius = Math.max(radius, Math.hypot(x, y, z));
        half = Math.max(half, Math.hypot(x, z));
      }
    }
    const most = (far) => Math.max(0, ...this.parts.map((part) => far(part.shift)));
    const beyond = { up: most((s) => s[1]), down: most((s) => -s[1]), aside: most((s) => Math.hypot(s[0], s[2])) };
    this.frame = { middle, radius, half, tall: (high[1] - low[1]) / 2, ground: low[1], beyond };
  }

  each(set, look, state, lines = false) {
    const gl = this.gl;
    for (const part of this.parts.filter((p) => !state.hidden.has(p.name))) {
      set({ ...look, shift: scaled(part.shift, state.explode) });
      gl.bindVertexArray(part.array);
      const [triangles, edges] = part.counts;
      if (lines) gl.drawElements(gl.LINES, edges, gl.UNSIGNED_INT, triangles * 4);
      else gl.drawElements(gl.TRIANGLES, triangles, gl.UNSIGNED_INT, 0);
    }
  }

  /** Draws what `state` says; gives the matrix by which points are thrown into the picture. */
  draw(state) {
    const { gl, canvas, frame } = this;
    const shown = around([...this.boxes(state), { low: frame.middle, high: frame.middle }]);
    const reach = Math.max(frame.radius, ...[shown.low, shown.high].map((end) => Math.hypot(...sub(end, frame.middle))));
    const [key, back] = LAMPS.map((lamp) => walked(lamp, state.yaw - LAMPS_SEEN_FROM));
    const lamp = lampOf(frame.middle, reach * 1.05, key);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shade);
    gl.viewport(0, 0, SHADOWS, SHADOWS);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    this.each(this.plain, { camera: lamp, lamp, ink: [0, 0, 0, 1] }, state);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const { matrix, eye } = cameraOf(frame, state, canvas.width / canvas.height);
    this.under(matrix, lamp, reach, shown, state);
    gl.enable(gl.POLYGON_OFFSET_FILL);
    const painted = state.clay ? 0 : this.textured ? 2 : 1;
    this.each(this.figure, { camera: matrix, lamp, eye, key, back, clay: CLAY, painted, depths: 0, picture: 1 }, state);
    gl.disable(gl.POLYGON_OFFSET_FILL);
    gl.enable(gl.BLEND);
    const ink = state.dark && state.clay ? [0, 0, 0, 0.55] : [0.02, 0.03, 0.05, 0.5];
    if (state.wireframe) this.each(this.plain, { camera: matrix, lamp, ink }, state, true);
    gl.disable(gl.BLEND);
    return matrix;
  }

  /** Backdrop and ground. */
  under(matrix, lamp, radius, shown, state) {
    const { gl, frame } = this;
    gl.bindVertexArray(this.empty);
    gl.depthMask(false);
    this.backdrop({ dark: state.dark ? 1 : 0 });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    if (state.hidden.size < this.parts.length && state.pitch > 0) {
      gl.enable(gl.BLEND);
      gl.disable(gl.CULL_FACE);
      const middle = [frame.middle[0], Math.min(frame.ground, shown.low[1]), frame.middle[2]];
      this.ground({ camera: matrix, lamp, middle, radius, foot: (0.4 * frame.half) / radius, depths: 0 });
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      gl.enable(gl.CULL_FACE);
      gl.disable(gl.BLEND);
    }
    gl.depthMask(true);
  }

  /** The boxes of the parts that are shown, where they are shown. */
  boxes(state) {
    const shown = this.parts.filter((part) => !state.hidden.has(part.name));
    const moved = (part, end) => add(part[end], scaled(part.shift, state.explode));
    return shown.map((part) => ({ low: moved(part, 'low'), high: moved(part, 'high') }));
  }

  /** Draws lines from point to point, two by two. */
  rule(points, matrix, ink) {
    const gl = this.gl;
    this.fill(this.lines, 0, new Float32Array(points.flat()), 3);
    this.plain({ camera: matrix, lamp: matrix, shift: [0, 0, 0], ink });
    gl.drawArrays(gl.LINES, 0, points.length);
  }
}
