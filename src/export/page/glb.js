// Reads the figurine: a .glb as gen3d writes it, which has a mesh a node, and no more than that needs.

/** The bytes behind text in Base64. */
function bytesOf(text) {
  const plain = atob(text.trim());
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
  return bytes;
}

/**
 * The parts of a .glb, in metres, each with typed arrays, and the bytes of its picture or null:
 * {parts: [{name, positions, normals, colours | places, indices, low, high}], picture}
 */
function readFigurine(bytes) {
  const view = new DataView(bytes.buffer);
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
  const start = 20 + length + 8;
  const kinds = { 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
  const widths = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
  const array = (index) => {
    const { bufferView, componentType, count, type } = json.accessors[index];
    const from = start + (json.bufferViews[bufferView].byteOffset || 0);
    return new kinds[componentType](bytes.buffer, from, count * widths[type]);
  };
  const parts = [];
  const walk = (node, above) => {
    const place = (node.translation || [0, 0, 0]).map((v, k) => v + above[k]);
    if (node.mesh !== undefined) {
      const { attributes, indices } = json.meshes[node.mesh].primitives[0];
      const box = json.accessors[attributes.POSITION];
      parts.push({
        name: node.name,
        positions: array(attributes.POSITION).map((v, i) => v + place[i % 3]),
        normals: array(attributes.NORMAL),
        colours: attributes.COLOR_0 === undefined ? null : array(attributes.COLOR_0),
        places: attributes.TEXCOORD_0 === undefined ? null : array(attributes.TEXCOORD_0),
        indices: array(indices),
        low: box.min.map((v, k) => v + place[k]),
        high: box.max.map((v, k) => v + place[k]),
      });
    }
    for (const child of node.children || []) walk(json.nodes[child], place);
  };
  for (const root of json.scenes[json.scene].nodes) walk(json.nodes[root], [0, 0, 0]);
  const image = json.images && json.bufferViews[json.images[0].bufferView];
  const from = image && start + (image.byteOffset || 0);
  return { parts, picture: image ? bytes.slice(from, from + image.byteLength) : null };
}
