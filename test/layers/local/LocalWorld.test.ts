import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Either, Exit, Schema, Scope } from "effect"
import { encodeFunctionData, type Hex } from "viem"
import { equityTokenAbi } from "../../../src/layers/local/Contracts.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { authentic, call, ended, mint, minted, path, rpc } from "./Client.ts"

const Equities = Schema.parseJson(
  Schema.Record({ key: Schema.String, value: Schema.Struct({ token: Schema.String, decimals: Schema.Int }) })
)

describe("LocalWorld", () => {
  it.scopedLive("is what its environment says", () =>
    Effect.gen(function*() {
      const world = yield* LocalWorld.make({ shares: { AAPL: "3", TSLA: "4.5" } })
      const env = world.environment
      const requests = `${env["BALLAST_ALPACA_BASE_URL"]}/v1/accounts/${
        env["BALLAST_ALPACA_ACCOUNT_ID"]
      }/tokenization/requests`
      const headers = {
        "apca-api-key-id": env["BALLAST_ALPACA_API_KEY"] ?? "",
        "apca-api-secret-key": env["BALLAST_ALPACA_API_SECRET"] ?? ""
      }
      expect((yield* call(requests, { headers })).status).toBe(200)

      for (const chain of ["ETHEREUM", "BASE"]) {
        const url = env[`BALLAST_${chain}_RPC_URL`] ?? ""
        const served = (yield* rpc(url, "eth_chainId")).body["result"]
        expect(String(Number(served))).toBe(env[`BALLAST_${chain}_CHAIN_ID`])
        const balance = (yield* rpc(url, "eth_getBalance", [world.wallet.address, "latest"])).body["result"]
        expect(BigInt(String(balance))).toBeGreaterThan(10n ** 18n)
      }
      expect(env["BALLAST_WALLET_PRIVATE_KEY"]).toBe(world.wallet.privateKey)
      expect(env["BALLAST_REDEMPTION_WALLET"]).not.toBe(world.wallet.address)

      const equities = yield* Schema.decodeUnknown(Equities)(env["BALLAST_EQUITIES"])
      expect(Object.keys(equities)).toEqual(["AAPL", "TSLA"])
      for (const { decimals, token } of Object.values(equities)) {
        const data = encodeFunctionData({ abi: equityTokenAbi, functionName: "decimals" })
        const answer = yield* rpc(env["BALLAST_BASE_RPC_URL"] ?? "", "eth_call", [{ to: token, data }, "latest"])
        expect(Number(answer.body["result"])).toBe(decimals)
      }
      for (const [key, value] of Object.entries(env)) {
        expect(key).toMatch(/^BALLAST_[A-Z_]+$/)
        if (/(INTERVAL|TIMEOUT|TIME|AFTER|DURATION|BASE|MAX)$/.test(key) && / /.test(value)) {
          expect([key, Duration.decodeUnknown(value)._tag]).toEqual([key, "Some"])
        }
      }
    }))

  it.live("leaves nothing behind when its scope closes, even while a client still waits", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const world = yield* Scope.extend(LocalWorld.make(), scope)
      yield* world.alpaca.faults.add({ on: "POST mint", fault: { _tag: "DelayAfter", millis: 60_000 } })
      const waiting = yield* Effect.fork(Effect.either(mint(world)))
      yield* Effect.repeat(world.alpaca.counts.of("POST mint"), { until: (count) => count === 1 })
      yield* Effect.timeout(Scope.close(scope, Exit.void), "5 seconds")
      expect(Either.isLeft(yield* waiting)).toBe(true)
      const urls = [world.alpaca.url, world.base.url, world.ethereum.url, world.base.client.transport.url ?? ""]
      for (const url of urls) {
        expect(url).toContain("127.0.0.1")
        expect(Either.isLeft(yield* Effect.either(call(url)))).toBe(true)
      }
    }))

  // No `live`: the program around it has a simulated clock, which nobody moves.
  it.scoped("lives in real time under a simulated clock", () =>
    Effect.gen(function*() {
      const world = yield* LocalWorld.make({ blockTime: "50 millis", mintDelay: "50 millis" })
      const id = yield* minted(world)
      const look = call(path(world, `/requests/${id}`), { headers: authentic(world) })
      const request = yield* Effect.repeat(look, { until: ({ body }) => body["status"] === "completed" })
      expect(request.body["tx_hash"]).toMatch(/^0x/)
    }))

  it.scopedLive("two of them do not meet", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([LocalWorld.make({ mintDelay: 0 }), LocalWorld.make()], { concurrency: 2 })
      yield* ended(one, yield* minted(one))
      expect((yield* one.alpaca.history).requests).toHaveLength(1)
      expect((yield* other.alpaca.history).requests).toHaveLength(0)
    }))

  it.scopedLive("says what is wrong with its options", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(LocalWorld.make({ shares: { AAPL: "ten" } }))
      expect(error.reason).toBe("InvalidOptions")
      expect(error.message).toContain("shares of AAPL")
      const tokens = (held: Record<string, string>) =>
        Effect.flip(LocalWorld.make({ shares: { AAPL: "1" }, tokens: held }))
      expect((yield* tokens({ AAPL: "1.0000000001" })).message).toContain("tokens of AAPL")
      expect((yield* tokens({ TSLA: "1" })).message).toContain("tokens of TSLA")
    }))

  it.scopedLive("begins with the tokens that it is asked for, as if they had been minted", () =>
    Effect.gen(function*() {
      // No block comes by itself before the test is over.
      const { alpaca, base, tokens, wallet } = yield* LocalWorld.make({
        blockTime: "1 hour",
        shares: { AAPL: "3", TSLA: "4" },
        tokens: { AAPL: "20.000000001" }
      })
      const balances = yield* Effect.all(
        ["AAPL", "TSLA"].map((symbol) =>
          Effect.promise(() =>
            base.client.readContract({
              address: tokens[symbol]?.address ?? "0x",
              abi: equityTokenAbi,
              functionName: "balanceOf",
              args: [wallet.address]
            })
          )
        )
      )
      expect(balances).toEqual([20_000_000_001_000_000_000n, 0n])
      const { issuerTransactions, requests, shares } = yield* alpaca.history
      expect(shares).toEqual({
        AAPL: { available: 3_000_000_000n, inTransit: 0n, journaled: 20_000_000_001n },
        TSLA: { available: 4_000_000_000n, inTransit: 0n, journaled: 0n }
      })
      expect([issuerTransactions, requests]).toEqual([[], []])
    }))
})

describe("EquityToken", () => {
  it.scopedLive("moves as an ERC-20, and only as its owner or the issuer allows", () =>
    Effect.gen(function*() {
      const { base, issuer, redemptionWallet: other, tokens, wallet } = yield* LocalWorld.make({
        blockTime: "50 millis"
      })
      const address = tokens["AAPL"]?.address ?? "0x"
      const as = (from: typeof wallet, data: Hex) =>
        Effect.tryPromise({
          try: () => base.client.call({ account: from.address, to: address, data }),
          catch: String
        })
      const send = (from: typeof wallet, data: Hex) =>
        Effect.gen(function*() {
          const signed = yield* base.sign(from, { to: address, data })
          yield* base.broadcast(signed)
          return (yield* base.mined(signed.hash)).status
        })
      const refusal = (from: typeof wallet, data: Hex) => Effect.flip(as(from, data))
      const abi = equityTokenAbi
      const transfer = (value: bigint) =>
        encodeFunctionData({ abi, functionName: "transfer", args: [other.address, value] })
      const take = (value: bigint) =>
        encodeFunctionData({ abi, functionName: "transferFrom", args: [wallet.address, other.address, value] })
      const mintTo = encodeFunctionData({ abi, functionName: "mint", args: [wallet.address, 10n] })
      const approve = encodeFunctionData({ abi, functionName: "approve", args: [other.address, 4n] })
      const burn = encodeFunctionData({ abi, functionName: "burn", args: [1n] })
      const balance = (of: Hex) =>
        Effect.promise(() => base.client.readContract({ address, abi, functionName: "balanceOf", args: [of] }))

      expect(yield* refusal(wallet, mintTo)).toContain("caller is not the issuer")
      expect(yield* send(issuer.wallet, mintTo)).toBe("success")
      expect(yield* refusal(wallet, transfer(11n))).toContain("transfer amount exceeds balance")
      expect(yield* send(wallet, transfer(3n))).toBe("success")
      expect(yield* refusal(other, take(1n))).toContain("insufficient allowance")
      expect(yield* send(wallet, approve)).toBe("success")
      expect(yield* send(other, take(3n))).toBe("success")
      expect(yield* refusal(other, take(2n))).toContain("insufficient allowance")
      expect(yield* refusal(issuer.wallet, burn)).toContain("burn amount exceeds balance")
      expect([yield* balance(wallet.address), yield* balance(other.address)]).toEqual([4n, 6n])

      yield* issuer.setPaused("AAPL", true)
      expect(yield* refusal(wallet, transfer(1n))).toContain("paused")
      yield* issuer.setPaused("AAPL", false)
      expect(yield* send(wallet, transfer(1n))).toBe("success")
    }))
})
