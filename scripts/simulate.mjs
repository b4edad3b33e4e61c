// @ts-check
/**
 * Node 20 does not run TypeScript: the simulation is bundled, without what is installed, and then run. It lies as deep as
 * the modules that look for the root of the package.
 */
import { build } from "esbuild"
import { fileURLToPath } from "node:url"

const outfile = fileURLToPath(new URL("../dist/simulation/main.mjs", import.meta.url))

await build({
  entryPoints: [fileURLToPath(new URL("../simulation/main.ts", import.meta.url))],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "error"
})
process.argv[1] = outfile
await import(outfile)
