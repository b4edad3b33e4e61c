// @ts-check
/** Whose code a bundle holds, as their licences ask to be told. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** @type {(folder: string, metafile: import("esbuild").Metafile) => void} */
export const writeLicences = (folder, { inputs }) => {
  const packages = new Set(
    Object.keys(inputs).flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.slice(0, 1) ?? [])
  )
  const licences = [...packages].toSorted().map((path) => {
    const { license, name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"))
    const file = readdirSync(path).find((file) => /^licen[cs]e(\.|$)/i.test(file))
    const text = file === undefined ? "" : readFileSync(join(path, file), "utf8").trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  })
  writeFileSync(join(folder, "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`))
}
