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
      return columns[state._tag]?.includes(command.to._tag) === false
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
  return command._tag === "Recover" && end !== undefined && contradicts(command, state)
    ? { ...command, to: toBase.recovery[end] }
    : command
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
  it.prop("is never more than came, and never less than the fee explains, but where a person says so", [walks], ([
    steps
  ]) => {
    for (const { after, command } of steps) {
      if (command._tag === "Recover") break
      if ("burn" in after && after.burn !== undefined) {
        assert.isTrue(after.withdrawn !== undefined && after.burn.burned <= after.withdrawn.received)
        if ("minted" in after && after.minted !== undefined) {
          assert.strictEqual(after.minted.received + after.minted.feeCollected, BigInt(after.burn.burned))
        }
      }
    }
  })
})
