/** The command line as its users have it: a process of its own, pointed at a local world, which can be killed. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert } from "@effect/vitest"
import { Context, Duration, Effect, Either, Layer, Schedule, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Decimal from "../../src/domain/Decimal.ts"
import * as LocalWorld from "../../src/layers/local/LocalWorld.ts"

const main = path.resolve(import.meta.dirname, "../../dist/main.js")

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export interface Running {
  readonly ended: Effect.Effect<Ended>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<Ended>
  /** What it has said on stderr by now. */
  readonly said: Effect.Effect<string>
  /** And on stdout. */
  readonly printed: Effect.Effect<string>
  /** Nobody reads any more what it prints. */
  readonly leave: () => void
  readonly pid: number
}

export type Environment = Readonly<Record<string, string>>

/** A node's provider puts its key into the URL. */
const rpcKey = "key-of-the-rpc-provider"

const secretKeys = [
  "BALLAST_WALLET_PRIVATE_KEY",
  "BALLAST_ALPACA_API_KEY",
  "BALLAST_ALPACA_API_SECRET",
  "BALLAST_ETHEREUM_RPC_URL",
  "BALLAST_BASE_RPC_URL"
]

/** None of them may ever be seen, whatever the log level; every run of every test is held against this. */
export const tellsNoSecret = (environment: Environment, { stderr, stdout }: Ended): void => {
  assert.notInclude(stdout + stderr, rpcKey)
  const { BALLAST_ALPACA_API_KEY: key, BALLAST_ALPACA_API_SECRET: secret } = environment
  assert.notInclude(stdout + stderr, Buffer.from(`${key}:${secret}`).toString("base64"))
  for (const name of secretKeys) {
    const value = environment[name] ?? ""
    if (value.length > 8) assert.notInclude(stdout + stderr, value.replace(/^0x/, ""), `${name} was shown`)
  }
}

const limit = "40 seconds"

/** Starts a command; it is dead when the scope closes. */
export const start = (
  args: ReadonlyArray<string>,
  environment: Environment,
  cwd = tmpdir()
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function*() {
    const out = { stdout: "", stderr: "" }
    const child = yield* Effect.acquireRelease(
      Effect.sync((): ChildProcess =>
        spawn(process.execPath, [main, ...args], {
          cwd,
          env: { PATH: process.env["PATH"], ...environment },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    child.stdout?.on("data", (part) => out.stdout += String(part))
    child.stderr?.on("data", (part) => out.stderr += String(part))
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve))
    const ended = Effect.promise(() => closed).pipe(
      Effect.timeoutFail({ duration: limit, onTimeout: () => `${args.join(" ")} does not end: ${out.stderr}` }),
      Effect.orDie,
      Effect.map((code): Ended => {
        const ended = { code, ...out }
        tellsNoSecret(environment, ended)
        return ended
      })
    )
    return {
      ended,
      kill: (signal) => Effect.zipRight(Effect.sync(() => child.kill(signal)), ended),
      said: Effect.sync(() => out.stderr),
      printed: Effect.sync(() => out.stdout),
      leave: () => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      },
      pid: child.pid ?? 0
    }
  })

/** Runs a command to its end. */
export const ballast = (args: ReadonlyArray<string>, environment: Environment, cwd?: string): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, environment, cwd), ({ ended }) => ended))

/** A folder that is gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-test-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** One world, and one database for all commands that are not given another. */
export class Sandbox extends Context.Tag("test/Sandbox")<Sandbox, {
  readonly world: LocalWorld.World
  readonly environment: Environment
}>() {}

const make = (options: LocalWorld.Options) =>
  Effect.gen(function*() {
    const world = yield* LocalWorld.make({ blockTime: "100 millis", mintDelay: "100 millis", ...options })
    const BALLAST_DATABASE = `sqlite:${path.join(yield* folder, "ballast.db")}`
    const quick = {
      BALLAST_BASE_CONFIRMATIONS: "2",
      BALLAST_POLL_INTERVAL: "100 millis",
      BALLAST_ATTESTATION_POLL_INTERVAL: "100 millis",
      BALLAST_LOG_LEVEL: "trace"
    }
    const nodes = {
      BALLAST_ETHEREUM_RPC_URL: `${world.ethereum.url}/${rpcKey}`,
      BALLAST_BASE_RPC_URL: `${world.base.url}/${rpcKey}`
    }
    return { world, environment: { ...world.environment, ...quick, ...nodes, BALLAST_DATABASE } }
  })

/** Quick: a mint takes about half a second of the world's time. */
export const sandbox: Layer.Layer<Sandbox, unknown> = Layer.scoped(Sandbox, make({}))

/** With tokens to redeem, as quick. */
export const redemptionSandbox: Layer.Layer<Sandbox, unknown> = Layer.scoped(
  Sandbox,
  make({ tokens: { AAPL: "50" }, redeemDelay: "100 millis" })
)

/** USDC everywhere, some of it in our wallet that is none of a rebalance's. */
export const rebalanceSandbox = (
  options: Pick<LocalWorld.Options, "vault" | "tokens"> = {}
): Layer.Layer<Sandbox, unknown> =>
  Layer.scoped(
    Sandbox,
    make({
      usdc: { alpaca: "100000", vault: "100000", ethereumWallet: "777", baseWallet: "888" },
      walletDelay: "100 millis",
      blockTime: "50 millis",
      ...options
    })
  )

/** A database of its own for one test. */
export const ownDatabase = Effect.gen(function*() {
  const { environment, world } = yield* Sandbox
  const own: Environment = { ...environment, BALLAST_DATABASE: `sqlite:${path.join(yield* folder, "ballast.db")}` }
  return { world, environment: own }
})

export const mintOf = (
  id: string,
  quantity = "0.01"
) => ["mint", "--symbol", "AAPL", "--quantity", quantity, "--id", id]

export const redeemOf = (
  id: string,
  quantity = "0.01"
) => ["redeem", "--symbol", "AAPL", "--quantity", quantity, "--id", id]

export const rebalanceOf = (direction: "alpaca-to-base" | "base-to-alpaca", id: string, amount: string) => [
  "usdc",
  direction,
  "--amount",
  amount,
  "--id",
  id
]

const Operation = Schema.parseJson(Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  state: Schema.String,
  finished: Schema.Boolean,
  settled: Schema.Boolean,
  succeeded: Schema.Boolean,
  version: Schema.Int,
  data: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  failure: Schema.optional(
    Schema.Struct({ reason: Schema.String, detail: Schema.String, place: Schema.String, amount: Schema.String })
  ),
  events: Schema.Array(
    Schema.Struct({ sequence: Schema.Int, type: Schema.String, at: Schema.String, payload: Schema.Unknown })
  ),
  transactions: Schema.Array(Schema.Struct({
    step: Schema.String,
    attempt: Schema.Int,
    chain: Schema.String,
    nonce: Schema.Int,
    status: Schema.String,
    hash: Schema.NullOr(Schema.String),
    signatures: Schema.Array(Schema.Struct({ hash: Schema.String, kind: Schema.String }))
  }))
}))

/** The one document that `--json` printed about an operation. */
export const operation = ({ stdout }: Ended) => Schema.decodeSync(Operation)(stdout)

/** Looks every few milliseconds; fails when it takes too long. */
export const eventually = <R>(what: string, condition: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(condition, { until: (holds) => holds, schedule: Schedule.spaced("10 millis") }).pipe(
    Effect.timeoutFail({ duration: Duration.seconds(20), onTimeout: () => `never: ${what}` }),
    Effect.orDie
  )

/** What truly happened under this id, from the broker's books and the issuer's transactions. */
export const truth = (id: string) =>
  Effect.gen(function*() {
    const { world } = yield* Sandbox
    const { issuerTransactions, requests } = yield* world.alpaca.history
    const ours = requests.filter(({ clientRequestId }) => clientRequestId === id)
    const mints = issuerTransactions.filter(({ requestId }) => ours.some((request) => request.id === requestId))
    return { requests: ours.length, mints: mints.filter(({ status }) => status === "mined").length }
  })

/** Every transfer of exactly this amount that is on the chain: each redemption of a test has an amount of its own. */
export const transfersOf = (quantity: string) =>
  Effect.gen(function*() {
    const { world } = yield* Sandbox
    const { redemptionTransfers } = yield* world.alpaca.history
    const units = Either.getOrThrow(Decimal.parse(quantity, 18))
    return redemptionTransfers.filter(({ amount }) => amount === units)
  })

/** The types of an operation's events by now, as another program sees them in the file; none if it is not there yet. */
export const eventsOf = ({ BALLAST_DATABASE = "" }: Environment, id: string): Effect.Effect<ReadonlyArray<string>> =>
  SqliteClient.make({ filename: BALLAST_DATABASE.replace("sqlite:", ""), readonly: true, disableWAL: true }).pipe(
    Effect.flatMap((sql) =>
      sql<{ type: string }>`SELECT event_type AS type FROM events WHERE aggregate_id = ${id} ORDER BY sequence`
    ),
    Effect.map((rows) => rows.map(({ type }) => type)),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.sandbox,
    Effect.orElseSucceed(() => [])
  )
