import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { describe, expect, it } from "vitest"

/** A line of a file, and the diagnostics that must fail it. */
type Line = readonly [code: string, ...diagnostics: ReadonlyArray<string>]

const everywhere: ReadonlyArray<Line> = [
  [`import { Context, Effect, Layer, Schema } from "effect"`],
  [`export class A extends Context.Tag("A")<A, { readonly get: Effect.Effect<number, "refused"> }>() {}`],
  [`export class B extends Context.Tag("B")<B, string>() {}`],
  [`export class C extends Context.Tag("C")<A, string>() {}`, "classSelfMismatch"],
  [`Effect.succeed(1)`, "floatingEffect"],
  [`export const context: Effect.Effect<string> = B`, "missingEffectContext"],
  [`export const error: Effect.Effect<number, never, A> = Effect.flatMap(A, (a) => a.get)`, "missingEffectError"],
  [`export const layer: Layer.Layer<B> = Layer.effect(B, Effect.map(A, () => "b"))`, "missingLayerContext"],
  [`export const stop = Effect.gen(function*() { yield* Effect.fail(1) })`, "missingReturnYieldStar"],
  [`export const nested = Effect.gen(function*() { yield* Effect.void; return Effect.void })`, "returnEffectInGen"],
  [`export const dropped: Effect.Effect<void> = Effect.succeed(Effect.void)`, "effectInVoidSuccess"],
  [`export const global = Effect.fail(new Error())`, "globalErrorInEffectFailure"],
  [`export const lazy = Effect.sync(() => Promise.resolve(1))`, "lazyPromiseInEffectSync"],
  [
    `export const run = Effect.gen(function*() { yield* Effect.void; Effect.runSync(Effect.void) })`,
    "runEffectInsideEffect"
  ],
  [`export const caught = Effect.gen(function*() { try { yield* Effect.void } catch {} })`, "tryCatchInEffectGen"],
  // A matter of taste: left to the editor.
  [`export const taste = Effect.succeed(1).pipe(Effect.flatMap((one) => Effect.succeed(one + 1)))`],
  [`export const nothing = Effect.succeed(undefined)`]
]

const narrowed: Line = [`export const sure = Effect.fail("x") as Effect.Effect<never>`, "unsafeEffectTypeAssertion"]
const open: Line = [`export const open = Effect.fail(JSON.parse("1"))`, "anyUnknownInErrorContext"]
const provided: Line = [`export const provided = Effect.provide(B, Layer.succeed(B, "b"))`, "strictEffectProvide"]
const legal = ([code]: Line): Line => [code]

const source: ReadonlyArray<Line> = [
  ...everywhere,
  [
    `export const sync = Effect.gen(function*() { yield* B; return Schema.decodeSync(Schema.String)("") })`,
    "schemaSyncInEffect"
  ],
  [`export const idle = Effect.succeed(1).pipe(Effect.catchAll(() => Effect.succeed(2)))`, "catchUnfailableEffect"],
  [
    `export class D extends Context.Tag("D")<D, { readonly e: Effect.Effect<1, 2, B>; readonly f: Effect.Effect<1, 2, B> }>() {}`,
    "leakingRequirements"
  ]
]

const files: Readonly<Record<string, ReadonlyArray<Line>>> = {
  "src/domain/Subject.ts": [...source, narrowed, open, provided],
  "src/services/Subject.ts": [...source, narrowed, open, provided],
  "src/managers/Subject.ts": [...source, narrowed, open, provided],
  "src/managers/Steps.ts": [...source, legal(narrowed), legal(open), provided],
  "src/layers/evm/Subject.ts": [...source, narrowed, open, legal(provided)],
  "src/cli/Subject.ts": [...source, narrowed, open, legal(provided)],
  "test/Subject.test.ts": [
    ...everywhere,
    [`export const star = Effect.gen(function*() { yield Effect.void })`, "missingStarInYieldEffectGen"],
    legal(narrowed),
    legal(open),
    legal(provided)
  ]
}

const compile = (root: string) => {
  cpSync("tsconfig.json", join(root, "tsconfig.json"))
  symlinkSync(resolve("node_modules"), join(root, "node_modules"), "junction")
  writeFileSync(join(root, "package.json"), `{ "name": "ballast", "type": "module" }`)
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), lines.map(([code]) => `${code}\n`).join(""))
  }
  const tsc = resolve("node_modules/typescript/bin/tsc")
  return spawnSync(process.execPath, [tsc, "--pretty", "false"], { cwd: root, encoding: "utf8" })
}

// Without the patched compiler (`npm run prepare`) tsc passes all of this in silence: that must not go unseen.
describe("tsc fails on what Effect's types alone let through", () => {
  const root = mkdtempSync(join(tmpdir(), "ballast-types-"))
  const { status, stdout } = compile(root)
  rmSync(root, { recursive: true })

  it("exits with an error", () => expect(status).not.toBe(0))

  it.each(Object.entries(files))("%s", (file, lines) => {
    const diagnosticsOf = (line: number) => {
      const entries = stdout.split(/^(?=\S+\(\d+,\d+\): )/m).filter((entry) => entry.startsWith(`${file}(${line},`))
      return new Set(entries.flatMap((entry) => entry.match(/(?<=effect\()\w+/g) ?? []))
    }
    expect(lines.map(([code], index) => [code, ...diagnosticsOf(index + 1)])).toEqual(lines)
  })
})
