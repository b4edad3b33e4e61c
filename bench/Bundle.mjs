/** The tasks of this benchmark as the command line is shipped: in one file, with what they use and nothing else. */
import { build } from "esbuild"
import { readFileSync } from "node:fs"
import path from "node:path"

const root = path.join(import.meta.dirname, "..")

/** As deep as the modules that look for the package's root. */
const outfile = path.join(root, "dist", "bench", "Child.mjs")

/** Of effect's index each module by itself: the whole of it would be taken. */
const barrels = /^import \{([^}]*)\} from "effect";?$/gm

const apart = (names) =>
  names.split(",").map((name) => name.trim()).filter((name) => name !== "").map((name) => {
    const [exported = "", local = exported] = name.split(" as ")
    return /^[A-Z]/.test(exported)
      ? `import * as ${local} from "effect/${exported}";`
      : `import { ${exported} as ${local} } from "effect/Function";`
  }).join("")

const withoutBarrels = {
  name: "without-barrels",
  setup: ({ onLoad }) =>
    void onLoad({ filter: /\.m?js$/ }, ({ path: file }) =>
      file.includes("node_modules")
        ? undefined
        : { contents: readFileSync(file, "utf8").replace(barrels, (_, names) => apart(names)), loader: "js" })
}

export const child = async () => {
  await build({
    entryPoints: [path.join(import.meta.dirname, "Child.mjs")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["better-sqlite3", "solc", "@foundry-rs/anvil"],
    plugins: [withoutBarrels],
    logLevel: "error",
    banner: {
      js: "import { createRequire as benchRequire } from \"node:module\"\nconst require = benchRequire(import.meta.url)"
    }
  })
  return outfile
}
