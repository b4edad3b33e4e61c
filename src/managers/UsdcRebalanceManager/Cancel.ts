/** Requested, and a person has thought better of it. */
import { DateTime, Effect, Option } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { Lease } from "../../services/Leases.ts"
import { Policies } from "../Policies.ts"
import * as Standing from "../Standing.ts"
import * as Verbs from "../Verbs.ts"
import * as Waiting from "../Waiting.ts"
import * as AlpacaWithdrawal from "./AlpacaWithdrawal.ts"
import * as Route from "./Route.ts"

type Requested = typeof Rebalance.State.Requested.Type

/** None where it goes on by its rows. */
export const command = (id: RebalanceId, state: Requested, reason: string, lease: Lease) =>
  state.direction === "AlpacaToBase"
    ? Effect.asSome(atAlpaca(id, state, reason))
    : inVault(id, state, reason, lease)

const goesOn = (id: RebalanceId, state: Requested, why: string) =>
  Verbs.goesOn(Verbs.subjectOf("rebalance", Rebalance.aggregate, id, state), why)

const cancel = (reason: string): Effect.Effect<Rebalance.Command> =>
  Effect.map(DateTime.now, (at) => Rebalance.Cancel.make({ reason, at }))

/**
 * Whoever drove it last may have sent the order just before he let go of the lease: it is cancelled by a look that finds
 * nothing once Alpaca has had its settling time since. What is found goes on.
 */
const atAlpaca = (id: RebalanceId, state: Requested, reason: string) =>
  Effect.gen(function*() {
    const { wallet } = yield* Policies
    const onWait = Route.waiting(id, state)
    yield* AlpacaWithdrawal.alone(onWait)
    const deadline = DateTime.addDuration(yield* DateTime.now, wallet.settlingTime)
    const look = Effect.gen(function*() {
      const found = yield* AlpacaWithdrawal.find(id, state)
      const taken = Option.filter(found, ({ status, txHash }) => status !== "Failed" || Option.isSome(txHash))
      if (Option.isNone(taken)) {
        return Waiting.NotYet({
          waitingFor: "Alpaca to show an order that may have been sent",
          late: Option.some(yield* cancel(reason))
        })
      }
      const { id: transfer } = taken.value
      yield* goesOn(id, state, `Alpaca has taken it as transfer ${transfer}`)
      const withdrawal = Rebalance.State.AlpacaTransfer.make({ id: transfer })
      return Waiting.Answer<Rebalance.Command>({
        answer: Rebalance.Initiate.make({ withdrawal, at: yield* DateTime.now })
      })
    })
    return yield* Waiting.patiently(Waiting.until({ look, deadline, poll: wallet.poll, onWait }))
  })

const inVault = (id: RebalanceId, state: Requested, reason: string, lease: Lease) =>
  Effect.gen(function*() {
    const isDone = yield* Standing.cancelled({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.withdraw,
      why: reason,
      lease,
      onWait: Route.waiting(id, state)
    })
    if (!isDone) return Option.some(yield* cancel(reason))
    yield* goesOn(id, state, "the vault has paid before an empty transaction could take the nonce")
    return Option.none<Rebalance.Command>()
  })
