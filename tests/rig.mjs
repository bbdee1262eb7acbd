// Loads a .glb in three.js, turns a bone by some degrees about the z axis, and prints of each skinned mesh its name and
// its volume before and after, and the widest gap that opens between two meshes where they were grown together at first
// and follow the same bones.
// usage: node rig.mjs FOLDER_OF_THE_MODULE FILE BONE DEGREES
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file, bone, degrees] = process.argv.slice(2);
const three = path.resolve(folder, 'node_modules', 'three');
const load = (name) => import(pathToFileURL(path.join(three, name)));
const THREE = await load('build/three.module.js');
const { GLTFLoader } = await load('examples/jsm/loaders/GLTFLoader.js');
globalThis.self = globalThis;

const bytes = fs.readFileSync(file);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { scene } = await new GLTFLoader().parseAsync(buffer, '');

const meshes = [];
scene.traverse((thing) => thing.isSkinnedMesh && meshes.push(thing));
const places = () => {
  scene.updateMatrixWorld(true);
  return meshes.map((mesh) => {
    const count = mesh.geometry.attributes.position.count;
    return Array.from({ length: count }, (_, i) => mesh.getVertexPosition(i, new THREE.Vector3()).applyMatrix4(mesh.matrixWorld));
  });
};
const volume = (mesh, at) => {
  const index = mesh.geometry.index.array;
  let sum = 0;
  for (let i = 0; i < index.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => at[index[i + k]]);
    sum += a.dot(b.clone().cross(c)) / 6;
  }
  return sum;
};
const follows = (mesh, i) => {
  const { skinIndex, skinWeight } = mesh.geometry.attributes;
  return [0, 1, 2, 3].map((k) => `${skinIndex.getComponent(i, k)}:${skinWeight.getComponent(i, k)}`).join();
};

const before = places();
const turned = scene.getObjectByName(bone);
if (!turned || !turned.isBone) throw new Error(`there is no bone ${bone}`);
turned.rotation.z += (degrees * Math.PI) / 180;
const after = places();

const grown = new Map();
let [gap, moved] = [0, 0];
meshes.forEach((mesh, m) => {
  before[m].forEach((p, i) => {
    moved = Math.max(moved, p.distanceTo(after[m][i]));
    const key = [p.x, p.y, p.z].map(Math.fround).join() + follows(mesh, i);
    if (grown.has(key)) gap = Math.max(gap, grown.get(key).distanceTo(after[m][i]));
    else grown.set(key, after[m][i]);
  });
  console.log(`${mesh.name} ${volume(mesh, before[m])} ${volume(mesh, after[m])}`);
});
console.log(`gap ${gap} of ${moved}`);
