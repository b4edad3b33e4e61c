import { describe, expect, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Record, Schema } from "effect"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ContractAbis from "../../../src/layers/local/ContractAbis.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import * as Solidity from "../../../src/layers/local/Solidity.ts"

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "ballast-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

const artifact = { abi: [{ type: "constructor" }], bytecode: "0x60" }
const artifacts = Object.fromEntries(Object.keys(Contracts.Artifacts.fields).map((name) => [name, artifact]))

const Parameters = Schema.Array(
  Schema.Struct({
    type: Schema.String,
    indexed: Schema.optionalWith(Schema.Boolean, { default: () => false })
  })
)

/** What matters of a contract's interface, in one form. */
const Abi = Schema.Array(Schema.Struct({
  type: Schema.String,
  name: Schema.optional(Schema.String),
  inputs: Schema.optionalWith(Parameters, { default: () => [] }),
  outputs: Schema.optionalWith(Parameters, { default: () => [] }),
  stateMutability: Schema.optional(Schema.String)
}))

/** Stands in for the compiler and counts how often it is asked. */
const makeCompiler = () => {
  const compiler = {
    runs: 0,
    compile: () =>
      Effect.sync(() => {
        compiler.runs++
        return artifacts
      })
  }
  return compiler
}

const load = (options?: Contracts.Options) => Contracts.load(options).pipe(Logger.withMinimumLogLevel(LogLevel.None))

const shapes = (abi: unknown) => Schema.decodeUnknownSync(Abi)(abi).map((item) => JSON.stringify(item)).toSorted()

describe("Contracts", () => {
  it.live("what we call is what was compiled", () =>
    Effect.gen(function*() {
      const { EquityToken } = yield* load()
      expect(shapes(Contracts.equityTokenAbi)).toEqual(shapes(EquityToken.abi))
    }), 30_000)

  it.live("what the world itself calls and reads is what was compiled", () =>
    Effect.gen(function*() {
      const compiled = yield* load()
      const called = {
        UsdcProxy: ContractAbis.usdcProxyAbi,
        Usdc: ContractAbis.usdcAbi,
        MessageTransmitterV2: ContractAbis.transmitterAbi,
        TokenMessengerV2: ContractAbis.messengerAbi,
        TokenMinterV2: ContractAbis.minterAbi,
        RainOrderBook: ContractAbis.orderBookAbi,
        RaindexInventory: ContractAbis.inventoryAbi
      }
      for (const [name, abi] of Record.toEntries(called)) {
        expect(shapes(compiled[name].abi), name).toEqual(expect.arrayContaining(shapes(abi)))
      }
    }), 30_000)

  it.scopedLive("compiles once, also for another process that looks into the same cache", () =>
    Effect.gen(function*() {
      const cache = join(yield* temporary, "deep", "cache")
      const compiler = makeCompiler()
      const first = yield* load({ cache, compile: compiler.compile })
      const second = yield* load({ cache, compile: compiler.compile })
      expect(second).toEqual(first)
      expect(compiler.runs).toBe(1)
    }))

  it.scopedLive("two that compile at once both succeed and leave one whole file", () =>
    Effect.gen(function*() {
      const cache = yield* temporary
      const compiler = makeCompiler()
      const once = load({ cache, compile: compiler.compile })
      yield* Effect.all([once, once], { concurrency: 2 })
      expect(yield* Effect.promise(() => readdir(cache))).toHaveLength(1)
      yield* once
      expect(compiler.runs).toBeLessThanOrEqual(2)
    }))

  it.scopedLive("compiles again when a source changed or the cached file is damaged", () =>
    Effect.gen(function*() {
      const [cache, sources] = [yield* temporary, yield* temporary]
      const compiler = makeCompiler()
      const once = load({ cache, sources, compile: compiler.compile })
      yield* once
      yield* Effect.promise(() => writeFile(join(sources, "New.sol"), "contract New {}"))
      yield* once
      expect(compiler.runs).toBe(2)
      for (const file of yield* Effect.promise(() => readdir(cache))) {
        yield* Effect.promise(() => writeFile(join(cache, file), "{\"EquityToken\":"))
      }
      yield* once
      expect(compiler.runs).toBe(3)
    }))

  it.scopedLive("works where the cache cannot be written", () =>
    Effect.gen(function*() {
      const file = join(yield* temporary, "a-file")
      yield* Effect.promise(() => writeFile(file, ""))
      expect(yield* load({ cache: file, compile: makeCompiler().compile })).toEqual(artifacts)
    }))

  it.live("a mistake in a source is told in the compiler's words", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Solidity.compile({ "Wrong.sol": "contract Wrong { uint256 x = true; }" }))
      expect(error.reason).toBe("CompilerFailed")
      expect(error.message).toContain("Wrong.sol:1")
    }), 30_000)
})
