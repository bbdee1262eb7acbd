// Checks a .vrm against the schema of VRM 1.0, made from the types that pixiv publishes of it, and opens it with three-vrm,
// the loader of the browser's VRM viewers: prints the human bones that this finds, and how far a hand goes when its
// elbow is turned by 90 degrees.
// usage: node vrm.mjs FOLDER_OF_THE_MODULES FILE
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const require = createRequire(path.resolve(folder, 'node_modules', 'x.js'));
const load = (...names) => import(pathToFileURL(path.resolve(folder, 'node_modules', ...names)));
const { createGenerator } = require('ts-json-schema-generator');
const Ajv = require('ajv').default;

const bytes = fs.readFileSync(file);
const text = JSON.parse(bytes.subarray(20, 20 + bytes.readUInt32LE(12)).toString());
const types = path.resolve(folder, 'node_modules/@pixiv/types-vrmc-vrm-1.0/types');
const generator = createGenerator({ path: `${types}/index.d.ts`, type: 'VRMCVRM', skipTypeCheck: true, additionalProperties: false });
const valid = new Ajv({ allErrors: true, strict: false }).compile(generator.createSchema('VRMCVRM'));
if (!valid(text.extensions.VRMC_vrm)) throw new Error(`the schema is not content: ${JSON.stringify(valid.errors, null, 1)}`);
const broken = { ...text.extensions.VRMC_vrm, meta: { ...text.extensions.VRMC_vrm.meta, avatarPermission: 'anybody' } };
if (valid(broken)) throw new Error('the schema is content with anything');
console.log('schema content');

globalThis.self = globalThis;
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { VRMLoaderPlugin } = await load('@pixiv/three-vrm/lib/three-vrm.module.js');
const loader = new GLTFLoader();
loader.register((parser) => new VRMLoaderPlugin(parser));
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { vrm } = (await loader.parseAsync(buffer, '')).userData;
console.log('meta', vrm.meta.name, vrm.meta.authors.join());
console.log('bones', Object.keys(vrm.humanoid.humanBones).join(' '));
const at = (bone) => {
  vrm.scene.updateMatrixWorld(true);
  return vrm.humanoid.getRawBoneNode(bone).getWorldPosition(new THREE.Vector3());
};
const before = at('leftHand');
vrm.humanoid.getNormalizedBoneNode('leftLowerArm').rotation.y = -Math.PI / 2;
vrm.humanoid.update();
console.log('moved', before.distanceTo(at('leftHand')));
