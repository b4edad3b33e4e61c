import { assert, describe, it } from "@effect/vitest"
import type { TxHash } from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { right } from "../support/spec.ts"
import { lawsOf } from "./laws.ts"
import { toAlpaca, toBase } from "./UsdcRebalanceExamples.ts"

const { aggregate } = Rebalance
type Command = Rebalance.Command
type State = Rebalance.State.State

/** What each failure can be taken up again at; the last of each is the end of its column. */
const columns: Readonly<Record<string, ReadonlyArray<Rebalance.Recovery.Recovery["_tag"]>>> = {
  WithdrawalFailed: ["Requested", "Withdrawing", "WithdrawalComplete"],
  BridgingFailed: ["WithdrawalComplete", "Bridging", "Attested", "Bridged"],
  DepositFailed: ["Bridged", "DepositInitiated", "DepositConfirmed"]
}

type Recovery = Rebalance.Recovery.Recovery

/** What a recovery must agree with, column by column. */
const isRefused = (to: Recovery, state: State): boolean => {
  if (columns[state._tag]?.includes(to._tag) === false) return true
  if (state._tag === "WithdrawalFailed" && to._tag === "Requested") return state.withdrawn !== undefined
  if (state._tag === "BridgingFailed" && to._tag === "WithdrawalComplete" && state.burn !== undefined) return true
  if (state._tag === "DepositFailed" && to._tag === "Bridged" && state.deposit !== undefined) return true
  const kind = "direction" in state && state.direction === "AlpacaToBase" ? "AlpacaTransfer" : "OnchainTx"
  if ("withdrawal" in to && to.withdrawal._tag !== kind) return true
  if ("burn" in to && to.burn.burned > to.withdrawn.received) return true
  return "minted" in to && to.minted.received + to.minted.feeCollected !== BigInt(to.burn.burned)
}

const contradicts = (command: Command, state: State): boolean => {
  switch (command._tag) {
    case "Initiate":
      return state._tag === "Requested" &&
        command.withdrawal._tag !== { AlpacaToBase: "AlpacaTransfer", BaseToAlpaca: "OnchainTx" }[state.direction]
    case "InitiateBridging":
      return state._tag === "WithdrawalComplete" && command.burned > state.withdrawn.received
    case "ReceiveAttestation":
      return state._tag === "Attested" && command.nonce !== state.attested.nonce
    case "ConfirmBridging":
      return state._tag === "Attested" && state.burn.burned - command.received !== command.feeCollected
    case "Recover":
      return state._tag in columns && isRefused(command.to, state)
    default:
      return false
  }
}

const fit = (command: Command, state: State): Command => {
  if (command._tag === "Initiate" && state._tag === "Requested") {
    const { withdrawal } = (state.direction === "AlpacaToBase" ? toBase : toAlpaca).command.Initiate
    return command.withdrawal._tag === withdrawal._tag ? command : { ...command, withdrawal }
  }
  if (command._tag === "InitiateBridging" && state._tag === "WithdrawalComplete") {
    const { received } = state.withdrawn
    // Where nothing came nothing can be burned, and nothing fits.
    return received > 0n && command.burned > received ? { ...command, burned: received } : command
  }
  if (command._tag === "ReceiveAttestation" && state._tag === "Attested") {
    return { ...command, nonce: state.attested.nonce }
  }
  if (command._tag === "ConfirmBridging" && state._tag === "Attested") {
    const feeCollected = Usdc.fromUnits(command.feeCollected % (state.burn.burned + 1n))
    return { ...command, feeCollected, received: Usdc.fromUnits(state.burn.burned - feeCollected) }
  }
  const end = columns[state._tag]?.at(-1)
  if (command._tag !== "Recover" || end === undefined || !("direction" in state)) return command
  const { recovery } = state.direction === "AlpacaToBase" ? toBase : toAlpaca
  if (!contradicts(command, state)) return command
  // The same place with what can be found there, or else the end of the column, which is always right.
  const same = { ...command, to: recovery[command.to._tag] }
  return contradicts(same, state) ? { ...command, to: recovery[end] } : same
}

const walks = lawsOf({
  aggregate,
  command: Rebalance.Command,
  state: Rebalance.State.State,
  event: Rebalance.Event.Event,
  table: {
    NotStarted: ["RequestRebalance"],
    Requested: ["Initiate", "FailWithdrawal", "Cancel"],
    Withdrawing: ["ConfirmWithdrawal", "FailWithdrawal"],
    WithdrawalComplete: ["InitiateBridging", "FailBridging"],
    Bridging: ["ReceiveAttestation", "FailBridging"],
    Attested: ["ReceiveAttestation", "ConfirmBridging", "FailBridging"],
    Bridged: ["InitiateDeposit", "FailDeposit"],
    DepositInitiated: ["ConfirmDeposit", "FailDeposit"],
    DepositConfirmed: [],
    WithdrawalFailed: ["Recover", "Reconcile"],
    BridgingFailed: ["Recover", "Reconcile"],
    DepositFailed: ["Recover", "Reconcile"],
    Reconciled: []
  },
  // All fields but the time.
  references: (before) => {
    const { _tag, since: _, ...references } = { since: 0, ...before }
    return references
  },
  rejects: (command, state) => contradicts(command, state) ? "Contradiction" : undefined,
  fit,
  repeats: ["ReceiveAttestation"]
})

type Named = Partial<Record<"withdraw" | "burn" | "deposit", TxHash>>

/** What a log names after this event: a recovery says all of it again, and nothing else takes anything back. */
const named = (before: Named, event: Rebalance.Event.Event): Named => {
  switch (event._tag) {
    case "Initiated":
      return event.withdrawal._tag === "OnchainTx" ? { ...before, withdraw: event.withdrawal.txHash } : before
    case "BridgingInitiated":
      return { ...before, burn: event.burnTx }
    case "DepositInitiated":
      return { ...before, deposit: event.deposit.txHash }
    case "RebalanceRecovered": {
      const { burn, deposit, withdrawal } = { ...absent, ...event.to }
      return {
        ...(withdrawal?._tag === "OnchainTx" ? { withdraw: withdrawal.txHash } : {}),
        ...(burn === undefined ? {} : { burn: burn.burnTx }),
        ...(deposit === undefined ? {} : { deposit: deposit.txHash })
      }
    }
    default:
      return before
  }
}
const absent = { withdrawal: undefined, burn: undefined, deposit: undefined }

describe("what our own wallet has sent", () => {
  it.prop("is named from its record on, until a recovery says it anew", [walks], ([steps]) => {
    const events = steps.flatMap(({ events }) => events)
    let expected: Named = {}
    for (const [index, event] of events.entries()) {
      expected = named(expected, event)
      const { sent } = right(aggregate.fold(events.slice(0, index + 1).map(aggregate.codec.encode)))
      assert.deepStrictEqual(Object.fromEntries(sent.map(({ step, txHash }) => [step, txHash])), expected)
    }
  })
})

describe("what is moved", () => {
  it.prop("is never more than came, and never less than the fee explains, whoever says so", [walks], ([steps]) => {
    for (const { after } of steps) {
      if ("burn" in after && after.burn !== undefined) {
        assert.isTrue(after.withdrawn !== undefined && after.burn.burned <= after.withdrawn.received)
        if ("minted" in after && after.minted !== undefined) {
          assert.strictEqual(after.minted.received + after.minted.feeCollected, BigInt(after.burn.burned))
        }
      }
    }
  })
})

describe("what has moved", () => {
  it.prop("is not moved again: no step is taken of which something is known already", [walks], ([
    steps
  ]) => {
    for (const { before, command } of steps) {
      if (command._tag === "Initiate") assert.isFalse("withdrawn" in before)
      if (command._tag === "InitiateBridging") assert.isFalse("burn" in before)
      if (command._tag === "InitiateDeposit") assert.isFalse("deposit" in before)
      if (command._tag !== "Recover" || !("failure" in before)) continue
      const known = { withdrawn: undefined, burn: undefined, deposit: undefined, ...before }
      if (command.to._tag === "Requested") assert.isUndefined(known.withdrawn)
      if (command.to._tag === "WithdrawalComplete") assert.isUndefined(known.burn)
      if (command.to._tag === "Bridged" && before._tag === "DepositFailed") assert.isUndefined(known.deposit)
    }
  })

  it.prop("by Alpaca stays known, whatever becomes of the rebalance", [walks], ([steps]) => {
    const given: Array<string> = []
    for (const { after, before, command } of steps) {
      const isGivenUp = command._tag === "Recover" && command.to._tag === "Requested"
      if (isGivenUp && "withdrawal" in before && before.withdrawal?._tag === "AlpacaTransfer") {
        given.push(before.withdrawal.id)
      }
      if ("direction" in after) assert.deepStrictEqual([...(after.abandoned ?? [])], given)
    }
  })
})
