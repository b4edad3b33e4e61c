import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as AlpacaWalletLedger from "../../../src/layers/local/AlpacaWalletLedger.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"

const us = Chain.wallet("own").address

const open = AlpacaWalletLedger.make({
  custody: Chain.wallet("alpaca custody").address,
  deposit: Chain.wallet("alpaca deposit").address,
  units: 100n
})

describe("AlpacaWalletLedger", () => {
  it.effect("moves the money of a withdrawal once, whatever is said of it later", () =>
    Effect.gen(function*() {
      const ledger = yield* open
      const { id } = yield* ledger.acceptWithdrawal({ amount: 60n, to: us })
      yield* ledger.arrive(id, 55n, { status: "COMPLETE" })
      const books = { available: 40n, outgoing: 0n, incoming: 0n, fees: 5n, withdrawn: 55n, deposited: 0n }
      expect(yield* ledger.books).toEqual(books)
      yield* ledger.giveBack(id, { status: "FAILED" })
      yield* ledger.arrive(id, 60n, { status: "FAILED" })
      expect(yield* ledger.books).toEqual(books)
      expect(Option.getOrThrow(yield* ledger.transfer(id))).toMatchObject({ status: "COMPLETE", place: "arrived" })
      yield* ledger.tell(id, { status: "FAILED" })
      expect(Option.getOrThrow(yield* ledger.transfer(id))).toMatchObject({ status: "FAILED", place: "arrived" })
      expect(yield* ledger.books).toEqual(books)
    }))

  it.effect("takes no more than there is", () =>
    Effect.gen(function*() {
      const ledger = yield* open
      yield* ledger.acceptWithdrawal({ amount: 60n, to: us })
      expect(yield* Effect.flip(ledger.acceptWithdrawal({ amount: 41n, to: us }))).toMatchObject({ available: 40n })
      expect(yield* ledger.transfers).toHaveLength(1)
      expect((yield* ledger.books).outgoing).toBe(60n)
    }))

  it.effect("gives nothing back that came from outside", () =>
    Effect.gen(function*() {
      const ledger = yield* open
      const { id } = yield* ledger.acceptDeposit({ amount: 30n, from: us, txHash: "0x01" })
      const before = yield* ledger.books
      yield* ledger.giveBack(id, { status: "FAILED" })
      expect(yield* ledger.books).toEqual(before)
      yield* ledger.arrive(id, 30n, { status: "COMPLETE" })
      expect(yield* ledger.books).toEqual({ ...before, available: 130n, incoming: 0n })
    }))
})
