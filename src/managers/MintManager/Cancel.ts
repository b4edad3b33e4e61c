/** MintRequested, and a person has thought better of it. */
import { DateTime, Effect, Option } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { Policies } from "../Policies.ts"
import * as Progress from "../Progress.ts"
import * as Verbs from "../Verbs.ts"
import * as Waiting from "../Waiting.ts"
import { acknowledge, keyOf } from "./Acceptance.ts"

type MintRequested = typeof Mint.State.MintRequested.Type

/**
 * Whoever drove it last may have sent the order just before he let go of the lease: it is cancelled by a look that finds
 * nothing once Alpaca has had its settling time since. What is found goes on.
 */
export const command = (id: MintId, state: MintRequested, reason: string) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const { tokenization, wallet } = yield* Policies
    const deadline = DateTime.addDuration(yield* DateTime.now, wallet.settlingTime)
    const look = Effect.gen(function*() {
      const found = yield* alpaca.findMint(keyOf(id, state), state)
      if (Option.isNone(found)) {
        const late: Mint.Command = Mint.Cancel.make({ reason, at: yield* DateTime.now })
        return Waiting.NotYet({
          waitingFor: "Alpaca to show an order that may have been sent",
          late: Option.some(late)
        })
      }
      yield* Verbs.goesOn(
        Verbs.subjectOf("mint", Mint.aggregate, id, state),
        `Alpaca has taken it as tokenization request ${found.value.id}`
      )
      return Waiting.Answer<Mint.Command>({ answer: yield* acknowledge(found.value) })
    })
    return yield* Waiting.patiently(Waiting.until({
      look,
      deadline,
      poll: tokenization.poll,
      onWait: Progress.waiting({
        type: Mint.aggregate.type,
        id,
        state: state._tag,
        since: state.retried?.at ?? state.requestedAt
      })
    }))
  })
