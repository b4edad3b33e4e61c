/** The commands around the workflows: demo, sandbox, check, verify, help. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { ballast, eventually, mintOf, ownDatabase, sandbox, start } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("commands", (it) => {
  it.scoped("demo --json prints one document, and the balances add up", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* ballast(["demo", "--json"], {})
      assert.strictEqual(code, 0)
      const { balanced, balances, workflows } = JSON.parse(stdout) as {
        balanced: boolean
        balances: Array<object>
        workflows: Array<object>
      }
      assert.isTrue(balanced)
      assert.deepInclude(balances, { place: "Alpaca AAPL", before: "100", after: "89.5", expected: "89.5" })
      assert.deepInclude(balances, { place: "Base wallet AAPL", before: "0", after: "10.5", expected: "10.5" })
      assert.deepInclude(workflows[0], { type: "TokenizedEquityMint", state: "Completed", succeeded: true })
    }))

  it.scoped("sandbox prints the environment that points another command at it, and ends with a signal", () =>
    Effect.gen(function*() {
      const world = yield* start(["sandbox", "--json"], {})
      yield* eventually("it runs", Effect.map(world.said, (said) => said.includes("Ctrl-C stops it")))
      const stopped = yield* world.kill("SIGTERM")
      assert.strictEqual(stopped.code, 0)
      const environment = JSON.parse(stopped.stdout) as Record<string, string>
      assert.containsAllKeys(environment, ["BALLAST_ALPACA_BASE_URL", "BALLAST_BASE_RPC_URL", "BALLAST_DATABASE"])
      const gone = yield* inProcess(mintOf(randomUUID()), environment)
      assert.strictEqual(gone.code, 2, "its database folder is gone with it")
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

  it.scoped("help and version", () =>
    Effect.gen(function*() {
      const help = yield* ballast(["--help"], {})
      assert.strictEqual(help.code, 0)
      for (
        const command of ["demo", "sandbox", "run", "check", "mint", "list", "show", "resume", "recheck", "verify"]
      ) {
        assert.include(help.stdout, command)
      }
      assert.match((yield* ballast(["--version"], {})).stdout, /^\d+\.\d+\.\d+/)
    }))
})
