/**
 * The public surface as the compiler sees it: every declaration of the entry points and of what they re-export, without
 * comments, in api/ballast.d.txt; of what is long, as inferred types are, a digest. Run without arguments it compares, and
 * `--write` writes: on purpose, and to be reviewed.
 * It also lists what is exported without a word about what it is.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join, normalize, relative, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const kept = join(root, "api", "ballast.d.txt")

/** The declarations, of the sources as they are. */
const declared = () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "ready.mjs")], { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  return join(root, "dist")
}

/** Following `export .. from` alone: what is only imported is nobody's to use. */
const reachable = (folder) => {
  const found = new Map()
  const visit = (file) => {
    if (found.has(file)) return
    const text = readFileSync(join(folder, file.replace(/\.ts$/, ".d.ts")), "utf8")
    found.set(file, text)
    for (const [, target] of text.matchAll(/^export [^;]*? from "(\.[^"]+)";$/gm)) {
      visit(normalize(join(dirname(file), target)))
    }
  }
  visit("index.ts")
  visit("testing.ts")
  return found
}

const withoutComments = (text) =>
  text.replaceAll(/^\s*\/\*\*?[\s\S]*?\*\/\n?/gm, "").replaceAll(/^import .*;\n/gm, "").replaceAll(
    /^export \{\};\n/gm,
    ""
  )

/** What nobody would read, and would yet like to know of when it changes. */
const shortened = (declaration) => {
  if (declaration.length <= 1_000) return declaration
  const [head] = declaration.slice(0, 100).split(/[:{=\n]/)
  const digest = createHash("sha256").update(declaration).digest("hex").slice(0, 16)
  return `${head.trim()}: ${declaration.split("\n").length} lines, ${digest}`
}

const declarations = (text) => withoutComments(text).trim().split(/\n(?=export |declare |interface |type )/)

const printed = (modules) =>
  [...modules].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([file, text]) => `// src/${file}\n${declarations(text).map(shortened).join("\n")}\n`).join("\n")

/** A type that is named like the value before it says nothing of its own, nor does what an enum of tags is made of. */
const undocumented = (modules) =>
  [...modules.keys()].flatMap((file) => {
    const lines = readFileSync(join(root, "src", file), "utf8").split("\n")
    const names = new Set()
    return lines.flatMap((line, index) => {
      const name = /^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type) (\w+|\{[^}]*\} =)/.exec(
        line
      )
        ?.[1]
      if (name === undefined) return []
      const isTold = names.has(name) || /\*\/\s*$/.test(lines[index - 1] ?? "")
      names.add(name)
      return isTold ? [] : [`src/${file}:${index + 1} ${name}`]
    })
  })

const modules = reachable(declared())
const now = printed(modules)
const silent = undocumented(modules)
if (process.argv.includes("--undocumented")) {
  process.stdout.write(`${silent.join("\n")}\n${silent.length} exports without a comment\n`)
} else if (process.argv.includes("--write")) {
  writeFileSync(kept, now)
} else if (readFileSync(kept, "utf8") !== now) {
  process.stderr.write(
    `the public surface is another one than ${
      relative(root, kept)
    } says. If it is to be: node scripts/api.mjs --write\n`
  )
  const [before, after] = [readFileSync(kept, "utf8"), now].map((text) => text.split("\n"))
  for (const [sign, lines, others] of [["-", before, after], ["+", after, before]]) {
    const there = new Set(others)
    for (const line of lines) if (!there.has(line)) process.stderr.write(`${sign} ${line}\n`)
  }
  process.exitCode = 1
} else if (silent.length > 0) {
  process.stderr.write(`exported without a word about what it is:\n${silent.join("\n")}\n`)
  process.exitCode = 1
}
