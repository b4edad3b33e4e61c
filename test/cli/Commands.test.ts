/** The commands around the workflows: demo, sandbox, check, verify, help. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import { ballast, type Environment, eventually, mintOf, operation, ownDatabase, sandbox, start } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

/** Where there is no /proc nobody is found. */
const childrenOf = (parent: number): ReadonlyArray<number> =>
  process.platform !== "linux" ?
    [] :
    readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      try {
        // The name may hold spaces and brackets; after it come the state and the parent.
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]) === parent
      } catch {
        return false
      }
    })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("commands", (it) => {
  it.scoped("demo --json prints one document, and the balances add up", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* ballast(["demo", "--json"], {})
      assert.strictEqual(code, 0)
      const { balances, workflows, ...rest } = JSON.parse(stdout) as {
        balances: ReadonlyArray<object>
        workflows: ReadonlyArray<{ id: string; ms: number; type: string; state: string; succeeded: boolean }>
      }
      assert.deepStrictEqual(rest, { balanced: true })
      assert.deepStrictEqual(
        workflows.map(({ id, ms, ...workflow }) => [id.length, Number.isInteger(ms), workflow]),
        [
          [36, true, { type: "TokenizedEquityMint", state: "Completed", succeeded: true }],
          [36, true, { type: "EquityRedemption", state: "Completed", succeeded: true }],
          [36, true, { type: "UsdcRebalance", state: "DepositConfirmed", succeeded: true }],
          [36, true, { type: "UsdcRebalance", state: "DepositConfirmed", succeeded: true }]
        ]
      )
      assert.deepStrictEqual(balances, [
        { place: "Alpaca AAPL", before: "100", after: "93.75", expected: "93.75" },
        { place: "Alpaca MSFT", before: "50", after: "50", expected: "50" },
        { place: "Base wallet AAPL", before: "0", after: "6.25", expected: "6.25" },
        { place: "Base wallet MSFT", before: "0", after: "0", expected: "0" },
        { place: "Alpaca USDC", before: "10000", after: "9399.948", expected: "9399.948" },
        { place: "Ethereum wallet USDC", before: "0", after: "0", expected: "0" },
        { place: "Base wallet USDC", before: "0", after: "0", expected: "0" },
        { place: "Vault USDC", before: "5000", after: "5599.620032", expected: "5599.620032" },
        { place: "Alpaca's fees USDC", before: "0", after: "0.25", expected: "0.25" },
        { place: "CCTP's fees USDC", before: "0", after: "0.181968", expected: "0.181968" }
      ])
    }))

  /** A sandbox in one shell, its environment for another, and the processes of its chains. */
  const running = Effect.gen(function*() {
    const shell = yield* start(["sandbox", "--json"], {})
    yield* eventually("it runs", Effect.map(shell.said, (said) => said.includes("Ctrl-C stops it")))
    const environment = JSON.parse(yield* shell.printed) as Environment
    const chains = childrenOf(shell.pid).flatMap(childrenOf)
    assert.lengthOf(chains, process.platform === "linux" ? 2 : 0)
    return { shell, environment, chains }
  })

  it.scoped("sandbox in one shell, mint in another; it ends with a signal and keeps nothing", () =>
    Effect.gen(function*() {
      const { chains, environment, shell } = yield* running
      const minted = yield* ballast([...mintOf(randomUUID(), "10.5"), "--json"], environment)
      assert.strictEqual(minted.code, 0, minted.stderr)
      assert.strictEqual(operation(minted).data["sharesMinted"], "10.500000000000000000")
      const stopped = yield* shell.kill("SIGTERM")
      assert.strictEqual(stopped.code, 0)
      assert.deepStrictEqual(chains.filter(isAlive), [])
      const gone = yield* inProcess(mintOf(randomUUID()), environment)
      assert.strictEqual(gone.code, 2, "its database folder is gone with it")
    }))

  it.scoped("a sandbox logs where all commands do, and its reader may go away", () =>
    Effect.gen(function*() {
      const refused = yield* inProcess(["sandbox"], { BALLAST_LOG_LEVEL: "loud" })
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "BALLAST_LOG_LEVEL")
      const shell = yield* start(["list"], { BALLAST_DATABASE: "sqlite:nowhere/ballast.db" })
      shell.leave()
      assert.strictEqual((yield* shell.ended).code, 2)
    }))

  it.scoped("a sandbox that is killed takes its chains along", () =>
    Effect.gen(function*() {
      const { chains, environment, shell } = yield* running
      yield* shell.kill("SIGKILL")
      // The one thing that stays.
      const database = (environment["BALLAST_DATABASE"] ?? "").replace("sqlite:", "")
      rmSync(path.dirname(database), { recursive: true })
      yield* eventually("its chains are gone", Effect.sync(() => !chains.some(isAlive)))
    }))

  it.scoped("check tells what is right and what is not, and sends nothing", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const good = yield* inProcess(["check", "--json"], environment)
      assert.strictEqual(good.code, 0, good.stdout)
      assert.deepInclude(JSON.parse(good.stdout), { good: true })
      const bad = yield* inProcess(["check"], {
        ...environment,
        BALLAST_ALPACA_API_SECRET: "not-the-secret",
        BALLAST_BASE_CHAIN_ID: "84532"
      })
      assert.strictEqual(bad.code, 1)
      assert.include(bad.stdout, "Unauthenticated")
      assert.include(bad.stdout, "serves chain 8453, expected 84532")
      assert.notInclude(bad.stdout, "not-the-secret")
      assert.strictEqual(yield* world.alpaca.counts.of("POST mint"), 0)
    }))

  it.scoped("verify finds a view that is not as the log says, and rebuilds it", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      assert.strictEqual((yield* inProcess(mintOf(randomUUID()), environment)).code, 0)
      const filename = (environment["BALLAST_DATABASE"] ?? "").replace("sqlite:", "")
      yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE tokenized_equity_mint_view SET state = 'Failed'`),
        SqliteClient.layer({ filename })
      )
      const found = yield* inProcess(["verify", "--json"], environment)
      assert.strictEqual(found.code, 1)
      assert.include(found.stdout, "the log says \\\"Completed\\\"")
      assert.strictEqual((yield* inProcess(["verify", "--rebuild"], environment)).code, 0)
      assert.strictEqual((yield* inProcess(["verify"], environment)).code, 0)
    }))

  it.scoped("looking at a database that is not there creates none", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      for (const command of [["list"], ["show", randomUUID()], ["verify"]]) {
        const { code, stderr } = yield* inProcess(command, environment)
        assert.strictEqual(code, 2)
        assert.include(stderr, "BALLAST_DATABASE")
      }
    }))

  it.effect("every command has a help of its own, wherever among the options it is asked for", () =>
    Effect.gen(function*() {
      const usages = {
        "list --help": "$ list [--live]",
        "list --live -h": "$ list [--live]",
        "mint --help": "$ mint --symbol text",
        "mint --symbol AAPL --quantity --help": "$ mint --symbol text",
        "mint --unknown --help": "$ mint --symbol text",
        "show --help": "$ show [--config text] [--json] <ID>",
        "usdc --help": "$ usdc",
        "usdc base-to-alpaca --amount 1 --help": "$ base-to-alpaca --amount text",
        "unknown --help": "$ ballast"
      }
      for (const [typed, usage] of Object.entries(usages)) {
        const { code, stderr, stdout } = yield* inProcess(typed.split(" "), {})
        assert.deepStrictEqual([code, stderr], [0, ""], typed)
        assert.include(stdout, usage, typed)
      }
    }))

  it.scoped("help and version", () =>
    Effect.gen(function*() {
      const help = yield* ballast(["--help"], {})
      assert.strictEqual(help.code, 0)
      for (
        const command of [
          "demo",
          "sandbox",
          "run",
          "check",
          "mint",
          "list",
          "show",
          "resume",
          "recheck",
          "retry",
          "cancel",
          "reconcile",
          "verify"
        ]
      ) {
        assert.include(help.stdout, command)
      }
      assert.match((yield* ballast(["--version"], {})).stdout, /^\d+\.\d+\.\d+/)
    }))
})
