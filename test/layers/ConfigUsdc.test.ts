/** The keys of USDC and of access tokens. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Option } from "effect"
import * as Address from "../../src/domain/Address.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { right } from "../support/spec.ts"
import { load, minimal, problems, token } from "./Configuration.ts"

describe("Config", () => {
  it("has the defaults of USDC: mainnet, fast, and no vault", () => {
    const { cctp, usdc } = right(load(minimal))
    assert.deepStrictEqual(
      [cctp.apiUrl, cctp.feeMargin, cctp.maxFeeBps, Duration.format(cctp.timeout)],
      ["https://iris-api.circle.com", 200_000n, 20_000_000n, "20s"]
    )
    assert.deepStrictEqual(usdc, {
      usdc: {
        ethereum: Address.make("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        base: Address.make("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
      },
      cctp: {
        messenger: Address.make("0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d"),
        transmitter: Address.make("0x81D40F21F12A8F0E3252Bccb954D722d4c464B64"),
        finality: "fast"
      },
      vault: Option.none(),
      shortWithdrawal: "fail",
      limits: {
        min: Usdc.fromUnits(51_000_000n),
        maxPerOperation: Option.none(),
        maxPerDay: Option.none(),
        concurrent: 1
      }
    })
  })

  describe("a vault", () => {
    const ours = Address.make(token)
    const [contract, orderBook] = [token, "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"]
    const id = `0x${"0".repeat(62)}2a` as const
    const vault = { ...minimal, BALLAST_VAULT_CONTRACT: contract, BALLAST_USDC_VAULT_ID: id }

    it("is the contract and the id, and the rest follows unless it is told", () => {
      assert.deepStrictEqual(
        right(load(vault)).usdc.vault,
        Option.some({ contract: ours, reader: ours, spender: ours, owner: Option.none(), id })
      )
      const told = { ...vault, BALLAST_VAULT_READ_CONTRACT: orderBook, BALLAST_VAULT_OWNER: contract }
      assert.deepStrictEqual(
        Option.map(right(load(told)).usdc.vault, ({ owner, reader, spender }) => [reader, spender, owner]),
        Option.some([Address.make(orderBook), ours, Option.some(ours)])
      )
    })

    it("is told whole or not at all", () => {
      assert.match(problems({ ...minimal, BALLAST_VAULT_CONTRACT: token }).join(), /^BALLAST_USDC_VAULT_ID is missing/)
      for (const key of ["BALLAST_USDC_VAULT_ID", "BALLAST_VAULT_OWNER"]) {
        const half = { ...minimal, [key]: key === "BALLAST_VAULT_OWNER" ? token : id }
        assert.match(problems(half).join(), new RegExp(`^BALLAST_VAULT_CONTRACT is missing, while ${key} is set`))
      }
    })

    it.each(["0x2a", `0x${"0".repeat(64)}`, `${"0".repeat(62)}2a`])("has no id %s", (wrong) => {
      assert.match(problems({ ...vault, BALLAST_USDC_VAULT_ID: wrong }).join(), /^BALLAST_USDC_VAULT_ID: expected/)
    })
  })

  describe("access tokens", () => {
    const oauth = { ...minimal, BALLAST_ALPACA_AUTH: "oauth" }

    it("are given where Alpaca gives them, or where we are told", () => {
      assert.deepStrictEqual(right(load(oauth)).alpaca.auth, {
        tokenUrl: "https://authx.alpaca.markets/v1/oauth2/token"
      })
      const sandbox = { ...oauth, BALLAST_ALPACA_BASE_URL: "https://broker-api.sandbox.alpaca.markets" }
      assert.deepStrictEqual(right(load(sandbox)).alpaca.auth, {
        tokenUrl: "https://authx.sandbox.alpaca.markets/v1/oauth2/token"
      })
      const told = { ...oauth, BALLAST_ALPACA_TOKEN_URL: "https://auth.example/token" }
      assert.deepStrictEqual(right(load(told)).alpaca.auth, { tokenUrl: "https://auth.example/token" })
    })

    it("are of no use to the other two ways", () => {
      const told = { ...minimal, BALLAST_ALPACA_TOKEN_URL: "https://auth.example/token" }
      assert.match(problems(told).join(), /BALLAST_ALPACA_TOKEN_URL is of use only where BALLAST_ALPACA_AUTH is oauth/)
    })
  })
})
