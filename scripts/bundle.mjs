// @ts-check
/**
 * The command line in few files: of a thousand modules it would load each by itself, which takes it the most of a second.
 * What a command does is a file apart, loaded with those that it shares with others, and of the help only the text. What an
 * application imports stays as the compiler wrote it.
 */
import { Effect } from "effect"
import { build } from "esbuild"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { writeLicences } from "./licences.mjs"

const [dist = "dist"] = process.argv.slice(2)

/** `import { Effect, pipe } from "effect"` as one import of each module: the whole index would be shared by all commands. */
const barrels = /^import \{([^}]*)\} from "(effect|@effect\/cli)";?$/gm

/** @type {(names: string, from: string) => string} */
const apart = (names, from) =>
  names.split(",").map((name) => name.trim()).filter((name) => name !== "").map((name) => {
    const [exported = "", local = exported] = name.split(" as ")
    return /^[A-Z]/.test(exported)
      ? `import * as ${local} from "${from}/${exported}";`
      : `import { ${exported} as ${local} } from "${from}/Function";`
  }).join("")

/** @type {import("esbuild").Plugin} */
const withoutBarrels = {
  name: "without-barrels",
  setup: ({ onLoad }) => {
    const ours = resolve(dist)
    onLoad({ filter: /\.js$/ }, ({ path }) =>
      path.startsWith(ours)
        ? {
          contents: readFileSync(path, "utf8").replace(barrels, (_, names, from) => apart(names, from)),
          loader: "js"
        }
        : undefined)
  }
}

// As deep as the modules that look for the package's root.
const outdir = join(dist, "bundle")
rmSync(outdir, { recursive: true, force: true })

const { metafile } = await build({
  entryPoints: [join(dist, "main.js")],
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  // Native, or found by their place on the disk.
  external: ["better-sqlite3", "solc", "@foundry-rs/anvil"],
  plugins: [withoutBarrels],
  sourcemap: true,
  legalComments: "none",
  logLevel: "error",
  metafile: true,
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
writeFileSync(join(outdir, "meta.json"), JSON.stringify(metafile))
writeLicences(outdir, metafile)

/** What the command line only prints, whoever asks and wherever: it is rendered here, by the command line itself. */
const { builtIns } = await import(pathToFileURL(resolve(dist, "cli", "BuiltIns.js")).href)
writeFileSync(join(outdir, "builtins.json"), JSON.stringify(await Effect.runPromise(builtIns)))

const [shebang = ""] = readFileSync(join(dist, "main.js"), "utf8").split("\n", 1)
writeFileSync(
  join(dist, "main.js"),
  `${shebang}
import { readFileSync } from "node:fs"
const builtIns = JSON.parse(readFileSync(new URL("./bundle/builtins.json", import.meta.url), "utf8"))
const printed = builtIns.find(({ args }) => args.join("\\0") === process.argv.slice(2).join("\\0"))
if (printed === undefined) await import("./bundle/main.js")
else console.log(printed.text)
`
)
