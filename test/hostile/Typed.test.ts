/** Everything that reads what an operator typed, configured or keeps in a file. */
import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Option, Record, Schema, Stream } from "effect"
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect } from "vitest"
import * as Typed from "../../src/cli/Typed.ts"
import { OperationId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Config from "../../src/layers/Config.ts"
import * as ConfigSource from "../../src/layers/ConfigSource.ts"
import { inProcess } from "../cli/InProcess.ts"
import { load, minimal, secrets, token } from "../layers/Configuration.ts"
import { left } from "../support/spec.ts"
import * as Hostile from "./Hostile.ts"
import { expectTold, judge } from "./Judgement.ts"

const keys = [...Config.keys]
const fit = { secrets: Object.values(secrets), lines: true }

const problemsOf = (changes: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Either.match(load({ ...minimal, ...changes }), { onLeft: ({ problems }) => problems, onRight: () => [] })

describe("configuration", () => {
  it("each key takes each word, or says what is wrong with it", () => {
    for (const word of Hostile.allWords) {
      for (const problem of problemsOf(Object.fromEntries(keys.map((key) => [key, Hostile.said(word)])))) {
        expectTold(problem, fit)
        expect(problem).toContain("BALLAST_")
      }
    }
  })

  it("none takes what no value is, and none that is secret tells it", () => {
    const problems = problemsOf(Object.fromEntries(keys.map((key) => [key, `${key}=5ec4e7\u0000`])))
    for (const key of keys) {
      // A file can have any name.
      if (key === "BALLAST_DATABASE") continue
      const told = problems.filter((problem) => problem.startsWith(`${key}: `) || problem.startsWith(`${key} at`))
      expect(told, key).toHaveLength(1)
      if (key in secrets) expect(told.join()).not.toContain("5ec4e7")
    }
  })

  it("all that is wrong is told at once", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), Hostile.word, { maxKeys: 6 }), (words) => {
        const changes = Record.map(words, Hostile.said)
        const all = problemsOf(changes).join("\n")
        for (const [key, word] of Object.entries(changes)) {
          const isWrong = problemsOf({ [key]: word }).some((problem) => problem.startsWith(key))
          expect(isWrong && !all.includes(key), key).toBe(false)
        }
      }),
      { numRuns: 25 }
    )
  })

  it("BALLAST_EQUITIES", () => {
    const golden = { AAPL: { token, decimals: 18 } }
    fc.assert(
      fc.property(Hostile.recipe, (recipe) => {
        for (const problem of problemsOf({ BALLAST_EQUITIES: Hostile.text(golden, recipe) })) expectTold(problem, fit)
      }),
      { numRuns: 80 }
    )
  })

  it("says no more of a value than can be read", () => {
    const mistaken = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`\u001b[2J${n}`, n]))
    const { message } = left(load({ ...minimal, BALLAST_EQUITIES: JSON.stringify(mistaken) }))
    expect(message.split("\n").length).toBeLessThan(50)
    for (const line of message.split("\n")) expectTold(line)
  })

  it("a duration is never so long that its end is no time", () => {
    const problems = problemsOf({ BALLAST_LEASE_DURATION: "999999999 days", BALLAST_POLL_TIMEOUT: "3650 days" })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^BALLAST_LEASE_DURATION: expected a duration .* at most 3650 days/)
  })
})

const sourcesOf = (file: Option.Option<string>, dotEnv: boolean) =>
  ConfigSource.loadFrom({ environment: {}, file, dotEnv }, Config.looking)

const isLoaded = (value: unknown) => typeof value === "object"

describe("files", () => {
  const golden = {
    BALLAST_DATABASE: "sqlite:x.db",
    BALLAST_LOG_LEVEL: "debug",
    BALLAST_LEASE_DURATION: "10 seconds",
    OTHER: "x"
  }
  const holding = (bytes: Uint8Array) => FileSystem.layerNoop({ stream: () => Stream.make(bytes) })

  it("--config", async () => {
    const run = (recipe: Hostile.Recipe) =>
      judge(
        Effect.provide(sourcesOf(Option.some("c.json"), false), holding(Hostile.bytes(golden, recipe))),
        isLoaded,
        fit
      )
    for (const recipe of Hostile.everywhere(golden)) await run(recipe)
    const seen = new Set<string>()
    await fc.assert(fc.asyncProperty(Hostile.recipe, async (recipe) => void seen.add(await run(recipe))), {
      numRuns: 100
    })
    expect([...seen].toSorted()).toEqual(["failure", "value"])
  })

  it(".env", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Hostile.word), fc.uint8Array(), async (words, bytes) => {
        const lines = words.map(Hostile.said).map((word) => `BALLAST_LOG_LEVEL="${word}"\nBALLAST_${word}=1`)
        const file = Buffer.concat([Buffer.from(lines.join("\n")), bytes])
        await judge(Effect.provide(sourcesOf(Option.none(), true), holding(file)), isLoaded, fit)
      }),
      { numRuns: 50 }
    )
  })

  it("many keys that mean nothing", async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`BALLAST_\u009b${n}`, ""]))
    const file = Buffer.from(JSON.stringify(many))
    await judge(Effect.provide(sourcesOf(Option.some("c.json"), false), holding(file)), () => false, fit)
  })

  it("of 100 MB, or without an end, are not read to their end", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "ballast-hostile-"))
    try {
      const large = path.join(folder, "large.json")
      writeFileSync(large, "")
      truncateSync(large, 100 * 1024 * 1024)
      for (const file of [large, "/dev/zero"]) {
        const before = process.memoryUsage.rss()
        const found = await Effect.runPromise(
          Effect.either(Effect.provide(sourcesOf(Option.some(file), false), NodeFileSystem.layer))
        )
        expect(left(found).problems).toEqual([`${file} is larger than 1048576 bytes`])
        expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("what is typed", () => {
  it.effect("a command or an option that is none", () =>
    Effect.gen(function*() {
      for (const args of [["\u001b[2Jlist"], ["list", "--\u009b2J\u202elive"], ["show", "\u001b]0;x\u0007"]]) {
        const { code, stderr } = yield* inProcess(args, { BALLAST_DATABASE: "sqlite:/nowhere/x.db" })
        expect(code).toBe(2)
        expectTold(stderr.trim(), { lines: true })
      }
    }))

  const typed = fc.oneof(
    fc.record({ word: Hostile.word }),
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[0-9.e+-]{0,200}$/)
  )
  const textOf = (one: string | { readonly word: Hostile.Piece }) =>
    typeof one === "string" ? one : Hostile.said(one.word)
  const isUsdc = Schema.is(Schema.typeSchema(Usdc.PositiveUsdc))
  const isShares = Schema.is(Schema.typeSchema(Shares.PositiveShares))

  it("ids, amounts, symbols and addresses", async () => {
    await fc.assert(
      fc.asyncProperty(typed, typed, async (first, second) => {
        const [one, other] = [textOf(first), textOf(second)]
        const maybe = Option.some(other)
        await judge(Typed.operationId(one), Schema.is(OperationId), { lines: true })
        await judge(Typed.rebalance({ amount: one, id: Option.none() }), ({ amount }) => isUsdc(amount), {
          lines: true
        })
        await judge(Typed.rebalance({ amount: "1", id: maybe }), ({ amount }) => isUsdc(amount), { lines: true })
        await judge(
          Typed.mint({ symbol: one, quantity: other, wallet: maybe, id: maybe }, Option.none()),
          ({ request }) => isShares(request.quantity),
          { lines: true }
        )
        await judge(
          Typed.redemption({ symbol: "AAPL", quantity: one, id: Option.none(), parallel: false }, Option.none()),
          ({ request }) => isShares(request.quantity),
          { lines: true }
        )
      }),
      { numRuns: 80 }
    )
  })

  it("what cannot be seen is spelled out", () => {
    const wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\u200b"
    const { message } = Effect.runSync(
      Effect.flip(
        Typed.mint({ symbol: "AAPL", quantity: "1", wallet: Option.some(wallet), id: Option.none() }, Option.none())
      )
    )
    expect(message).toContain("BeAed\\u{200b}\"")
  })
})
