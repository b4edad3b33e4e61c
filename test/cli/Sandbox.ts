/**
 * Where the command line is tested: worlds in this process, each lent to one test at a time, and `ballast` as a child
 * process with a folder, a database and an environment of its own.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Context, Effect, Layer, Pool, type Scope } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { getAddress, type Hex } from "viem"
import { equityTokenAbi } from "../../src/layers/local/Contracts.ts"
import * as LocalWorld from "../../src/layers/local/LocalWorld.ts"
import type { LocalWorldError } from "../../src/layers/local/LocalWorldError.ts"
import * as Child from "./Child.ts"

type Keys = Readonly<Record<string, string>>

export interface Options {
  /** On top of the world's keys; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Written to a file and given as `--config`. */
  readonly config?: Keys | string
  /** Written to `.env` in the current folder. */
  readonly dotEnv?: Keys
  /** `sandbox` prints the keys of its world on purpose. */
  readonly mayTell?: boolean
}

export interface Sandbox {
  readonly world: LocalWorld.World
  /** What the command line is given. */
  readonly environment: Keys
  readonly folder: string
  readonly database: string
  readonly start: (args: ReadonlyArray<string>, options?: Options) => Effect.Effect<Child.Child, never, Scope.Scope>
  readonly ballast: (args: ReadonlyArray<string>, options?: Options) => Effect.Effect<Child.Ended>
}

class Worlds extends Context.Tag("test/cli/Worlds")<Worlds, Pool.Pool<LocalWorld.World, LocalWorldError>>() {}

/** As many tests run side by side as there are worlds: a fault or a count belongs to one of them alone. */
export const layer = (worlds: number): Layer.Layer<Worlds> =>
  Layer.scoped(
    Worlds,
    Pool.make({
      acquire: LocalWorld.make({
        blockTime: "100 millis",
        mintDelay: "50 millis",
        shares: { AAPL: "1000000", MSFT: "50" },
        settings: { wire: { strangeStatus: { word: "journaling", millis: 50 } } }
      }),
      size: worlds
    })
  )

/** A key of a node's provider is part of its URL. */
const rpcKey = "rpc-provider-key-51c7"

const secretKeys = [
  "BALLAST_WALLET_PRIVATE_KEY",
  "BALLAST_ALPACA_API_KEY",
  "BALLAST_ALPACA_API_SECRET",
  "BALLAST_ETHEREUM_RPC_URL",
  "BALLAST_BASE_RPC_URL"
]

/** Every secret value, and the forms in which it could come out again. */
const secretsOf = (...sources: ReadonlyArray<Readonly<Record<string, string | undefined>>>): ReadonlyArray<string> =>
  [
    rpcKey,
    ...sources.flatMap((keys) => {
      const pair = `${keys["BALLAST_ALPACA_API_KEY"]}:${keys["BALLAST_ALPACA_API_SECRET"]}`
      return [
        Buffer.from(pair).toString("base64"),
        ...secretKeys.flatMap((key) => keys[key] ?? []).filter((value) => value.length > 7)
      ]
    })
  ].flatMap((secret) => [secret, secret.replace(/^0x/, ""), encodeURIComponent(secret)])

const without = (keys: Readonly<Record<string, string | undefined>>): Keys =>
  Object.fromEntries(Object.entries(keys).flatMap(([key, value]) => value === undefined ? [] : [[key, value]]))

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-test-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** A world for this test alone, as if new, and an empty folder. Both are given back with the scope. */
export const open: Effect.Effect<Sandbox, LocalWorldError, Worlds | Scope.Scope> = Effect.gen(function*() {
  const world = yield* Pool.get(yield* Worlds)
  const settings = yield* world.alpaca.settings
  yield* Effect.addFinalizer(() =>
    Effect.all([
      world.alpaca.faults.clear,
      world.base.faults.clear,
      world.ethereum.faults.clear,
      world.alpaca.change(settings)
    ], { discard: true })
  )
  const folder = yield* temporaryFolder
  const database = path.join(folder, "ballast.db")
  const environment = {
    ...world.environment,
    BALLAST_DATABASE: `sqlite:${database}`,
    BALLAST_ETHEREUM_RPC_URL: `${world.ethereum.url}/${rpcKey}`,
    BALLAST_BASE_RPC_URL: `${world.base.url}/${rpcKey}`,
    BALLAST_BASE_CONFIRMATIONS: "2",
    BALLAST_POLL_INTERVAL: "50 millis",
    BALLAST_LOG_LEVEL: "trace"
  }
  const start: Sandbox["start"] = (args, { config, dotEnv = {}, env = {}, mayTell = false } = {}) =>
    Effect.suspend(() => {
      const file = path.join(folder, `${randomUUID()}.json`)
      if (config !== undefined) writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config))
      writeFileSync(
        path.join(folder, ".env"),
        Object.entries(dotEnv).map(([key, value]) => `${key}='${value}'\n`).join("")
      )
      return Child.start({
        args: config === undefined ? args : [...args, "--config", file],
        environment: without({ ...environment, ...env }),
        folder,
        secrets: mayTell ? [] : secretsOf(environment, env, dotEnv, typeof config === "object" ? config : {})
      })
    })
  return {
    world,
    environment,
    folder,
    database,
    start,
    ballast: (args, options) => Effect.scoped(Effect.flatMap(start(args, options), ({ ended }) => ended))
  }
})

/** A mint like no other: its id and its wallet tell its effects from those of all others. */
export interface Order {
  readonly id: string
  readonly wallet: Hex
  readonly quantity: string
  /** The command that begins or continues it. */
  readonly args: ReadonlyArray<string>
}

export const order = (quantity = "1.5"): Order => {
  const id = randomUUID()
  const wallet = getAddress(`0x${randomBytes(20).toString("hex")}`)
  const args = ["mint", "--symbol", "AAPL", "--quantity", quantity, "--wallet", wallet, "--id", id, "--json"]
  return { id, wallet, quantity, args }
}

/** What truly became of an order: the broker's requests under its id, the issuer's transactions, and tokens in the wallet. */
export const effectsOf = ({ alpaca, base, tokens }: LocalWorld.World, { id, wallet }: Order) =>
  Effect.gen(function*() {
    const { issuerTransactions, requests } = yield* alpaca.history
    const ours = requests.filter(({ clientRequestId }) => clientRequestId === id)
    const balances = yield* Effect.forEach(Object.values(tokens), ({ address, symbol }) =>
      Effect.promise(() =>
        base.client.readContract({ address, abi: equityTokenAbi, functionName: "balanceOf", args: [wallet] })
      ).pipe(Effect.map((units) =>
        [symbol, units] as const
      )))
    return {
      requests: ours,
      transactions: issuerTransactions.filter(({ to }) => to === wallet),
      tokens: Object.fromEntries(balances.filter(([, units]) => units > 0n))
    }
  })

/** Calls to all servers of the world, by server and name. */
export const counts = ({ alpaca, base, ethereum }: LocalWorld.World) =>
  Effect.all({ alpaca: alpaca.counts.all, base: base.counts.all, ethereum: ethereum.counts.all })

/** A look into the database from outside, as with the `sqlite3` shell; nothing if it is not there yet. */
export const query = <A extends object>(
  { database }: Pick<Sandbox, "database">,
  statement: string,
  options: { readonly readonly: boolean } = { readonly: true }
): Effect.Effect<ReadonlyArray<A>> =>
  SqliteClient.make({ filename: database, disableWAL: true, ...options }).pipe(
    Effect.flatMap((sql) => sql.unsafe<A>(statement)),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.sandbox,
    Effect.orElseSucceed(() => [])
  )

/** The types of an operation's events, in order. */
export const eventsOf = (sandbox: Pick<Sandbox, "database">, { id }: Pick<Order, "id">) =>
  Effect.map(
    query<{ readonly type: string }>(
      sandbox,
      `SELECT event_type AS type FROM events WHERE aggregate_id = '${id}' ORDER BY sequence`
    ),
    (rows) => rows.map(({ type }) => type)
  )
