/** What the facade tells of a rebalance: whether it is over, since when, what it moved, what our wallet has sent. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { left, right, specOf } from "../support/spec.ts"
import { at, id, stands } from "./Examples.ts"
import { hash, toAlpaca, toBase } from "./UsdcRebalanceExamples.ts"

const spec = specOf(Rebalance.decider, id)

describe("aggregate", () => {
  const { codec, fold, outcome, since } = Rebalance.aggregate

  for (const { history, name } of [toBase, toAlpaca]) {
    describe(name, () =>
      stands(Rebalance.aggregate, history, {
        NotStarted: ["in progress", undefined],
        Requested: ["in progress", 0],
        Withdrawing: ["in progress", 1],
        WithdrawalComplete: ["in progress", 2],
        Bridging: ["in progress", 3],
        Attested: ["in progress", 4],
        Bridged: ["in progress", 6],
        DepositInitiated: ["in progress", 7],
        DepositConfirmed: ["settled", 8],
        // Nobody knows yet whether the money has left Alpaca, or where the mint is.
        WithdrawalFailed: ["not settled", 10],
        BridgingFailed: ["not settled", 11],
        // Reverted: the money is in our wallet.
        DepositFailed: ["settled", 12],
        Reconciled: ["settled", 15]
      }))
  }

  it("a cancelled rebalance is settled: its money never left", () => {
    for (const { event, history } of [toBase, toAlpaca]) {
      const { state } = spec.given(...history.Requested, event.RebalanceCancelled)
      assert.isTrue(Outcome.settled(outcome(state)))
    }
  })

  const failures = [
    ["Withdrawing", "FailWithdrawal", "Rejected", "Alpaca", "settled"],
    ["Withdrawing", "FailWithdrawal", "Reverted", "Vault", "settled"],
    ["Withdrawing", "FailWithdrawal", "TimedOut", "Vault", "not settled"],
    ["Withdrawing", "FailWithdrawal", "Rejected", "AlpacaInTransit", "not settled"],
    ["Withdrawing", "FailWithdrawal", "Short", "EthereumWallet", "settled"],
    ["WithdrawalComplete", "FailBridging", "Reverted", "EthereumWallet", "settled"],
    ["WithdrawalComplete", "FailBridging", "Unverifiable", "BaseWallet", "not settled"],
    ["Attested", "FailBridging", "Reverted", "CctpInTransit", "not settled"],
    ["Bridged", "FailDeposit", "Reverted", "BaseWallet", "settled"],
    ["Bridged", "FailDeposit", "TimedOut", "BaseWallet", "not settled"],
    ["DepositInitiated", "FailDeposit", "Rejected", "AlpacaInTransit", "not settled"],
    ["DepositInitiated", "FailDeposit", "Unverifiable", "Vault", "not settled"]
  ] as const
  for (const [from, name, reason, place, words] of failures) {
    it(`${name} ${reason} at ${place}: ${words}`, () => {
      const { command, history } = toAlpaca
      const before = spec.given(...history[from]).state
      const events = right(Rebalance.decider.decide(id, { ...command[name], reason, place }, before))
      const failed = outcome(spec.given(...history[from], ...events).state)
      assert.deepInclude(failed, { _tag: "Failed" })
      assert.strictEqual(Outcome.settled(failed), words === "settled")
    })
  }

  it("counts from the recovery once it was recovered, and from the latest attestation", () => {
    assert.deepStrictEqual(since(toBase.recovered.Attested), Option.some(at(14)))
    assert.deepStrictEqual(since(toBase.state.AttestedAgain), Option.some(at(5)))
  })

  it("does not know of a rebalance, or a burn, of nothing", () => {
    const stored = [
      [toBase.event.RebalanceRequested, "amount"],
      [toBase.event.BridgingInitiated, "burned"]
    ] as const
    for (const [event, field] of stored) {
      const { payload, ...row } = codec.encode(event)
      assert.include(
        left(codec.decode({ ...row, payload: { ...payload, [field]: "0" } })).message,
        "expected more than zero USDC"
      )
    }
  })

  it("folds a stored stream into JSON that names every reference", () => {
    const { data, state } = right(fold(toAlpaca.history.Reconciled.map(codec.encode)))
    assert.strictEqual(state, "Reconciled")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), {
      direction: "BaseToAlpaca",
      amount: "1000.5",
      wallet: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      usdc: {
        ethereum: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
        base: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
      },
      cctp: {
        messenger: "0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d",
        transmitter: "0x81D40F21F12A8F0E3252Bccb954D722d4c464B64",
        finality: "fast"
      },
      vault: {
        contract: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        reader: "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        spender: "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        owner: "0x52908400098527886E0F7030069857D2E4169EE7",
        id: `0x${"07".repeat(32)}`
      },
      shortWithdrawal: "fail",
      depositAddress: "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
      requestedAt: "2026-01-05T14:00:00.000Z",
      withdrawal: { _tag: "OnchainTx", txHash: `0x${"a1".repeat(32)}` },
      withdrawn: { txHash: `0x${"a2".repeat(32)}`, received: "1000.4", destinationBlock: "20000001" },
      burn: { burnTx: `0x${"b1".repeat(32)}`, burned: "1000.3", maxFee: "0.1", destinationBlock: "20000002" },
      attested: { message: "0x0102", attestation: "0x03", nonce: `0x${"c1".repeat(32)}` },
      minted: { mintTx: `0x${"d1".repeat(32)}`, received: "1000.2", feeCollected: "0.1" },
      deposit: { _tag: "OnchainTx", txHash: `0x${"e1".repeat(32)}` },
      failure: { reason: "Reverted", detail: "the deposit reverted", place: "BaseWallet", amount: "1000.2" },
      reconciliation: { reason: "Settled", note: "Deposited by hand, ticket 12" },
      since: "2026-01-05T14:15:00.000Z"
    })
  })
})

describe("what our own wallet has sent", () => {
  const { aggregate } = Rebalance
  const sentAfter = (...events: ReadonlyArray<Rebalance.Event.Event>) =>
    right(aggregate.fold(events.map(aggregate.codec.encode))).sent

  it("is sent in these steps, by the names that the outbox keeps them under", () =>
    assert.deepStrictEqual(aggregate.sends, ["withdraw", "burn", "deposit"]))

  const withdraw = { step: "withdraw", txHash: hash("a1") }
  const burn = { step: "burn", txHash: hash("b1") }
  const deposit = { step: "deposit", txHash: hash("e1") }
  const table = {
    NotStarted: [],
    Requested: [],
    Withdrawing: [withdraw],
    WithdrawalComplete: [withdraw],
    Bridging: [withdraw, burn],
    Attested: [withdraw, burn],
    Bridged: [withdraw, burn],
    DepositInitiated: [withdraw, burn, deposit],
    DepositConfirmed: [withdraw, burn, deposit],
    WithdrawalFailed: [withdraw],
    BridgingFailed: [withdraw, burn],
    DepositFailed: [withdraw, burn, deposit],
    Reconciled: [withdraw, burn, deposit]
  }
  for (const { history, name } of [toBase, toAlpaca]) {
    for (const [state, all] of Object.entries(table)) {
      // From Alpaca it is Alpaca that withdraws.
      const sent = all.filter((one) => name === "BaseToAlpaca" || one !== withdraw)
      it(`${name} ${state} names ${sent.map(({ step }) => step).join(", ") || "none"}`, () =>
        assert.deepStrictEqual(sentAfter(...history[state as keyof typeof table]), sent))
    }
  }
  it("failures before a transaction, and their reconciliation, name none", () => {
    const failed = [...toAlpaca.history.Requested, toAlpaca.event.WithdrawalFailed]
    assert.deepStrictEqual(sentAfter(...failed), [])
    assert.deepStrictEqual(sentAfter(...failed, toAlpaca.event.RebalanceReconciled), [])
    assert.deepStrictEqual(sentAfter(...toAlpaca.history.WithdrawalComplete, toAlpaca.event.BridgingFailed), [withdraw])
  })
  it("a recovery names the transactions that it tells of itself", () => {
    const to = (to: Rebalance.Recovery.Recovery) => ({ ...toAlpaca.event.RebalanceRecovered, to })
    assert.deepStrictEqual(sentAfter(...toAlpaca.history.BridgingFailed, to(toAlpaca.recovery.Attested)), [
      { step: "withdraw", txHash: hash("a3") },
      { step: "burn", txHash: hash("b2") }
    ])
  })
})
