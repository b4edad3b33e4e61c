import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const restrictedImport = "eslint(no-restricted-imports)"
const restrictedGlobal = "eslint(no-restricted-globals)"
const restrictedProperty = "eslint(no-restricted-properties)"
const cast = "typescript(consistent-type-assertions)"
const any = "typescript(no-explicit-any)"

/** A line of a file, and the rules that must report it. */
type Line = readonly [code: string, ...rules: ReadonlyArray<string>]

const pure: ReadonlyArray<Line> = [
  [`export { readFile } from "node:fs/promises"`, restrictedImport],
  [`export { join } from "path"`, restrictedImport],
  [`export { FileSystem } from "@effect/platform"`, restrictedImport],
  [`export { layer } from "@effect/platform/HttpClient"`, restrictedImport],
  [`export { SqlClient } from "@effect/sql"`, restrictedImport],
  [`export { SqliteClient } from "@effect/sql-sqlite-node"`, restrictedImport],
  [`export { Command } from "@effect/cli"`, restrictedImport],
  [`export { sha256 } from "@noble/hashes/sha2"`, restrictedImport],
  [`export { parseAbi } from "viem"`, restrictedImport],
  [`export { base } from "viem/chains"`, restrictedImport],
  [`export const viem = import("viem")`, restrictedImport],
  [`export { run } from "ballast"`, restrictedImport],
  [`export { runSync } from "effect/Effect"`, restrictedImport],
  [`export const environment = process.env`, restrictedGlobal],
  [`export const bytes = Buffer.from("")`, restrictedGlobal],
  [`export const id = crypto.randomUUID()`, restrictedGlobal]
]

const entryPoints = (up: string): ReadonlyArray<Line> => [
  [`export * from "${up}/index.ts"`, restrictedImport],
  [`export * from "${up}/testing.ts"`, restrictedImport],
  [`export * from "${up}/main.ts"`, restrictedImport]
]

const simulated: ReadonlyArray<Line> = [
  [`export const today = new Date()`, restrictedGlobal],
  [`export const now = Date.now()`, restrictedGlobal],
  [`export const elapsed = performance.now()`, restrictedGlobal],
  [`setTimeout(() => 1)`, restrictedGlobal],
  [`setInterval(() => 1)`, restrictedGlobal],
  [`globalThis.setImmediate(() => 1)`, restrictedGlobal],
  [`export const answer = fetch("https://example.org")`, restrictedGlobal],
  [`export const chance = Math.random()`, restrictedProperty]
]

const everywhere: ReadonlyArray<Line> = [
  [`export const tag = { _tag: "Fine" }._tag`],
  [`export const rest = ({ at, ...fields }: { at: string; id: string }) => fields`],
  [`export const parsed = (id: string) => [id].map((id) => id)`],
  [`export const outer = () => { const inner = (n: number) => n; return inner(1) }`],
  [`const unused = 1`, "eslint(no-unused-vars)"],
  [`debugger`, "eslint(no-debugger)"],
  [`export const joined = "a" + "b"`, "eslint(no-useless-concat)"],
  [`export const nothing = Number("1") * 0`, "oxc(erasing-op)"],
  [`export const sorted = ["b", "a"].sort()`, "unicorn(no-array-sort)"],
  [`// oxlint-disable-next-line no-eval`, "unused-disable-directive"],
  [`export const loose = (value: any) => [value]`, any],
  [`export const sure = (value?: string) => value!`, "typescript(no-non-null-assertion)"],
  [`export type Inline = import("./Legal.ts").Legal`, "typescript(consistent-type-imports)"],
  [`import { Legal } from "./Legal.ts"`, "typescript(consistent-type-imports)"],
  [`export type Alias = Legal`],
  [`export default 1`, "import(no-default-export)"]
]

const source: ReadonlyArray<Line> = [
  ...everywhere,
  [`console.log(1)`, "eslint(no-console)"],
  [`export const tags = ["a", "b"] as const`],
  [`export class A extends Effect.Service<A>()("A", {}) {}`, restrictedProperty],
  [`export class B extends Effect.Tag("B")<B, string>() {}`, restrictedProperty],
  [`export const C = Context.GenericTag<string>("C")`, restrictedProperty],
  [`export const most = Effect.succeed(Math.max(1, 2))`],
  [`export class D extends Context.Tag("D")<D, string>() {}`]
]

const casts: ReadonlyArray<Line> = [
  [`export const name = JSON.parse("1") as string`, cast],
  [`export const size = <number> JSON.parse("1")`, cast]
]

const long: ReadonlyArray<Line> = Array.from({ length: 350 }, (_, line) => [`export const a${line} = ${line}`])
const tooLong: ReadonlyArray<Line> = [...long, [`export const last = 1`, "eslint(max-lines)"]]

const files: Readonly<Record<string, ReadonlyArray<Line>>> = {
  "src/domain/Subject.ts": [
    ...pure,
    ...entryPoints(".."),
    ...simulated,
    ...source,
    ...casts,
    [`export { Data, Either, type ParseResult, Schema } from "effect"`],
    [`export * from "./Usdc.ts"`],
    [`export * from "./UsdcRebalance/State.ts"`],
    [`export { Effect } from "effect"`, restrictedImport],
    [`export { Clock, Schema as S } from "effect"`, restrictedImport],
    [`export type { Layer } from "effect"`, restrictedImport],
    [`export * as All from "effect"`, restrictedImport],
    [`export * from "../services/Vault.ts"`, restrictedImport],
    [`export type * from "../managers/Recovery.ts"`, restrictedImport],
    [`export * from "../layers/Config.ts"`, restrictedImport],
    [`export * from "../cli/Demo.ts"`, restrictedImport]
  ],
  "src/domain/UsdcRebalance/Subject.ts": [
    ...entryPoints("../.."),
    ...simulated,
    [`export * from "../Usdc.ts"`],
    [`export * from "./Event.ts"`],
    [`export * from "../../services/Vault.ts"`, restrictedImport],
    [`export * from "../../layers/evm/Vault.ts"`, restrictedImport]
  ],
  "src/domain/Address.ts": [
    [`export { keccak_256 } from "@noble/hashes/sha3"`],
    [`export { Schema } from "effect"`],
    [`export * from "./Hex.ts"`],
    [`export { Effect } from "effect"`, restrictedImport],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    [`export { randomBytes } from "@noble/ciphers/webcrypto"`, restrictedImport],
    [`export { getAddress } from "viem"`, restrictedImport],
    [`export * from "../services/Vault.ts"`, restrictedImport],
    ...casts
  ],
  "src/domain/Decider.ts": [
    [`export const cells = JSON.parse("1") as unknown as any`],
    [`export * from "../services/Vault.ts"`, restrictedImport]
  ],
  "src/services/Subject.ts": [
    ...pure,
    ...entryPoints(".."),
    ...simulated,
    ...source,
    ...casts,
    [`export { Context, Effect } from "effect"`],
    [`export * from "../domain/Usdc.ts"`],
    [`export * from "../domain/UsdcRebalance/State.ts"`],
    [`export * from "./Leases.ts"`],
    [`export type { Hex } from "viem"`, restrictedImport],
    [`export * from "../managers/Recovery.ts"`, restrictedImport],
    [`export * from "../layers/Config.ts"`, restrictedImport],
    [`export * from "../cli/Demo.ts"`, restrictedImport]
  ],
  "src/services/Chain.ts": [
    [`export type { Hex } from "viem"`],
    [`export { Effect } from "effect"`],
    [`export * from "./Leases.ts"`],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    ...entryPoints(".."),
    [`export { parseAbi } from "viem"`, restrictedImport],
    [`export type { Chain } from "viem/chains"`, restrictedImport],
    [`export * from "../domain/Usdc.ts"`],
    [`export * from "../layers/evm/Chain.ts"`, restrictedImport]
  ],
  "src/managers/Subject.ts": [
    ...pure,
    ...entryPoints(".."),
    ...simulated,
    ...source,
    ...casts,
    [`export { Effect } from "effect"`],
    [`export * from "../domain/TokenizedEquityMint.ts"`],
    [`export * from "../services/Vault.ts"`],
    [`export * from "./Policies.ts"`],
    [`export type { Hex } from "viem"`, restrictedImport],
    [`export * from "../layers/evm/Vault.ts"`, restrictedImport],
    [`export * from "../cli/Demo.ts"`, restrictedImport]
  ],
  "src/managers/Steps.ts": [
    [`export const cells = JSON.parse("1") as unknown as any`],
    [`export * from "../layers/Config.ts"`, restrictedImport]
  ],
  "src/layers/evm/Subject.ts": [
    ...entryPoints("../.."),
    ...simulated,
    ...source,
    [`export { readFile } from "node:fs/promises"`],
    [`export { Effect } from "effect"`],
    [`export { parseAbi } from "viem"`],
    [`export { base } from "viem/chains"`],
    [`export { SqlClient } from "@effect/sql"`],
    [`export { SqliteClient } from "@effect/sql-sqlite-node"`],
    [`export { HttpClient } from "@effect/platform"`],
    [`export { layer } from "@effect/platform/Effectify"`],
    [`export * from "../../domain/Usdc.ts"`],
    [`export * from "../../services/Vault.ts"`],
    [`export * from "../testing/Vault.ts"`],
    [`export const name = JSON.parse("1") as string`],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    [`export { setTimeout } from "node:timers/promises"`, restrictedImport],
    [`export { Command } from "@effect/cli"`, restrictedImport],
    [`export { layer } from "@effect/cli/CliConfig"`, restrictedImport],
    [`export { run } from "ballast/testing"`, restrictedImport],
    [`export { run } from "ballast"`, restrictedImport],
    [`export * from "../../managers/Policies.ts"`, restrictedImport],
    [`export * from "../../cli/Demo.ts"`, restrictedImport]
  ],
  "src/layers/Subject.ts": [
    [`export * from "./evm/Vault.ts"`],
    [`export * from "../managers/Policies.ts"`, restrictedImport],
    [`export * from "../cli/Demo.ts"`, restrictedImport]
  ],
  "src/layers/local/Subject.ts": [
    ...entryPoints("../.."),
    [`export const now = Date.now()`],
    [`setTimeout(() => 1)`],
    [`export { setTimeout } from "node:timers/promises"`],
    [`export * from "../../managers/MintManager.ts"`, restrictedImport],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    [`export { run } from "ballast"`, restrictedImport],
    [`export { Command } from "@effect/cli"`, restrictedImport]
  ],
  "src/cli/commands/Subject.ts": [
    ...entryPoints("../.."),
    ...simulated,
    ...source,
    ...casts,
    [`export { Command } from "@effect/cli"`],
    [`export { Terminal } from "@effect/platform"`],
    [`export { readFile } from "node:fs/promises"`],
    [`export const directory = process.cwd()`],
    [`export * from "../../domain/Usdc.ts"`],
    [`export * from "../../managers/Policies.ts"`],
    [`export * from "../../layers/Live.ts"`],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    [`export type { Hex } from "viem"`, restrictedImport],
    [`export { base } from "viem/chains"`, restrictedImport],
    [`export { SqlClient } from "@effect/sql"`, restrictedImport],
    [`export { layer } from "@effect/sql-sqlite-node/SqliteClient"`, restrictedImport],
    [`export { Database } from "better-sqlite3"`, restrictedImport],
    [`export { run } from "ballast"`, restrictedImport]
  ],
  "src/main.ts": [
    [`export { Effect } from "effect"`],
    [`export { NodeRuntime } from "@effect/platform-node"`],
    [`export { runMain } from "@effect/platform-node/NodeRuntime"`],
    [`export { runSync } from "effect/Effect"`, restrictedImport],
    [`export * from "./cli/Cli.ts"`],
    [`export * from "./layers/Live.ts"`],
    [`export * from "./managers/MintManager.ts"`, restrictedImport],
    [`export { parseAbi } from "viem"`, restrictedImport],
    [`export { SqlClient } from "@effect/sql"`, restrictedImport],
    [`export * from "./testing.ts"`, restrictedImport]
  ],
  "src/index.ts": [
    ...source,
    [`export * as Address from "./domain/Usdc.ts"`],
    [`export * from "./managers/MintManager.ts"`],
    [`export * as Live from "./layers/Live.ts"`],
    [`export { parseAbi } from "viem"`, restrictedImport],
    [`export { SqlClient } from "@effect/sql"`, restrictedImport],
    [`export { FileSystem } from "@effect/platform"`, restrictedImport],
    [`export * from "./testing.ts"`, restrictedImport]
  ],
  "src/testing.ts": [
    [`export * from "./layers/testing/Vault.ts"`],
    [`export { parseAbi } from "viem"`, restrictedImport]
  ],
  "test/Subject.test.ts": [
    ...everywhere,
    [`export const name = JSON.parse("1") as string`],
    [`export { parseAbi } from "viem"`],
    [`export * from "../../src/layers/Live.ts"`],
    [`console.log(Date.now())`]
  ],
  "src/domain/Long.ts": long,
  "src/domain/TooLong.ts": tooLong,
  "test/TooLong.test.ts": tooLong,
  "src/domain/CycleA.ts": [[`import type * as B from "./CycleB.ts"`, "import(no-cycle)"], [`export type A = B.B`]],
  "src/domain/CycleB.ts": [[`import type * as A from "./CycleA.ts"`, "import(no-cycle)"], [`export type B = A.A`]],
  "vitest.config.ts": [[`export default {}`]]
}

interface Report {
  readonly diagnostics: ReadonlyArray<{
    readonly code?: string
    readonly severity: string
    readonly filename: string
    readonly labels: ReadonlyArray<{ readonly span: { readonly line: number } }>
  }>
}

const lint = (root: string): Report => {
  cpSync(".oxlintrc.json", join(root, ".oxlintrc.json"))
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), lines.map(([code]) => `${code}\n`).join(""))
  }
  const oxlint = resolve("node_modules/oxlint/bin/oxlint")
  return JSON.parse(spawnSync(process.execPath, [oxlint, "--format", "json"], { cwd: root, encoding: "utf8" }).stdout)
}

describe("every rule fires where it should, and nowhere else", () => {
  const root = mkdtempSync(join(tmpdir(), "ballast-lint-"))
  const errors = lint(root).diagnostics.filter(({ severity }) => severity === "error")
  rmSync(root, { recursive: true })

  it.each(Object.entries(files))("%s", (file, lines) => {
    const rulesOf = (line: number) => {
      const found = errors.filter((error) => error.filename === file && error.labels[0]?.span.line === line)
      return new Set(found.map((error) => error.code ?? "unused-disable-directive"))
    }
    expect(lines.map(([code], index) => [code, ...rulesOf(index + 1)])).toEqual(lines)
  })
})
