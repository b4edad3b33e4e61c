/** Every wrong value: exit code 2 and a message that names it, says what would be right, and comes before anything is sent. */
import { assert, layer } from "@effect/vitest"
import { Effect, Record } from "effect"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { ballast, type Environment, folder, mintOf, ownDatabase, Sandbox, sandbox } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

const id = "6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"
const good = { symbol: "AAPL", quantity: "1", id }

type Workflow = "mint" | "redeem"
const workflows: ReadonlyArray<Workflow> = ["mint", "redeem"]

const order = (workflow: Workflow, options: Readonly<Record<string, string>>) => [
  workflow,
  ...Object.entries({ ...good, ...options }).flatMap(([name, value]) => [`--${name}`, value])
]
const mint = (options: Readonly<Record<string, string>>) => order("mint", options)

/** Option by option: the value, and what the message must contain beside the option's name. */
const typed: ReadonlyArray<readonly [option: string, value: string, ...says: ReadonlyArray<string>]> = [
  ["symbol", "TSLA", "TSLA", "AAPL, MSFT"],
  ["symbol", "aapl", "aapl", "ticker"],
  ["quantity", "0", "more than zero", "\"0\""],
  ["quantity", "-1", "plain decimal", "\"-1\""],
  ["quantity", "1.0000000001", "at most 9 decimals", "1.0000000001"],
  ["quantity", "1e3", "plain decimal", "1e3"],
  ["quantity", " 1", "plain decimal", "\" 1\""],
  ["quantity", "1,5", "plain decimal", "1,5"],
  ["quantity", "NaN", "plain decimal", "NaN"],
  ["wallet", "0x12", "40 hex digits", "0x12"],
  [
    "wallet",
    "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "EIP-55",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
  ],
  ["wallet", "0x0000000000000000000000000000000000000000", "zero address"],
  ["id", "17", "UUID", "\"17\""],
  // As it stands in the message anyway.
  ["id", "U", "UUID", "got \"U\""],
  ["symbol", "", "ticker", "got \"\""]
]

const otherToken = (environment: Environment, change: (equity: { token: string; decimals: number }) => object) => {
  const equities: unknown = JSON.parse(environment["BALLAST_EQUITIES"] ?? "{}")
  const { AAPL } = equities as { AAPL: { token: string; decimals: number } }
  return JSON.stringify({ AAPL: { ...AAPL, ...change(AAPL) } })
}

/** Key by key. */
const configured: ReadonlyArray<
  readonly [key: string, value: string | ((environment: Environment) => string), ...says: ReadonlyArray<string>]
> = [
  ["BALLAST_ALPACA_BASE_URL", "broker-api", "https://", "broker-api"],
  ["BALLAST_ALPACA_BASE_URL", "http://broker-api.alpaca.markets", "https://"],
  ["BALLAST_ALPACA_BASE_URL", "http://127.evil.example", "https://"],
  ["BALLAST_ALPACA_BASE_URL", "", "is empty", "https://"],
  ["BALLAST_ALPACA_ACCOUNT_ID", "", "is empty"],
  ["BALLAST_ALPACA_AUTH", "digest", "headers", "basic", "digest"],
  ["BALLAST_ALPACA_API_SECRET", "a b", "without spaces"],
  ["BALLAST_HTTP_TIMEOUT", "20", "duration", "\"20\""],
  ["BALLAST_HTTP_TIMEOUT", "0 seconds", "duration above zero"],
  ["BALLAST_POLL_INTERVAL", "soon", "duration", "soon"],
  ["BALLAST_RETRY_ATTEMPTS", "0", "1 to 1000"],
  ["BALLAST_WALLET_PRIVATE_KEY", "0x1234", "64 hex digits", "6 characters (not shown)"],
  ["BALLAST_WALLET_PRIVATE_KEY", `0x${"0".repeat(64)}`, "private key", "not shown"],
  ["BALLAST_BASE_RPC_URL", "base", "http:// or https:// URLs", "not shown"],
  ["BALLAST_BASE_RPC_URL", "https://a.example/key,ftp://b.example", "http:// or https:// URLs"],
  ["BALLAST_BASE_CONFIRMATIONS", "0", "1 to 10000"],
  ["BALLAST_TX_STUCK_AFTER", "3", "duration", "\"3\""],
  ["BALLAST_MAX_FEE_PER_GAS", "200", "200 gwei", "got \"200\""],
  ["BALLAST_MAX_FEE_PER_GAS", "0 gwei", "above zero", "0 gwei"],
  ["BALLAST_MAX_FEE_PER_GAS", "0.0000000001 gwei", "above zero"],
  ["BALLAST_REDEMPTION_WALLET", "0x12", "EIP-55", "0x12"],
  ["BALLAST_EQUITIES", "AAPL", "BALLAST_EQUITIES"],
  ["BALLAST_EQUITIES", "{}", "at least one"],
  [
    "BALLAST_EQUITIES",
    (environment) => otherToken(environment, () => ({ token: "0x12" })),
    "AAPL.token",
    "40 hex digits"
  ],
  ["BALLAST_EQUITIES", (environment) => otherToken(environment, () => ({ decimals: 1.5 })), "AAPL.decimals"],
  ["BALLAST_EQUITY_MAX_PER_OPERATION", "0", "above zero"],
  ["BALLAST_DATABASE", "ballast.db", "sqlite:"],
  ["BALLAST_DATABASE", "sqlite:/no/such/folder/ballast.db", "/no/such/folder", "does not exist"],
  ["BALLAST_DURABILITY", "eventual", "full", "normal"],
  ["BALLAST_LOG_LEVEL", "loud", "info"],
  ["BALLAST_WALLET", "0x12", "no key that Ballast knows"],
  // Asked of the chains.
  ["BALLAST_BASE_CHAIN_ID", "8454", "8453", "8454"],
  ["BALLAST_BASE_RPC_URL", (environment) => environment["BALLAST_ETHEREUM_RPC_URL"] ?? "", "8453"],
  [
    "BALLAST_EQUITIES",
    (environment) => otherToken(environment, () => ({ token: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" })),
    "no contract"
  ],
  ["BALLAST_EQUITIES", (environment) => otherToken(environment, () => ({ decimals: 6 })), "18 decimals, not 6"]
]

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("wrong input", (it) => {
  const refused = (args: ReadonlyArray<string>, environment: Environment, says: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const { world } = yield* Sandbox
      const ended = yield* inProcess(args, environment)
      assert.strictEqual(ended.code, 2, ended.stderr)
      assert.strictEqual(ended.stdout, "")
      for (const words of says) assert.include(ended.stderr, words)
      assert.strictEqual(yield* world.alpaca.counts.of("POST mint"), 0, "nothing was sent")
      assert.strictEqual(yield* world.base.counts.of("eth_sendRawTransaction"), 0, "nothing was sent")
      return ended
    })

  for (const workflow of workflows) {
    for (const [option, value, ...says] of typed) {
      if (workflow === "redeem" && option === "wallet") continue
      it.scoped(`${workflow} --${option} ${JSON.stringify(value)}`, () =>
        Effect.gen(function*() {
          const { environment } = yield* ownDatabase
          yield* refused(order(workflow, { [option]: value }), environment, [`--${option}`, ...says])
        }))
    }

    for (const [key, value, ...says] of configured) {
      const shown = typeof value === "string" ? JSON.stringify(value) : `with ${says.join(", ")}`
      it.scoped(`${workflow} with ${key} ${shown}`, () =>
        Effect.gen(function*() {
          const { environment } = yield* ownDatabase
          const text = typeof value === "string" ? value : value(environment)
          const { stderr } = yield* refused(order(workflow, {}), { ...environment, [key]: text }, [key, ...says])
          if (says.some((words) => words.includes("not shown"))) assert.notInclude(stderr, text)
        }))
    }
  }

  it.scoped("a missing key", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      yield* refused(mint({}), Record.remove<string, string, string>(environment, "BALLAST_ALPACA_BASE_URL"), [
        "BALLAST_ALPACA_BASE_URL is missing",
        "https://"
      ])
    }))

  it.scoped("all that is wrong is told at once", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const wrong = { ...environment, BALLAST_POLL_INTERVAL: "soon", BALLAST_ALPACA_AUTH: "digest" }
      const says = ["BALLAST_POLL_INTERVAL", "BALLAST_ALPACA_AUTH", "--quantity", "--wallet"]
      yield* refused(mint({ quantity: "0", wallet: "0x1" }), wrong, says)
    }))

  it.scoped("all that the chains and the disk say against it is told at once", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const token = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
      const equities: unknown = JSON.parse(environment["BALLAST_EQUITIES"] ?? "{}")
      const { MSFT } = equities as { MSFT: object }
      yield* refused(mint({}), {
        ...environment,
        BALLAST_DATABASE: "sqlite:/no/such/folder/ballast.db",
        BALLAST_ETHEREUM_CHAIN_ID: "5",
        BALLAST_EQUITIES: JSON.stringify({ AAPL: { token, decimals: 18 }, MSFT: { ...MSFT, decimals: 6 } })
      }, [
        "BALLAST_DATABASE: ",
        "/no/such/folder",
        "BALLAST_ETHEREUM_RPC_URL: ",
        "BALLAST_EQUITIES at AAPL: ",
        "BALLAST_EQUITIES at MSFT: "
      ])
    }))

  it.scoped("more than may be minted at once", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      yield* refused(mint({ quantity: "2.5" }), { ...environment, BALLAST_EQUITY_MAX_PER_OPERATION: "2" }, [
        "2.5 AAPL",
        "BALLAST_EQUITY_MAX_PER_OPERATION, 2"
      ])
    }))

  it.scoped("our own wallet as the issuer's", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      yield* refused(mint({}), { ...environment, BALLAST_REDEMPTION_WALLET: world.wallet.address }, [
        "BALLAST_REDEMPTION_WALLET",
        "our own"
      ])
    }))

  const commands: Readonly<Record<string, readonly [ReadonlyArray<string>, string]>> = {
    "an unknown option": [[...mint({}), "--fast"], "unknown option --fast, see ballast mint --help"],
    "an unknown option before all others": [["mint", "--fast", ...mint({}).slice(1)], "unknown option --fast, see"],
    "an option of another command": [["list", "--wallet", "0x12"], "--wallet"],
    "a misspelt option": [["mint", "--symbl", "AAPL", "--quantity", "1"], "'--symbl' is not recognized. Did you mean"],
    "an option without its value": [["mint", "--quantity", "1", "--symbol"], "--symbol"],
    "an argument too many": [["show", id, "burn"], "'burn'"],
    "an argument too few": [["show"], "<ID>"],
    "an unknown command": [["burn"], `'verify', got "burn"`],
    "a missing option": [["mint", "--symbol", "AAPL"], "--quantity"],
    "an id that is none": [["show", "17"], "17"],
    "an id that nothing has": [["resume", id], id]
  }
  for (const [what, [args, says]] of Object.entries(commands)) {
    it.scoped(what, () =>
      Effect.gen(function*() {
        const { environment } = yield* ownDatabase
        yield* refused(args, environment, [says])
      }))
  }

  it.scoped("--json tells it as one document", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const { code, stdout } = yield* inProcess([...mint({ quantity: "0", wallet: "0x1" }), "--json"], environment)
      const { error } = JSON.parse(stdout) as { error: { type: string; problems: ReadonlyArray<string> } }
      assert.deepStrictEqual([code, error.type, error.problems.length], [2, "InvalidInput", 2])
      const misread = yield* inProcess(["mint", "--json"], environment)
      assert.deepStrictEqual(
        [misread.code, JSON.parse(misread.stdout).error.problems],
        [2, ["Expected to find option: '--symbol'", "Expected to find option: '--quantity'"]]
      )
    }))

  it.scoped("the environment wins over --config, that over .env, and each is checked", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const cwd = yield* folder
      const file = path.join(cwd, "config.json")
      const quiet: Environment = { ...environment, BALLAST_LOG_LEVEL: "none" }
      const levels = (env: string | undefined, config: string, dotEnv: string) => {
        writeFileSync(file, JSON.stringify({ BALLAST_POLL_TIMEOUT: config }))
        writeFileSync(path.join(cwd, ".env"), `BALLAST_POLL_TIMEOUT=${dotEnv}\n`)
        const rest = Record.remove(quiet, "BALLAST_POLL_TIMEOUT")
        return ballast(
          [...mint({}), "--dry-run", "--config", file],
          env === undefined ? rest : { ...rest, BALLAST_POLL_TIMEOUT: env },
          cwd
        )
      }
      assert.strictEqual((yield* levels("1 minute", "wrong", "wrong")).code, 0)
      assert.strictEqual((yield* levels(undefined, "1 minute", "wrong")).code, 0)
      assert.include((yield* levels(undefined, "from the file", "1 minute")).stderr, "from the file")
      writeFileSync(path.join(cwd, ".env"), "BALLAST_POOL_TIMEOUT=1 minute\n")
      writeFileSync(file, JSON.stringify({ BALLAST_DATABASES: "sqlite:x.db" }))
      const unknown = yield* ballast(["list", "--config", file], { ...environment, BALLAST_WALLET: "0x12" }, cwd)
      assert.strictEqual(unknown.code, 2)
      for (
        const key of ["BALLAST_POOL_TIMEOUT (in .env)", "BALLAST_DATABASES (in --config)", "BALLAST_WALLET (in the"]
      ) {
        assert.include(unknown.stderr, key)
      }
    }))

  it.scoped("the same id for something else is refused with both, and continues as what it is", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      assert.strictEqual((yield* inProcess(mintOf(id), environment)).code, 0)
      const { address } = world.redemptionWallet
      for (
        const [other, says] of [
          [{ symbol: "MSFT" }, "0.01 MSFT"],
          [{ quantity: "2" }, "2 AAPL"],
          [{ wallet: address }, `0.01 AAPL to ${address}`]
        ] as const
      ) {
        const { code, stderr } = yield* inProcess(mint({ quantity: "0.01", ...other }), environment)
        assert.strictEqual(code, 2)
        assert.include(stderr, `mint ${id} is 0.01 AAPL to ${world.wallet.address}; this asks for ${says}`)
      }
      assert.strictEqual((yield* inProcess(mintOf(id), environment)).code, 0)
    }))
})
