/** What the entries export, read from the sources: TypeScript 7 has no compiler to ask. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"

export interface Exported {
  /** As an application writes it: `UsdcRebalance.State.Requested`. */
  readonly name: string
  readonly file: string
  readonly isDocumented: boolean
}

interface Declared {
  readonly name: string
  readonly isDocumented: boolean
}

const declaration = /^export (?:declare )?(?:abstract )?(?:const|class|interface|type|function) (\w+|\{[^}]*\})/

/** Of one destructured: `{ $is: is, Failed }` exports `is` and `Failed`. */
const names = (declared: string): ReadonlyArray<string> =>
  declared.startsWith("{")
    ? declared.slice(1, -1).split(",").map((one) => one.replace(/^.*:/, "").trim()).filter((one) => one !== "")
    : [declared]

/** A type that has the name of a documented value says the same once more. */
const declarations = (text: string): ReadonlyArray<Declared> => {
  const lines = text.split("\n")
  const found = lines.flatMap((line, index) => {
    const [, declared] = line.match(declaration) ?? []
    if (declared === undefined) return []
    const isDocumented = (lines[index - 1] ?? "").endsWith("*/")
    return names(declared).map((name) => ({ name, isDocumented }))
  })
  const documented = new Set(found.filter(({ isDocumented }) => isDocumented).map(({ name }) => name))
  const all = new Map(found.map(({ name }) => [name, { name, isDocumented: documented.has(name) }]))
  return [...all.values()]
}

const reExport = /^export (?:type )?(\*(?: as (\w+))?|\{([^}]*)\}) from "(\.[^"]+)"/gm

/** All that a module exports, its namespaces walked through. */
export const of = (file: string, prefix = ""): ReadonlyArray<Exported> => {
  const text = readFileSync(file, "utf8")
  const own = declarations(text).map(({ isDocumented, name }) => ({ name: `${prefix}${name}`, file, isDocumented }))
  const others = [...text.matchAll(reExport)].flatMap(([, , namespace, listed, path = ""]) => {
    const target = join(dirname(file), path)
    if (listed === undefined) return of(target, namespace === undefined ? prefix : `${prefix}${namespace}.`)
    const wanted = new Map(
      listed.split(",").map((one) => {
        const [name = "", as = name] = one.trim().replace(/^type /, "").split(" as ")
        return [name, as]
      })
    )
    return of(target).flatMap((found) => {
      const as = wanted.get(found.name)
      return as === undefined ? [] : [{ ...found, name: `${prefix}${as}` }]
    })
  })
  return [...own, ...others]
}
