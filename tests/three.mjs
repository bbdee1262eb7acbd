// Opens mesh files with the loaders of three.js; prints each mesh's name, lowest and highest corner, and mean colour.
// usage: node three.mjs FOLDER_OF_THE_MODULES FILE...
// A line is "FILE: NAME x y z x y z r g b", in the scene's units, Y up, and sRGB 0 to 255.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2], 'node_modules');
const modules = (name) => import(pathToFileURL(path.join(folder, 'three', name)));
const THREE = await modules('build/three.module.js');
const { GLTFLoader } = await modules('examples/jsm/loaders/GLTFLoader.js');
const { OBJLoader } = await modules('examples/jsm/loaders/OBJLoader.js');
const { PLYLoader } = await modules('examples/jsm/loaders/PLYLoader.js');

// What a browser has: node lacks the picture of a blob.
const { PNG } = createRequire(path.join(folder, 'x.js'))('pngjs');
globalThis.self = globalThis;
globalThis.createImageBitmap = async (blob) => PNG.sync.read(Buffer.from(await blob.arrayBuffer()));

async function open(file) {
  const bytes = fs.readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  switch (path.extname(file)) {
    case '.obj':
      return new OBJLoader().parse(bytes.toString());
    case '.ply': {
      const mesh = new THREE.Mesh(new PLYLoader().parse(buffer));
      mesh.name = 'all';
      return mesh;
    }
    default:
      return (await new GLTFLoader().parseAsync(buffer, '')).scene;
  }
}

/** The mean colour by area, in the middle of each triangle. */
function colour({ geometry, material }) {
  const { position, color, uv } = geometry.attributes;
  const index = geometry.index?.array ?? [...Array(position.count).keys()];
  const picture = material.map?.image;
  const triangle = new THREE.Triangle();
  const mean = new THREE.Vector3();
  let areas = 0;
  for (let i = 0; i < index.length; i += 3) {
    const corners = [0, 1, 2].map((k) => index[i + k]);
    const sum = (attribute, component) => corners.reduce((all, v) => all + attribute.getComponent(v, component), 0);
    const middle = (attribute, component) => sum(attribute, component) / 3;
    triangle.setFromAttributeAndIndices(position, ...corners);
    const area = triangle.getArea();
    let rgb;
    if (picture) {
      const [x, y] = [0, 1].map((k) => Math.floor(middle(uv, k) * (k ? picture.height : picture.width)));
      rgb = [...picture.data.subarray(4 * (y * picture.width + x)).subarray(0, 3)];
    } else {
      // Vertices carry linear light.
      const linear = new THREE.Color(...[0, 1, 2].map((k) => middle(color, k)));
      rgb = Object.values(linear.getRGB({}, THREE.SRGBColorSpace)).map((v) => 255 * v);
    }
    mean.addScaledVector(new THREE.Vector3(...rgb), area);
    areas += area;
  }
  return mean.divideScalar(areas);
}

for (const file of process.argv.slice(3)) {
  const scene = await open(file);
  scene.updateMatrixWorld(true);
  scene.traverse((thing) => {
    if (!thing.isMesh) return;
    thing.geometry.computeBoundingBox();
    const { min, max } = thing.geometry.boundingBox.applyMatrix4(thing.matrixWorld);
    const numbers = [...min, ...max, ...colour(thing)].map((v) => v.toFixed(6));
    console.log(`${path.basename(file)}: ${thing.name} ${numbers.join(' ')}`);
  });
}
