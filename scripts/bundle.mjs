// @ts-check
/**
 * The command line in few files: of a thousand modules it would load each by itself, which takes it the most of a second.
 * What an application imports stays as the compiler wrote it.
 */
import { build } from "esbuild"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

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

/** Whose code is in the bundle, as their licences ask to be told. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.slice(0, 1) ?? [])
)
const licences = [...packages].toSorted().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const file = readdirSync(folder).find((file) => /^licen[cs]e(\.|$)/i.test(file))
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()
  return `${name} ${version} (${license})\n\n${text}\n`
})
writeFileSync(join(dist, "bundle", "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`))
