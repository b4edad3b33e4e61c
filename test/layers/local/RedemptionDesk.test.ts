import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Ref, TestClock } from "effect"
import * as AlpacaLedger from "../../../src/layers/local/AlpacaLedger.ts"
import * as AlpacaSettings from "../../../src/layers/local/AlpacaSettings.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import type { RedemptionTransfer } from "../../../src/layers/local/EquityIssuer.ts"
import { LocalWorldError } from "../../../src/layers/local/LocalWorldError.ts"
import * as RedemptionDesk from "../../../src/layers/local/RedemptionDesk.ts"

const token = 10n ** 18n
const share = 1_000_000_000n

describe("RedemptionDesk", () => {
  const account = Chain.wallet("own").address

  const transfer = (block: number, amount = token): RedemptionTransfer => ({
    hash: "0x01",
    symbol: "AAPL",
    from: account,
    amount,
    block
  })

  const somebodyElses = (block: number): RedemptionTransfer => ({
    ...transfer(block),
    hash: "0x02",
    from: Chain.wallet("somebody else").address
  })

  /** A desk at a chain that a test makes up: the transfers that it holds, and its height. */
  const open = (redeem: AlpacaSettings.Patch["redeem"]) =>
    Effect.gen(function*() {
      const ledger = yield* AlpacaLedger.make({ shares: { AAPL: 0n } })
      const settings = AlpacaSettings.patch(AlpacaSettings.make({ quirks: false, delayMillis: 0 }), {
        redeem: { confirmations: 1, ...redeem }
      })
      const height = yield* Ref.make(0)
      const transfers = yield* Ref.make<Option.Option<ReadonlyArray<RedemptionTransfer>>>(Option.some([]))
      yield* RedemptionDesk.make({
        account,
        interval: "1 second",
        alpaca: { settings: Effect.succeed(settings), redeem: ledger.acceptRedemption },
        chain: { height: Ref.get(height) },
        issuer: {
          redemptionTransfers: ({ fromBlock, toBlock } = { fromBlock: 0, toBlock: 0 }) =>
            Effect.flatMap(
              Ref.get(transfers),
              Option.match({
                onNone: () => new LocalWorldError({ reason: "ChainFailed", detail: "no answer" }),
                onSome: (all) => Effect.succeed(all.filter(({ block }) => fromBlock <= block && block <= toBlock))
              })
            )
        }
      })
      return {
        /** The chain as it is from now on; none: it does not answer. */
        become: (now: number, holding: Option.Option<ReadonlyArray<RedemptionTransfer>>) =>
          Effect.zipRight(Ref.set(height, now), Ref.set(transfers, holding)),
        quantities: Effect.map(ledger.requests, (requests) => requests.map(({ quantity }) => quantity))
      }
    })

  it.scoped("looks again after a look that failed", () =>
    Effect.gen(function*() {
      const { become, quantities } = yield* open({ detectDelayMillis: 0 })
      yield* become(3, Option.none())
      yield* TestClock.adjust("5 seconds")
      expect(yield* quantities).toEqual([])
      yield* become(4, Option.some([transfer(2)]))
      yield* TestClock.adjust("1 second")
      expect(yield* quantities).toEqual([share])
    }))

  it.scoped("tells once of each of a transaction's transfers, also when another block has them later", () =>
    Effect.gen(function*() {
      const { become, quantities } = yield* open({ detectDelayMillis: 0 })
      yield* become(9, Option.some([transfer(3), transfer(3), transfer(3, 2n * token)]))
      yield* TestClock.adjust("3 seconds")
      yield* become(10, Option.some([]))
      yield* TestClock.adjust("3 seconds")
      yield* become(
        12,
        Option.some([somebodyElses(11), transfer(11), transfer(11), transfer(11, 2n * token)])
      )
      yield* TestClock.adjust("3 seconds")
      expect(yield* quantities).toEqual([share, share, 2n * share])
    }))

  it.scoped("does not tell before its delay, nor of what is gone by then", () =>
    Effect.gen(function*() {
      const { become, quantities } = yield* open({ detectDelayMillis: 10_000 })
      yield* become(3, Option.some([transfer(3)]))
      yield* TestClock.adjust("9 seconds")
      yield* become(4, Option.some([]))
      yield* TestClock.adjust("2 seconds")
      expect(yield* quantities).toEqual([])
      yield* become(5, Option.some([transfer(5)]))
      yield* TestClock.adjust("9 seconds")
      expect(yield* quantities).toEqual([])
      yield* TestClock.adjust("2 seconds")
      expect(yield* quantities).toEqual([share])
    }))

  it.scoped("finds what a reorganisation put into blocks that it had read", () =>
    Effect.gen(function*() {
      const { become, quantities } = yield* open({ detectDelayMillis: 0 })
      yield* become(500, Option.some([]))
      yield* TestClock.adjust("3 seconds")
      yield* become(500, Option.some([transfer(495)]))
      yield* TestClock.adjust("3 seconds")
      expect(yield* quantities).toEqual([share])
    }))

  it.scoped("forgets no transfer, however long nobody may be told", () =>
    Effect.gen(function*() {
      const { become, quantities } = yield* open({ detectDelayMillis: 60_000 })
      yield* become(10, Option.some([transfer(8)]))
      yield* TestClock.adjust("30 seconds")
      yield* become(5_000, Option.some([transfer(8)]))
      yield* TestClock.adjust("31 seconds")
      expect(yield* quantities).toEqual([share])
    }))
})
