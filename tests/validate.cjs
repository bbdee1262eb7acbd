// Prints what the Khronos validator finds in each file; fails on any error or warning.
// usage: node validate.cjs FOLDER_OF_THE_MODULE FILE...
const fs = require('fs'), path = require('path');
const validator = require(path.resolve(process.argv[2], 'node_modules', 'gltf-validator'));

async function main() {
  for (const file of process.argv.slice(3)) {
    const beside = (uri) => new Uint8Array(fs.readFileSync(path.join(path.dirname(file), decodeURIComponent(uri))));
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), {
      uri: path.basename(file),
      externalResourceFunction: async (uri) => beside(uri),
    });
    const { numErrors, numWarnings, messages } = report.issues;
    console.log(`${path.basename(file)}: ${numErrors} errors, ${numWarnings} warnings`);
    if (numErrors + numWarnings > 0) {
      console.log(JSON.stringify(messages.slice(0, 5), null, 1));
      process.exitCode = 1;
    }
  }
}
main();
