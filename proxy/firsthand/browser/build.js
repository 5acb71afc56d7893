// Bundles src/ into the committed files. `node build.js <folder>` writes them there, and beside them
// the hooks alone, whose size is measured.
import { build } from "esbuild";

const folder = process.argv[2];

// A file is a function of the rules and of what it is for, so no text is ever replaced in it.
const bundle = (name, entry, second, copies) =>
  build({
    entryPoints: { [name]: entry },
    outdir: folder || ".",
    // Where no account's beacons are copied, the code that does it stays out of the bundle; only
    // fh.js tells events under the pixels' keys.
    define: { COPIES: String(copies), SNIPPET: String(second === "fhSite") },
    bundle: true,
    minify: true,
    target: "es2019",
    format: "esm",
    charset: "ascii",
    legalComments: "none",
    banner: { js: `(function(fhRules,${second}){` },
    footer: { js: "})" },
  });

await bundle("loader", "src/loader.js", "fhFile", true);
await bundle("loader_server", "src/loader.js", "fhFile", false);
await bundle("fh", "src/fh.js", "fhSite", true);
await bundle("fh_server", "src/fh.js", "fhSite", false);
await bundle("fh_consent", "src/platforms.js", "fhSite", false);
if (folder) {
  await bundle("shim", "src/shim.js", "fhFile", true);
  await bundle("shim_server", "src/shim.js", "fhFile", false);
}
