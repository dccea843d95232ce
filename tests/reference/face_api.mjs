// What the npm package itself answers about images of 112 x 112 pixels: node face_api.mjs package a.rgb [b.rgb ...]
// npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz; the images are raw bytes, RGB, by rows.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

globalThis.window = globalThis; // the bundle has the parts of TensorFlow.js for a browser, and none for node
globalThis.document = {};
const [folder, ...files] = process.argv.slice(2);
const faceapi = await import(pathToFileURL(resolve(folder, 'dist/face-api.esm.js')));
const { tf } = faceapi;
await tf.setBackend('cpu');
await tf.ready();
const read = (path) => Promise.resolve(readFileSync(path));
const model = join(folder, 'model');
const manifest = JSON.parse(String(readFileSync(join(model, 'face_expression_model-weights_manifest.json'))).replace(/^\uFEFF/, ''));
const fetchAll = (paths) => Promise.all(paths.map((path) => read(path).then((data) => new Uint8Array(data).buffer)));
const weights = await tf.io.weightsLoaderFactory(fetchAll)(manifest, model);
const net = new faceapi.FaceExpressionNet();
net.loadFromWeightMap(weights);
for (const file of files) {
  const image = tf.tensor3d(new Uint8Array(readFileSync(file)), [112, 112, 3], 'int32');
  const found = await net.predictExpressions(image);
  console.log(JSON.stringify([file, ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'].map((name) => found[name])]));
}
