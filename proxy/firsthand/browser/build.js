// Bundles src/ into the committed files. `node build.js <folder>` writes them there, and beside them
// the hooks alone, whose size is measured.
import { build } from "esbuild";

const folder = process.argv[2];

const LOADER = "fhFile,fhMark,fhRules";
const SITE = "fhRules,fhSite";

// A file is a function of the rules and of what it is for, so no text is ever replaced in it. What stands in
// parentheses a browser compiles at once.
const bundle = (name, entry, given, copies, [open, close] = ["(", ")"]) =>
  build({
    entryPoints: { [name]: entry },
    outdir: folder || ".",
    // Where no account's beacons are copied, the code that does it stays out of the bundle; only
    // fh.js tells events under the pixels' keys.
    define: { COPIES: String(copies), SNIPPET: String(given === SITE) },
    bundle: true,
    minify: true,
    target: "es2019",
    format: "esm",
    charset: "ascii",
    legalComments: "none",
    banner: { js: `${open}function(${given}){` },
    footer: { js: `}${close}` },
  });

await bundle("start", "src/start.js", `${LOADER},fhShim`, false);
await bundle("loader", "src/loader.js", LOADER, true, ["", ""]);
await bundle("loader_server", "src/loader.js", LOADER, false, ["", ""]);
await bundle("fh", "src/fh.js", SITE, true);
await bundle("fh_server", "src/fh.js", SITE, false);
await bundle("fh_consent", "src/platforms.js", SITE, false);
if (folder) {
  await bundle("shim", "src/shim.js", "fhRules,fhFile", true);
  await bundle("shim_server", "src/shim.js", "fhRules,fhFile", false);
}
