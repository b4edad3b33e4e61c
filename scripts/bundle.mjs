// @ts-check
/**
 * The command line in few files: of a thousand modules it would load each by itself, which takes it the most of a second.
 * What an application imports stays as the compiler wrote it.
 */
import { build } from "esbuild"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { writeLicences } from "./licences.mjs"

const [dist = "dist"] = process.argv.slice(2)

const { metafile } = await build({
  entryPoints: [join(dist, "main.js")],
  // As deep as the modules that look for the package's root.
  outdir: join(dist, "bundle"),
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  // Native, or found by their place on the disk.
  external: ["better-sqlite3", "solc", "@foundry-rs/anvil"],
  sourcemap: true,
  metafile: true,
  legalComments: "none",
  logLevel: "error",
  // Some of what is bundled is CommonJS.
  banner: {
    js: [
      "import { createRequire as ballastRequire } from \"node:module\"",
      "import { dirname as ballastDirname } from \"node:path\"",
      "const require = ballastRequire(import.meta.url)",
      "const __filename = import.meta.filename",
      "const __dirname = ballastDirname(__filename)"
    ].join("\n")
  }
})

const [shebang = ""] = readFileSync(join(dist, "main.js"), "utf8").split("\n", 1)
writeFileSync(join(dist, "main.js"), `${shebang}\nimport "./bundle/main.js"\n`)

writeLicences(join(dist, "bundle"), metafile)
