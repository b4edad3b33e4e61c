/** Failed, and a person orders a new try of the step: only when nothing of the old one can still happen. */
import { DateTime, Effect, Option } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import type { Lease } from "../../services/Leases.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { Refused } from "../Refused.ts"
import * as Sending from "../Sending.ts"
import { giveUp, stillPossible } from "../Standing.ts"
import * as AlpacaWithdrawal from "./AlpacaWithdrawal.ts"
import * as Limits from "./Limits.ts"
import * as Order from "./Order.ts"
import * as OwnStep from "./OwnStep.ts"
import * as Recheck from "./Recheck.ts"
import * as Route from "./Route.ts"

const { Recovery, State } = Rebalance

interface Target {
  readonly to: Rebalance.Recovery.Recovery
  /** By what it is known that nothing of the old try can still happen; or what it has come to after all. */
  readonly reason: string
}

export const opening = (id: RebalanceId, state: OwnStep.Failed, lease: Lease) =>
  Effect.gen(function*() {
    yield* Sending.unlessOther(id, state.wallet)
    const { reason, to } = yield* target(id, state, lease)
    if (to._tag === "Requested") {
      yield* Limits.single(state.amount)
      if (state.direction === "AlpacaToBase") yield* Order.whitelisted(state.wallet)
    }
    const command: Rebalance.Command = Rebalance.Recover.make({ to, reason, at: yield* DateTime.now })
    // What has settled becomes live again; what has not was counted all the time.
    return Outcome.settled(Rebalance.aggregate.outcome(state))
      ? { command, guard: yield* Limits.guard(id, state, to._tag === "Requested") }
      : { command }
  })

const target = (id: RebalanceId, state: OwnStep.Failed, lease: Lease) =>
  Effect.gen(function*() {
    const own = yield* OwnStep.standing(id, state)
    if (Option.isSome(own)) {
      const { standing, to } = own.value
      if (standing._tag === "Open") return yield* stillPossible(standing.why, id)
      if (standing._tag === "Over") yield* giveUp(standing, lease)
      return { to, reason: standing.why }
    }
    switch (state._tag) {
      case "WithdrawalFailed":
        return yield* withdrawal(id, state)
      case "BridgingFailed":
        return yield* bridging(id, state)
      case "DepositFailed":
        return yield* deposit(id, state)
    }
  })

const withdrawal = (id: RebalanceId, state: typeof State.WithdrawalFailed.Type) =>
  Effect.gen(function*() {
    const { withdrawal, withdrawn } = state
    if (withdrawn !== undefined) return yield* goOnWith(id, state, withdrawn)
    const alpaca = yield* AlpacaWallet
    const policies = yield* Policies
    const patiently = { schedule: policies.retry, while: isTransient }
    if (withdrawal?._tag !== "AlpacaTransfer") {
      // Nobody else claims the same transfer between this look and its record.
      yield* AlpacaWithdrawal.alone(Route.waiting(id, state))
      const found = yield* retrying(AlpacaWithdrawal.find(id, state), patiently)
      // Where nothing is found, the row looks on until Alpaca has settled, and only then orders.
      return Option.match(found, {
        onNone: (): Target => ({
          to: Recovery.Requested.make({}),
          reason: `Alpaca shows no transfer of ${Usdc.print(state.amount)} USDC to ${state.wallet}`
        }),
        onSome: ({ id }): Target => ({
          to: Recovery.Withdrawing.make({ withdrawal: State.AlpacaTransfer.make({ id }) }),
          reason: `Alpaca shows transfer ${id}`
        })
      })
    }
    const shown = yield* retrying(alpaca.getTransfer(withdrawal.id), patiently)
    const says = Option.match(shown, {
      onNone: () => `Alpaca does not show transfer ${withdrawal.id}, which proves nothing`,
      onSome: ({ status, txHash }) =>
        `Alpaca says ${status} of transfer ${withdrawal.id} and names ${
          Option.getOrElse(txHash, () => "no transaction")
        }`
    })
    if (Option.exists(shown, ({ status, txHash }) => status === "Failed" && Option.isNone(txHash))) {
      return { to: Recovery.Requested.make({}), reason: says }
    }
    const recovered = yield* Recheck.look(id, state)
    return Option.isSome(recovered) ? recovered.value : yield* stillPossible(says, id)
  })

/** What came, but no more than was asked for: the rest is somebody else's. */
const goOnWith = (
  id: RebalanceId,
  { amount, withdrawal }: typeof State.WithdrawalFailed.Type,
  withdrawn: typeof State.Withdrawn.Type
) => {
  const { received, txHash } = withdrawn
  if (withdrawal === undefined) {
    const detail = `rebalance ${id} does not say what its withdrawal was: settle it by hand, ballast reconcile ${id}`
    return Effect.fail(new Refused({ reason: "NotRetryable", detail }))
  }
  const surplus = received > amount ? Usdc.fromUnits(received - amount) : undefined
  return Effect.succeed<Target>({
    to: Recovery.WithdrawalComplete.make({
      withdrawal,
      withdrawn: surplus === undefined ? withdrawn : { ...withdrawn, received: amount }
    }),
    reason: surplus === undefined
      ? `transaction ${txHash} has brought ${Usdc.print(received)} USDC, which go on`
      : `of what transaction ${txHash} has brought ${Usdc.print(amount)} USDC go on; the other ${
        Usdc.print(surplus)
      } stay in our wallet`
  })
}

/** Burned: it is minted as soon as it can be, whoever asks. */
const bridging = (id: RebalanceId, state: typeof State.BridgingFailed.Type) =>
  Effect.gen(function*() {
    const recovered = yield* Recheck.minting(state)
    if (Option.isSome(recovered)) return recovered.value
    return yield* stillPossible(
      state.attested === undefined
        ? `Circle has not attested burn ${state.burn?.burnTx ?? ""} yet, and there is nothing to do but wait`
        : `the mint of burn ${state.burn?.burnTx ?? ""} would still be refused: ${state.failure.detail}`,
      id
    )
  })

const deposit = (id: RebalanceId, state: typeof State.DepositFailed.Type) =>
  Effect.gen(function*() {
    const recovered = yield* Recheck.look(id, state)
    return Option.isSome(recovered) ? recovered.value : yield* stillPossible(
      `the USDC were sent to Alpaca in transaction ${state.deposit?.txHash ?? ""}, and it has not credited them`,
      id
    )
  })
