// Bundles src/ into the two committed files; `node build.js <folder>` writes them elsewhere.
import { build } from "esbuild";

const folder = process.argv[2] || ".";

await build({
  entryPoints: { loader: "src/loader.js", loader_server: "src/loader_server.js" },
  outdir: folder,
  bundle: true,
  minify: true,
  target: "es2018",
  format: "esm",
  charset: "ascii",
  legalComments: "none",
  // The file is a function: rules and file are its arguments, so no text is ever replaced in it.
  banner: { js: "(function(fhRules,fhFile){" },
  footer: { js: "})" },
});
