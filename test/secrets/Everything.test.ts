/**
 * All that the four workflows write, and all that goes wrong, searched for every secret in every encoding. The one place
 * where secrets are shown on purpose is the stdout of `ballast sandbox`: those of a world that is gone with it.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Context, Effect, type Exit, Layer } from "effect"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import path from "node:path"
import * as Address from "../../src/domain/Address.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import { MintId, RebalanceId, RedemptionId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Config from "../../src/layers/Config.ts"
import * as ConfigSource from "../../src/layers/ConfigSource.ts"
import * as PrivateKeySigner from "../../src/layers/evm/PrivateKeySigner.ts"
import * as Live from "../../src/layers/Live.ts"
import * as Chain from "../../src/layers/local/Chain.ts"
import * as LocalWorld from "../../src/layers/local/LocalWorld.ts"
import * as Database from "../../src/layers/sql/Database.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import * as Policies from "../../src/managers/Policies.ts"
import * as RedemptionManager from "../../src/managers/RedemptionManager.ts"
import * as UsdcRebalanceManager from "../../src/managers/UsdcRebalanceManager.ts"
import { type Environment, folder, mintOf, redeemOf, start } from "../cli/Ballast.ts"
import { inProcess } from "../cli/InProcess.ts"
import * as Encodings from "./Encodings.ts"
import * as Recording from "./Recording.ts"

const rpc = {
  user: "rpc-user-4c1d",
  password: "rpc-password-77ab",
  path: "rpc-path-key-12fd",
  query: "rpc-query-key-90ee"
}

/** As providers of nodes have it, and as nobody should: every part of the URL is a secret. */
const withKeys = (url: string) =>
  `${url.replace("http://", `http://${rpc.user}:${rpc.password}@`)}/v2/${rpc.path}?apikey=${rpc.query}`

/** Such as nobody has: they are found wherever they stand. */
const stranger = {
  key: `0x${"9b1f6ad3".repeat(8)}`,
  secret: "another-api-secret-5d2c"
}

class World extends Context.Tag("test/secrets/World")<World, {
  readonly environment: Environment
  readonly folder: string
  /** Those that are known beforehand; tokens come as they are given. */
  readonly secrets: Array<Encodings.Secret>
}>() {}

const world = Layer.scoped(
  World,
  Effect.gen(function*() {
    const quick = "100 millis"
    const world = yield* LocalWorld.make({
      blockTime: "50 millis",
      mintDelay: quick,
      redeemDelay: quick,
      walletDelay: quick,
      tokens: { AAPL: "50" }
    })
    const place = yield* folder
    const environment: Environment = {
      ...world.environment,
      BALLAST_BASE_CONFIRMATIONS: "2",
      BALLAST_POLL_INTERVAL: quick,
      BALLAST_ATTESTATION_POLL_INTERVAL: quick,
      BALLAST_LOG_LEVEL: "trace",
      BALLAST_ETHEREUM_RPC_URL: withKeys(world.ethereum.url),
      BALLAST_BASE_RPC_URL: withKeys(world.base.url),
      BALLAST_DATABASE: `sqlite:${path.join(place, "ballast.db")}`
    }
    const { BALLAST_ALPACA_API_KEY: key = "", BALLAST_ALPACA_API_SECRET: secret = "" } = environment
    const secrets: Array<Encodings.Secret> = [
      ...["own", "issuer", "redemption", "alpaca custody"].map((name) => ({
        name: `private key: ${name}`,
        value: Chain.wallet(name).privateKey
      })),
      { name: "private key: stranger", value: stranger.key },
      { name: "API key", value: key },
      { name: "API secret", value: secret },
      { name: "API secret: stranger", value: stranger.secret },
      { name: "API key and secret", value: `${key}:${secret}` },
      ...Object.entries(rpc).map(([part, value]) => ({ name: `RPC URL: ${part}`, value })),
      { name: "RPC URL: user and password", value: `${rpc.user}:${rpc.password}` }
    ]
    return { environment, folder: place, secrets }
  })
)

/** Every file that is left in the folder. */
const files = (folder: string): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name))]))

const tellsNothing = (
  secrets: ReadonlyArray<Encodings.Secret>,
  written: Readonly<Record<string, string | Uint8Array>>
) => assert.deepStrictEqual(Encodings.make(secrets)(written), [])

const load = (environment: Environment) =>
  ConfigSource.load(Config.all).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

type Fetch = typeof globalThis.fetch

/** Notes what is sent to prove who we are, and the tokens that are given for it. */
const listening = (secrets: Array<Encodings.Secret>): Fetch => async (input, init) => {
  const headers = new Headers(init?.headers)
  for (const name of ["authorization", "apca-api-key-id", "apca-api-secret-key"]) {
    const value = headers.get(name)
    const bare = value?.replace(/^(?:Basic|Bearer) /, "")
    if (bare !== undefined && !secrets.some((secret) => secret.value === bare)) secrets.push({ name, value: bare })
  }
  const response = await fetch(input, init)
  if (String(input).includes("oauth2/token")) {
    const { access_token: value } = await response.clone().json() as { readonly access_token: string }
    secrets.push({ name: "access token", value })
  }
  return response
}

/** The whole program over a fetch of our own. */
const program = (config: Live.Configuration, fetch: Fetch) =>
  Live.layerOver(config, Live.chains(config)).pipe(
    Layer.provideMerge(PrivateKeySigner.layer(config.wallet)),
    Layer.provide(Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))),
    Layer.provide(Database.layer({ ...config.database, create: true })),
    Layer.merge(Policies.layer({ ...config.policies, retryAttempts: 2 }))
  )

const symbol = EquitySymbol.make("AAPL")
const quantity = Shares.fromUnits(1_500_000_000n)

/** Milliseconds, of a machine that has much else to do. */
const patience = 120_000

layer(world, { excludeTestServices: true, timeout: patience })("secrets", (it) => {
  it.scoped(
    "stand in nothing that the four workflows write: spans, logs of every level, database, endings",
    () =>
      Effect.gen(function*() {
        const { environment, folder, secrets } = yield* World
        const { layer: recorder, lines, spans } = yield* Recording.make
        const endings: Array<string> = []
        const wallet = Address.make(Chain.wallet("own").address)
        const run = <A, E, R>(
          auth: string,
          workflow: Effect.Effect<A, E, R>,
          changes: Environment = {},
          fetch = listening(secrets)
        ) =>
          Effect.gen(function*() {
            const config = yield* load({ ...environment, BALLAST_ALPACA_AUTH: auth, ...changes })
            endings.push(Recording.printed(config))
            return yield* workflow.pipe(Effect.provide(program(config, fetch)))
          }).pipe(
            Effect.exit,
            Effect.tap((exit) =>
              Effect.sync(() => endings.push(Recording.dumped(exit as Exit.Exit<unknown, unknown>)))
            ),
            Effect.provide(recorder)
          )
        const mint = Effect.suspend(() =>
          MintManager.executeMint(MintId.make(randomUUID()), { symbol, quantity, wallet })
        )
        const redeem = Effect.suspend(() =>
          RedemptionManager.executeRedemption(RedemptionId.make(randomUUID()), { symbol, quantity })
        )
        const oauth = {
          BALLAST_ALPACA_TOKEN_URL: `${environment["BALLAST_ALPACA_BASE_URL"]}/v1/oauth2/token`
        }
        const ended = [
          yield* run("headers", mint),
          yield* run("basic", redeem),
          yield* run(
            "oauth",
            UsdcRebalanceManager.executeAlpacaToBase(RebalanceId.make(randomUUID()), Usdc.fromUnits(1_000_000_000n)),
            oauth
          ),
          yield* run(
            "oauth",
            UsdcRebalanceManager.executeBaseToAlpaca(RebalanceId.make(randomUUID()), Usdc.fromUnits(400_000_000n)),
            oauth
          )
        ]
        assert.deepStrictEqual(
          ended.map((exit) => exit._tag === "Success" ? exit.value._tag : Recording.dumped(exit as never)),
          ["Completed", "Completed", "DepositConfirmed", "DepositConfirmed"]
        )
        assert.isTrue(secrets.some(({ name }) => name === "access token"), "tokens were given")

        // And what goes wrong, with a world that repeats what it was told.
        const dies: Fetch = (input, init) =>
          Promise.reject(Object.assign(new Error(`cannot send ${JSON.stringify(init?.headers)}`), { input, init }))
        const throws: Fetch = (_, init) => {
          throw new TypeError(`no headers: ${JSON.stringify(init)}`)
        }
        const echoes: Fetch = async (_, init) =>
          new Response(JSON.stringify({ message: init?.headers }), { status: 403 })
        const wrong = [
          yield* run("headers", mint, { BALLAST_ALPACA_API_SECRET: stranger.secret }),
          yield* run("basic", mint, { BALLAST_RETRY_ATTEMPTS: "1" }, dies),
          yield* run("headers", mint, { BALLAST_RETRY_ATTEMPTS: "1" }, throws),
          yield* run("headers", mint, {}, echoes),
          yield* run("basic", mint, {}, echoes),
          yield* run("headers", redeem, { BALLAST_WALLET_PRIVATE_KEY: stranger.key }),
          yield* run("headers", redeem, { BALLAST_BASE_RPC_URL: withKeys("http://127.0.0.1:1") }),
          yield* run("headers", Effect.dieMessage("a mistake")),
          yield* run(
            "headers",
            Effect.flatMap(load(environment), (config) => Effect.die(Object.assign(new Error("a mistake"), { config })))
          ),
          yield* run(
            "headers",
            Effect.flatMap(load(environment), ({ wallet }) => Effect.fail(`a mistake with the key ${wallet}`))
          )
        ]
        assert.isAtLeast(wrong.filter(({ _tag }) => _tag === "Failure").length, 6)
        assert.isAbove(spans.length, 500)
        assert.isAbove(lines.length, 100)
        tellsNothing(secrets, {
          spans: spans.join("\n"),
          logs: lines.join("\n"),
          endings: endings.join("\n"),
          ...files(folder)
        })
        assert.include(Object.keys(files(folder)), "ballast.db")
      }),
    patience
  )

  it.scoped("stand in nothing that a whole demo says, nor what commands say that fail", () =>
    Effect.gen(function*() {
      const { environment, folder, secrets } = yield* World
      const said: Record<string, string> = {}
      const demo = yield* start(["demo"], { BALLAST_LOG_LEVEL: "trace", BALLAST_LOG_FORMAT: "pretty" })
      const own = { ...environment, BALLAST_DATABASE: `sqlite:${path.join(folder, "commands.db")}` }
      const quick = { BALLAST_RETRY_ATTEMPTS: "2", BALLAST_POLL_TIMEOUT: "500 millis" }
      const key = stranger.key.slice(2)
      const cases: Readonly<Record<string, readonly [args: ReadonlyArray<string>, changes: Environment]>> = {
        "Alpaca does not know us": [mintOf(randomUUID()), { BALLAST_ALPACA_API_SECRET: stranger.secret }],
        "a key that has nothing": [redeemOf(randomUUID()), { BALLAST_WALLET_PRIVATE_KEY: stranger.key }],
        "a node that is down": [mintOf(randomUUID()), { BALLAST_BASE_RPC_URL: withKeys("http://127.0.0.1:1") }],
        "a node that is down, looked at": [["check"], { BALLAST_BASE_RPC_URL: withKeys("http://127.0.0.1:1") }],
        "a URL that is none": [["check"], { BALLAST_BASE_RPC_URL: `htp:/${rpc.path}` }],
        "a private key that is none": [["check"], { BALLAST_WALLET_PRIVATE_KEY: `${stranger.key}0` }],
        "a private key without 0x": [["check"], { BALLAST_WALLET_PRIVATE_KEY: key }],
        "a private key for an address": [["check"], { BALLAST_REDEMPTION_WALLET: stranger.key }],
        "a private key for a token": [["check"], {
          BALLAST_EQUITIES: `{"AAPL":{"token":"${stranger.key}","decimals":18}}`
        }],
        "a private key for a contract": [["check"], { BALLAST_VAULT_CONTRACT: key }],
        "an API secret with a space": [["check"], { BALLAST_ALPACA_API_SECRET: `${stranger.secret} x` }],
        "keys in the URL of Alpaca": [["check"], {
          BALLAST_ALPACA_BASE_URL: `https://client:${stranger.secret}@broker-api.alpaca.markets/?key=${stranger.secret}`
        }],
        "a key that nobody knows": [["check"], { BALLAST_WALLET_PRIVATE_KEYS: stranger.key }],
        "what is recorded": [["list"], {}],
        "whether it is sound": [["verify"], {}],
        "what it would do": [[...mintOf(randomUUID()), "--dry-run"], {}]
      }
      for (const [what, [args, changes]] of Object.entries(cases)) {
        for (const format of ["json", "pretty"]) {
          if (format === "pretty" && args[0] === "check") continue
          const ended = yield* inProcess(
            format === "json" ? [...args, "--json"] : args,
            { ...own, ...quick, ...changes, BALLAST_LOG_FORMAT: format }
          )
          said[`${what}, ${format}, exit ${ended.code}`] = ended.stdout + ended.stderr
        }
      }
      const { code, stderr, stdout } = yield* demo.ended
      assert.strictEqual(code, 0, stderr)
      assert.include(stderr, "DEBUG")
      said["demo"] = stdout + stderr
      tellsNothing(secrets, { ...said, ...files(folder) })
    }), patience)
})
