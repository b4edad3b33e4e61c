/** From chain to chain by CCTP. WithdrawalComplete: burn. Bridging: wait for the attestation. Attested: mint. */
import { DateTime, Effect, Option, Ref } from "effect"
import type * as Cctp from "../../domain/Cctp.ts"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { Alerts } from "../../services/Alerts.ts"
import { type Attested, CctpBridge, CctpError } from "../../services/CctpBridge.ts"
import type { Lease } from "../../services/Leases.ts"
import * as Doubt from "../Doubt.ts"
import { Policies } from "../Policies.ts"
import * as Sending from "../Sending.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

type WithdrawalComplete = typeof Rebalance.State.WithdrawalComplete.Type
type Bridging = typeof Rebalance.State.Bridging.Type
type AttestedState = typeof Rebalance.State.Attested.Type
type Seen = Waiting.Seen<Rebalance.Command>

/** Burns what has come, no more: other USDC in our wallet is none of this rebalance's. */
export const burn = (id: RebalanceId, state: WithdrawalComplete, lease: Lease) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const lane = Route.lane(state)
    const { destinationBlock, received: amount } = state.withdrawn
    const place = Route.legs[state.direction].withdrawn
    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.burn,
      lease,
      since: state.since,
      approve: { token: Route.token(lane.source, state), spender: lane.messenger, amount: Route.tokens(amount) },
      send: (sending) => bridge.burn(lane, { amount, finality: state.cctp.finality }, sending),
      done: ({ burned, burnTx, maxFee }) =>
        Effect.map(DateTime.now, (at) =>
          Waiting.Answer<Rebalance.Command>({
            answer: Rebalance.InitiateBridging.make({ burnTx, burned, maxFee, destinationBlock, at })
          })),
      failed: (reason, detail) => Route.failBridging({ reason, detail, place }),
      onWait: Route.waiting(id, state)
    }).pipe((burning) =>
      Waiting.each(burning, (turn) =>
        turn.pipe(
          Effect.catchIf(
            isRefusal,
            ({ detail }) =>
              Route.failBridging({ reason: "InvalidRequest", detail: `nothing was burned: ${detail}`, place })
          ),
          unlessDoubtful(id, state)
        ))
    )
  })

/** What the chain shows may be none of ours, and stay so. */
const unlessDoubtful =
  (id: RebalanceId, { since }: { readonly since: DateTime.Utc }) =>
  <A, E, R>(turn: Effect.Effect<A | Rebalance.Command, E, R>) =>
    Effect.flatMap(Policies, ({ attestation }) =>
      Doubt.lasting(turn, {
        id,
        deadline: DateTime.addDuration(since, attestation.deadline),
        failed: (detail) => Route.failBridging({ reason: "Unverifiable", detail, place: "CctpInTransit" })
      }))

const isRefusal = (error: unknown): error is CctpError => error instanceof CctpError && error.kind === "permanent"

/** Circle takes seconds, or until the block of the burn is final, or longer. */
export const awaitAttestation = (id: RebalanceId, state: Bridging) =>
  Effect.gen(function*() {
    const { attestation } = yield* Policies
    const { look } = yield* circle(id, state)
    return yield* Waiting.until({
      look: Effect.flatMap(
        look,
        (seen) => seen._tag === "Ready" ? received(seen.attestation) : notYet(seen, state.burn)
      ),
      deadline: DateTime.addDuration(state.since, attestation.deadline),
      poll: attestation.poll,
      onWait: Route.waiting(id, state)
    }).pipe((attested) => Waiting.each(attested, unlessDoubtful(id, state)))
  })

/** What Circle says of the burn; what is strange about it is told, once. */
const circle = (id: RebalanceId, state: Bridging | AttestedState) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const alerts = yield* Alerts
    const told = yield* Ref.make<string | undefined>(undefined)
    const look = Effect.tap(bridge.attestation(Route.lane(state), state.burn), (seen) =>
      Effect.gen(function*() {
        if (seen._tag === "Unacceptable") {
          yield* alerts.raise({
            condition: `${id}/unacceptable-attestation`,
            operation: id,
            message:
              `rebalance ${id}: what Circle offers for burn ${state.burn.burnTx} is not minted: ${seen.why}. It is looked at again and again; if it stays so, ask Circle`
          })
        }
        if (
          seen._tag === "Pending" && seen.delay !== undefined && (yield* Ref.getAndSet(told, seen.delay)) !== seen.delay
        ) {
          yield* Effect.logWarning(
            `Circle delays the attestation of burn ${state.burn.burnTx} (${seen.delay}): it is slow, not failed, and comes when the burn is final`
          )
        }
      }))
    return { look }
  })

const received = (attestation: Cctp.Attestation): Effect.Effect<Seen> =>
  Effect.map(
    DateTime.now,
    (at) => Waiting.Answer({ answer: Rebalance.ReceiveAttestation.make({ ...attestation, at }) })
  )

const notYet = (seen: Exclude<Attested, { readonly _tag: "Ready" }>, { burnTx }: Cctp.Burn): Effect.Effect<Seen> => {
  const waitingFor = seen._tag === "Pending" ? seen.waitingFor : `an attestation that is good: ${seen.why}`
  return Effect.map(
    Route.failBridging({
      reason: "TimedOut",
      detail: `Circle has not attested burn ${burnTx}: waiting for ${waitingFor}`,
      place: "CctpInTransit"
    }),
    (command) => Waiting.NotYet({ waitingFor, late: Option.some(command) })
  )
}

/** So often a mint may revert, each time after a simulation that did not. */
const limit = 3

/** Minted by whomever. A fast message that has expired is signed anew by Circle, and then minted. */
export const mint = (id: RebalanceId, state: AttestedState, lease: Lease) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const lane = Route.lane(state)
    const mintable = { ...state.attested, burn: state.burn }
    const isAsked = yield* Ref.make(false)
    const { look } = yield* circle(id, state)

    /** Looked at until Circle shows another signature, which it is asked for once. */
    const reattested = Effect.gen(function*() {
      const seen = yield* look
      if (seen._tag === "Ready" && seen.attestation.message !== state.attested.message) {
        return yield* received(seen.attestation)
      }
      if (!(yield* Ref.get(isAsked))) {
        yield* bridge.reattest(mintable)
        yield* Ref.set(isAsked, true)
      }
      return Waiting.NotYet({
        waitingFor: `Circle to sign the expired message of burn ${state.burn.burnTx} anew`,
        late: Option.none<Rebalance.Command>()
      })
    })

    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.mint,
      lease,
      since: state.since,
      limit,
      send: (sending) => bridge.mint(lane, mintable, sending),
      done: (minted) =>
        minted._tag === "Expired" ? reattested : Effect.gen(function*() {
          const { feeCollected, mintTx, received } = minted.mint
          if (!minted.isOurs) {
            yield* Effect.logInfo(`burn ${state.burn.burnTx} was minted by somebody else, in transaction ${mintTx}`)
          }
          return Waiting.Answer<Rebalance.Command>({
            answer: Rebalance.ConfirmBridging.make({ mintTx, received, feeCollected, at: yield* DateTime.now })
          })
        }),
      failed: (reason, detail) =>
        Route.failBridging({
          reason,
          detail: `${Usdc.print(state.burn.burned)} USDC are burned and not minted: ${detail}`,
          place: "CctpInTransit"
        }),
      onWait: Route.waiting(id, state)
    }).pipe((minted) => Waiting.each(minted, unlessDoubtful(id, state)))
  })
