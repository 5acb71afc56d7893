// Bundles src/ into the two committed files. `node build.js <folder>` writes them there, and beside
// them the hooks alone, whose size is measured.
import { build } from "esbuild";

const folder = process.argv[2];

const bundle = (name, entry, copies) =>
  build({
    entryPoints: { [name]: entry },
    outdir: folder || ".",
    // Where no account's beacons are copied, the code that does it stays out of the bundle.
    define: { COPIES: String(copies) },
    bundle: true,
    minify: true,
    target: "es2019",
    format: "esm",
    charset: "ascii",
    legalComments: "none",
    // The file is a function: rules and file are its arguments, so no text is ever replaced in it.
    banner: { js: "(function(fhRules,fhFile){" },
    footer: { js: "})" },
  });

await bundle("loader", "src/loader.js", true);
await bundle("loader_server", "src/loader.js", false);
if (folder) {
  await bundle("shim", "src/shim.js", true);
  await bundle("shim_server", "src/shim.js", false);
}
