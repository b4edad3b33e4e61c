/** What the command line loads before it does what was typed: no times here, `npm run bench` tells those. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { builtIns } from "../../src/cli/BuiltIns.ts"
import * as Stored from "../../src/layers/Stored.ts"
import { ballast, folder } from "./Ballast.ts"

const dist = path.resolve(import.meta.dirname, "../../dist")

const Coverage = Schema.parseJson(Schema.Struct({ result: Schema.Array(Schema.Struct({ url: Schema.String })) }))

const Metafile = Schema.parseJson(Schema.Struct({
  outputs: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      imports: Schema.Array(Schema.Struct({ path: Schema.String, external: Schema.optional(Schema.Boolean) })),
      inputs: Schema.Record({ key: Schema.String, value: Schema.Struct({ bytesInOutput: Schema.Int }) })
    })
  })
}))

/** What each file of the bundle is made of, and what it takes from Node. */
const bundled = Effect.sync(() => {
  const { outputs } = Schema.decodeSync(Metafile)(readFileSync(path.join(dist, "bundle/meta.json"), "utf8"))
  return new Map(Object.entries(outputs).map(([file, output]) => [path.basename(file), output]))
})

const packageOf = (file: string) => file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]

/** Every file that Node has evaluated, as it says itself; that is of a program that comes to its end. */
const evaluated = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const cwd = yield* folder
    const coverage = path.join(cwd, "coverage")
    mkdirSync(coverage)
    const ended = yield* ballast(args, { ...environment, NODE_V8_COVERAGE: coverage }, cwd)
    const files = new Set(
      readdirSync(coverage).flatMap((name) =>
        Schema.decodeSync(Coverage)(readFileSync(path.join(coverage, name), "utf8")).result
      ).map(({ url }) => url).filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url))
    )
    return { ended, files: [...files] }
  })

/** The packages whose code is evaluated, the modules of Node that it asks for, and our own files. */
const loaded = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const outputs = yield* bundled
    const { ended, files } = yield* evaluated(args, environment)
    const parts = files.map((file) => outputs.get(path.basename(file))).filter((output) => output !== undefined)
    const inputs = parts.flatMap((output) => Object.entries(output.inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([input]) => input)
    return {
      ended,
      packages: [
        ...new Set([...files, ...inputs].map(packageOf).filter((name) => name !== undefined))
      ].toSorted(),
      node: new Set(
        parts.flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path)).map((name) =>
          name.replace("node:", "")
        )
      ),
      own: inputs.filter((input) => packageOf(input) === undefined).map((input) => input.replace(/^dist[^/]*\//, ""))
    }
  })

/** Of the platform its interfaces, and for Node those layers that commands take. */
const commandLine = [
  "@effect/cli",
  "@effect/platform",
  "@effect/platform-node",
  "@effect/platform-node-shared",
  "@effect/printer",
  "@effect/printer-ansi",
  "@effect/typeclass",
  "effect"
]

const store = [
  "@effect/experimental",
  "@effect/sql",
  "@effect/sql-sqlite-node",
  "@noble/hashes",
  "better-sqlite3",
  "bindings",
  "file-uri-to-path"
]

describe("start-up", () => {
  it.scoped("the help is printed by a file that loads nothing else", () =>
    Effect.gen(function*() {
      const { ended, files } = yield* evaluated(["mint", "--help"])
      assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
      assert.include(ended.stdout, "Shares at Alpaca become tokens on Base")
      assert.deepStrictEqual(files, [path.join(dist, "main.js")])
    }))

  it.scoped("and is that which the command line prints, for every command that it lists", () =>
    Effect.gen(function*() {
      const now = yield* builtIns
      assert.deepStrictEqual(JSON.parse(readFileSync(path.join(dist, "bundle/builtins.json"), "utf8")), now)
      const ours = now.find(({ args }) => args.join(" ") === "--help")
      const listed = [...(ours?.text ?? "").matchAll(/^\s+- ([a-z-]+(?: [a-z]+-[a-z-]+)?)/gm)].map(([, name]) => name)
      assert.deepStrictEqual(
        now.map(({ args }) => args.join(" ")).filter((line) => line.endsWith(" --help")).toSorted(),
        listed.map((name) => `${name} --help`).toSorted()
      )
      for (const args of [["--help"], ["-h"], ["usdc", "base-to-alpaca", "--help"], ["--version"]]) {
        const found = now.find((one) => one.args.join(" ") === args.join(" "))
        // With another option it is not what was printed ahead.
        const whole = yield* ballast([...args.slice(0, -1), "--log-level", "info", ...args.slice(-1)], {})
        const ahead = yield* ballast(args, {})
        assert.strictEqual(ahead.stdout, `${found?.text}\n`)
        assert.deepStrictEqual(whole, ahead)
      }
    }))

  it.scoped("commands that look at the log load the store, and no chain, server or compiler", () =>
    Effect.gen(function*() {
      const database = path.join(yield* folder, "ballast.db")
      yield* Effect.scoped(Effect.asVoid(Effect.provide(
        Effect.void,
        Stored.database({ path: database, durability: "full", leaseDuration: Duration.seconds(15) }, { create: true })
      )))
      const environment = { BALLAST_DATABASE: `sqlite:${database}` }
      const id = "6f1b2c3d-0000-4000-8000-000000000000"
      for (const args of [["list", "--live"], ["show", id]]) {
        const { ended, node, own, packages } = yield* loaded(args, environment)
        assert.strictEqual(ended.code, args[0] === "list" ? 0 : 2, ended.stderr)
        assert.deepStrictEqual(packages, [...commandLine, ...store].toSorted())
        for (const name of ["http", "https", "net", "child_process", "worker_threads"]) assert.notInclude(node, name)
        assert.deepStrictEqual(own.filter((file) => /^layers\/(alpaca|cctp|evm|http|local|testing)\//.test(file)), [])
      }
    }))
})
