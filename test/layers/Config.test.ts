/** What an operator can set, read in this process: every key for itself, and all sources together. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Inspectable, Option, Redacted } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { inspect } from "node:util"
import * as Config from "../../src/layers/Config.ts"
import * as ConfigSource from "../../src/layers/ConfigSource.ts"
import { left, right } from "../support/spec.ts"
import { type Keys, load, minimal, problems, secrets, token, without } from "./Configuration.ts"

describe("Config", () => {
  it("has the defaults of the documentation", () => {
    const { alpaca, base, database, equities, ethereum, logging, policies } = right(load(minimal))
    assert.deepStrictEqual(
      {
        ...database,
        ...logging,
        ...policies,
        leaseDuration: Duration.format(database.leaseDuration),
        retryBase: Duration.format(policies.retryBase),
        retryMax: Duration.format(policies.retryMax),
        pollInterval: Duration.format(policies.pollInterval),
        pollTimeout: Duration.format(policies.pollTimeout),
        recheckInterval: Duration.format(policies.recheckInterval),
        attestationPollInterval: Duration.format(policies.attestationPollInterval),
        attestationTimeout: Duration.format(policies.attestationTimeout),
        withdrawalSettlingTime: Duration.format(policies.withdrawalSettlingTime)
      },
      {
        path: "ballast.db",
        durability: "full",
        leaseDuration: "15s",
        format: Option.none(),
        level: "info",
        retryBase: "500ms",
        retryMax: "1m",
        retryAttempts: 10,
        pollInterval: "10s",
        pollTimeout: "30m",
        recheckInterval: "10m",
        attestationPollInterval: "5s",
        attestationTimeout: "1d",
        withdrawalSettlingTime: "2m"
      }
    )
    assert.deepStrictEqual(
      [alpaca.auth, Duration.format(alpaca.timeout), alpaca.baseUrl],
      ["headers", "20s", "https://broker-api.alpaca.markets"]
    )
    assert.deepStrictEqual([ethereum.chainId, ethereum.confirmations], [1, 3])
    assert.deepStrictEqual([base.chainId, base.confirmations], [8453, 10])
    assert.deepStrictEqual(base.urls.map(Redacted.value), [
      "https://base.example/v2/rpc-key-12fd",
      "http://localhost:8545/"
    ])
    assert.deepStrictEqual(
      [equities.issuer, equities.network, equities.maxPerOperation, equities.redemptionWallet],
      ["st0x", "base", Option.none(), Option.none()]
    )
    assert.deepStrictEqual([...equities.equities.entries()].map(([symbol, equity]) => [symbol, equity.token]), [
      ["AAPL", token]
    ])
  })

  it("shows no secret, however it is printed", () => {
    // JSON knows no bigint, and none of them is a secret.
    const whole = (_: string, value: unknown) => typeof value === "bigint" ? String(value) : value
    const config = right(load(minimal))
    const printed = [Inspectable.toStringUnknown(config), JSON.stringify(config, whole), inspect(config, { depth: 20 })]
      .join()
    for (const secret of [...Object.values(secrets), "rpc-key-12fd"]) assert.notInclude(printed, secret)
  })

  it("shows no private key that stands in the wrong place", () => {
    const key = "5Ec4e71b".repeat(8)
    const misplaced = {
      BALLAST_REDEMPTION_WALLET: `0x${key}`,
      BALLAST_VAULT_CONTRACT: key,
      BALLAST_ALPACA_AUTH: `${key}00`
    }
    const equities = JSON.stringify({ AAPL: { token: `0x${key}`, decimals: 18 } })
    const told = problems({ ...minimal, ...misplaced, BALLAST_EQUITIES: equities })
    assert.lengthOf(told, 4)
    for (const problem of told) {
      assert.include(problem, "(not shown)")
      assert.notInclude(problem, key.slice(0, 16))
    }
  })

  it("tells every key that is missing, in one go", () => {
    assert.deepStrictEqual(
      problems({}).map((problem) => problem.split(":")[0]),
      [
        "BALLAST_ALPACA_BASE_URL",
        "BALLAST_ALPACA_ACCOUNT_ID",
        "BALLAST_ALPACA_API_KEY",
        "BALLAST_ALPACA_API_SECRET",
        "BALLAST_WALLET_PRIVATE_KEY",
        "BALLAST_ETHEREUM_RPC_URL",
        "BALLAST_BASE_RPC_URL",
        "BALLAST_EQUITIES"
      ].map((key) => `${key} is missing`)
    )
  })

  it("tells every value that is wrong, each once, also where two records read it", () => {
    const wrong = problems({ ...minimal, BALLAST_HTTP_TIMEOUT: "20", BALLAST_DURABILITY: "eventual" })
    assert.lengthOf(wrong, 2)
    assert.include(wrong[0], `BALLAST_DURABILITY: expected "full" or "normal", got "eventual"`)
    assert.include(wrong[1], `BALLAST_HTTP_TIMEOUT: expected a duration above zero`)
  })

  it.each(Object.keys(minimal))("an empty %s is no value, and is told as such", (key) => {
    for (const empty of ["", "  "]) {
      const [problem, ...others] = problems({ ...minimal, [key]: empty })
      assert.match(problem ?? "", new RegExp(`^${key} is empty: expected `))
      assert.deepStrictEqual(others, [])
    }
    assert.match(problems(without(key))[0] ?? "", new RegExp(`^${key} is missing: expected `))
  })

  const wrong: Readonly<Record<string, ReadonlyArray<string>>> = {
    BALLAST_DATABASE: ["ballast.db", "sqlite:", "postgres://localhost"],
    BALLAST_ALPACA_BASE_URL: [
      "broker-api.alpaca.markets",
      "http://broker-api.alpaca.markets",
      "http://127.0.0.1.evil.example",
      "https://user@host.example",
      "https://host.example?a=b",
      "https://host.example/#a"
    ],
    BALLAST_ALPACA_ACCOUNT_ID: ["a/b", "a b", "..", "x".repeat(65)],
    BALLAST_ALPACA_API_KEY: ["two words", "new\nline", "schlüssel"],
    BALLAST_ALPACA_API_SECRET: ["two words", "x".repeat(513)],
    BALLAST_ALPACA_AUTH: ["Headers", "oauth2"],
    BALLAST_WALLET_PRIVATE_KEY: [
      `0x${"a".repeat(63)}`,
      `0x${"a".repeat(65)}`,
      "a".repeat(64),
      `0x${"g".repeat(64)}`,
      `0x${"0".repeat(64)}`,
      // The order of the curve: the smallest number that is too large.
      "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ],
    BALLAST_BASE_RPC_URL: ["base.example", "ftp://base.example/key", "https://base.example,", "https://a.example,b"],
    BALLAST_BASE_CHAIN_ID: ["0", "0x2105", "8453.0", "-1", "1e3", "9".repeat(10)],
    BALLAST_BASE_CONFIRMATIONS: ["0", "10001", "ten"],
    BALLAST_HTTP_TIMEOUT: ["20", "0 seconds", "-1 seconds", "forever", "Infinity", "10  seconds", "20s", "1e3 seconds"],
    BALLAST_RETRY_ATTEMPTS: ["0", "1001", "1.5"],
    BALLAST_TOKENIZATION_ISSUER: ["ST0X", "st0x/../x"],
    BALLAST_EQUITY_MAX_PER_OPERATION: ["0", "-1", "1e3", "0.0000000001", " 1"],
    BALLAST_REDEMPTION_WALLET: ["0x12", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"],
    BALLAST_LOG_LEVEL: ["INFO", "loud"],
    BALLAST_LOG_FORMAT: ["xml"],
    BALLAST_CCTP_API_URL: ["iris-api.circle.com", "http://iris-api.circle.com"],
    BALLAST_CCTP_TOKEN_MESSENGER: ["0x12"],
    BALLAST_CCTP_MESSAGE_TRANSMITTER: ["0x12"],
    BALLAST_CCTP_FINALITY: ["Fast", "instant"],
    BALLAST_CCTP_FEE_MARGIN: ["-0.1", "20%", "0.0000001"],
    BALLAST_CCTP_MAX_FEE_BPS: ["-1", "1e3", "1.0000001"],
    BALLAST_ETHEREUM_USDC: ["0x12"],
    BALLAST_BASE_USDC: ["usdc"],
    BALLAST_VAULT_SHORT_WITHDRAWAL: ["retry"],
    BALLAST_USDC_MIN: ["0", "-1", "0.0000001"],
    BALLAST_USDC_MAX_PER_OPERATION: ["0", "1e6"],
    BALLAST_USDC_MAX_PER_DAY: ["0", "lots"],
    BALLAST_USDC_CONCURRENT: ["0", "1.5", "1001"],
    BALLAST_ATTESTATION_POLL_INTERVAL: ["5", "0 seconds"],
    BALLAST_ATTESTATION_TIMEOUT: ["forever"],
    BALLAST_WITHDRAWAL_SETTLING_TIME: ["2"]
  }
  for (const [key, values] of Object.entries(wrong)) {
    it(`${key} is refused when it is wrong, and only shown when it is no secret`, () => {
      for (const value of values) {
        const [problem = "", ...others] = problems({ ...minimal, [key]: value })
        assert.isTrue(problem.startsWith(`${key}: expected `), `${value}: ${problem}`)
        assert.deepStrictEqual(others, [])
        // Before an @ and after a ? there may be credentials, put in the wrong place.
        if (key in secrets || /:\/\/.*[@?#]/.test(value)) assert.notInclude(problem, value)
        else assert.include(problem, JSON.stringify(value))
      }
    })
  }

  it.each([
    ["AAPL", `it is JSON such as {"AAPL":{"token":"0x..","decimals":18}}`],
    ["[]", "it is JSON such as"],
    ["{}", "expected at least one equity"],
    [`{"aapl":{"token":"${token}","decimals":18}}`, "BALLAST_EQUITIES at aapl: is unexpected"],
    [`{"AAPL":{"token":"${token}","decimals":18,"decimal":6}}`, "BALLAST_EQUITIES at AAPL.decimal: is unexpected"],
    [`{"AAPL":{"token":"0x12","decimals":18}}`, "BALLAST_EQUITIES at AAPL.token: expected an address"],
    [`{"AAPL":{"token":"${token}","decimals":1.5}}`, "BALLAST_EQUITIES at AAPL.decimals: "],
    [`{"AAPL":{"token":"${token}"}}`, "BALLAST_EQUITIES at AAPL.decimals: "]
  ])("BALLAST_EQUITIES=%s", (value, says) => {
    assert.include(problems({ ...minimal, BALLAST_EQUITIES: value }).join("\n"), says)
  })

  it("BALLAST_EQUITIES tells all that is wrong inside", () => {
    const value = `{"AAPL":{"token":"0x12","decimals":18},"MSFT":{"token":"0x13","decimals":99}}`
    assert.deepStrictEqual(
      problems({ ...minimal, BALLAST_EQUITIES: value }).map((problem) => problem.split(": ")[0]),
      ["AAPL.token", "MSFT.token", "MSFT.decimals"].map((place) => `BALLAST_EQUITIES at ${place}`)
    )
  })

  it("asks for exactly the keys that it calls its own", () => {
    const asked = new Set<string>()
    const spy = ConfigProvider.mapInputPath(ConfigProvider.fromMap(new Map()), (key) => {
      asked.add(key)
      return key
    })
    Effect.runSync(Effect.either(Effect.withConfigProvider(ConfigSource.load(Config.all), spy)))
    assert.deepStrictEqual([...asked].toSorted(), [...Config.keys].toSorted())
  })
})

describe("ConfigSource", () => {
  interface Sources {
    readonly environment?: Readonly<Record<string, string | undefined>>
    /** Text, or keys. */
    readonly file?: string | Keys
    readonly dotEnv?: string
    readonly ignoresDotEnv?: boolean
  }

  /** In an empty folder with these files. */
  const loadFrom = ({ dotEnv, environment = {}, file, ignoresDotEnv = false }: Sources) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const [before, folder] = [process.cwd(), mkdtempSync(path.join(tmpdir(), "ballast-test-"))]
        process.chdir(folder)
        return { before, folder }
      }),
      () => {
        if (dotEnv !== undefined) writeFileSync(".env", dotEnv)
        if (file !== undefined) writeFileSync("config.json", typeof file === "string" ? file : JSON.stringify(file))
        const options = {
          environment,
          file: file === undefined ? Option.none() : Option.some("config.json"),
          dotEnv: !ignoresDotEnv
        }
        return Effect.either(ConfigSource.loadFrom(options, Config.looking))
      },
      ({ before, folder }) =>
        Effect.sync(() => {
          process.chdir(before)
          rmSync(folder, { recursive: true })
        })
    ).pipe(Effect.provide(NodeFileSystem.layer))

  it.effect("the environment wins over --config, that over .env", () =>
    Effect.gen(function*() {
      const { database, logging } = right(
        yield* loadFrom({
          environment: { BALLAST_DATABASE: "sqlite:environment.db", OTHER: "x", BALLAST_DURABILITY: undefined },
          file: { BALLAST_DATABASE: "sqlite:file.db", BALLAST_DURABILITY: "normal", OTHER: "y" },
          dotEnv:
            "BALLAST_DATABASE=sqlite:dotenv.db\nBALLAST_DURABILITY=full\n# nothing\nexport BALLAST_LOG_LEVEL='debug'\n"
        })
      )
      assert.deepStrictEqual(
        [database.path, database.durability, logging.level],
        ["environment.db", "normal", "debug"]
      )
    }))

  it.effect("what must not depend on the folder does not read .env", () =>
    Effect.gen(function*() {
      const ignored = right(yield* loadFrom({ dotEnv: "BALLAST_LOG_LEVEL=loud\nBALLAST_X=1", ignoresDotEnv: true }))
      assert.strictEqual(ignored.logging.level, "info")
    }))

  it.effect("tells unknown keys of every source beside the wrong values", () =>
    Effect.gen(function*() {
      const { problems } = left(
        yield* loadFrom({
          environment: { BALLAST_ALPACA_KEY: "the-secret-itself", ballast_database: "x" },
          file: { BALLAST_DATABASES: "sqlite:x.db", BALLAST_LOG_LEVEL: "loud" },
          dotEnv: "BALLAST_POOL_TIMEOUT=1 minute"
        })
      )
      assert.deepStrictEqual(problems, [
        "BALLAST_POOL_TIMEOUT (in .env) is no key that Ballast knows",
        "BALLAST_DATABASES (in --config) is no key that Ballast knows",
        "BALLAST_ALPACA_KEY (in the environment) is no key that Ballast knows",
        `BALLAST_LOG_LEVEL: expected "trace" or "debug" or "info" or "warning" or "error" or "none", got "loud"`
      ])
    }))

  it.effect.each(["", "nonsense", "[]", `{"BALLAST_RETRY_ATTEMPTS":10}`, "null"])(
    "--config with %j inside",
    (file) =>
      Effect.gen(function*() {
        const { message } = left(yield* loadFrom({ file }))
        assert.include(message, "--config config.json: expected a JSON object of keys and strings")
      })
  )

  it.effect("--config that is not there, or is no file", () =>
    Effect.gen(function*() {
      for (const file of ["/no/such/file.json", tmpdir()]) {
        const options = { environment: {}, file: Option.some(file), dotEnv: false }
        const { message } = left(yield* Effect.either(ConfigSource.loadFrom(options, Config.looking)))
        assert.include(message, `--config ${file}: the file cannot be read`)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})
