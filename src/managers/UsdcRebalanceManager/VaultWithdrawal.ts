/** Requested, from the vault: USDC come to our wallet on Base, in one transaction. */
import { DateTime, Effect } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { Lease } from "../../services/Leases.ts"
import { Vault } from "../../services/Vault.ts"
import * as Sending from "../Sending.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

export const send = (id: RebalanceId, state: typeof Rebalance.State.Requested.Type, lease: Lease) =>
  Effect.gen(function*() {
    const vault = yield* Vault
    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.withdraw,
      lease,
      since: state.since,
      send: (sending) => vault.withdraw({ vault: state.vault, token: state.usdc.base, amount: state.amount }, sending),
      // What it has moved is judged in the next state.
      done: ({ txHash }) =>
        Effect.map(DateTime.now, (at) =>
          Waiting.Answer<Rebalance.Command>({
            answer: Rebalance.Initiate.make({ withdrawal: Rebalance.State.OnchainTx.make({ txHash }), at })
          })),
      failed: (reason, detail) => Route.failWithdrawal({ reason, detail, place: "Vault" }),
      onWait: Route.waiting(id, state)
    })
  })
