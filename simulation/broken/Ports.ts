/** Faults between the managers and the ports: each is a mistake that somebody has made in a program of this kind. */
import { Context, Effect, Option, Schema } from "effect"
import { slice } from "viem"
import * as Cctp from "../../src/domain/Cctp.ts"
import { Hex } from "../../src/domain/Hex.ts"
import { MintId } from "../../src/domain/OperationId.ts"
import * as CircleClient from "../../src/layers/cctp/CircleClient.ts"
import { AlpacaTokenization } from "../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../src/services/AlpacaWallet.ts"
import { Attested, CctpBridge } from "../../src/services/CctpBridge.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import type { Parts, Plant, Ports } from "../Program.ts"

const decodeHex = Schema.decodeUnknown(Hex)

type Changed = Context.Context<Parts>

const plant = (change: (parts: Changed) => Changed): Plant => (parts) =>
  Effect.succeed<Context.Context<Ports>>(change(parts))

/** Posts the withdrawal without looking whether it has been posted before. */
export const postWithoutLooking = plant((parts) => {
  const wallet = Context.get(parts, AlpacaWallet)
  return Context.add(parts, AlpacaWallet, { ...wallet, findWithdrawal: () => Effect.succeedNone })
})

/** Takes an order of which nothing is known for one that has failed, and orders again. */
export const timeoutIsFailure = plant((parts) => {
  const wallet = Context.get(parts, AlpacaWallet)
  return Context.add(parts, AlpacaWallet, {
    ...wallet,
    orderWithdrawal: (order) =>
      Effect.retry(wallet.orderWithdrawal(order), {
        times: 2,
        while: ({ reason }) => reason === "OutcomeUnknown"
      })
  })
})

/** Takes whatever transfer looks right, also one that another operation has recorded. */
export const claimAnothers = plant((parts) => {
  const wallet = Context.get(parts, AlpacaWallet)
  return Context.add(parts, AlpacaWallet, {
    ...wallet,
    findWithdrawal: (sought) =>
      wallet.findWithdrawal({ ...sought, claimed: new Set() }).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "Ambiguous",
          () => Effect.flatMap(wallet.orderWithdrawal(sought), (taken) => Effect.succeedSome(taken))
        )
      )
  })
})

/** Labels each try of a mint anew, so that Alpaca cannot tell the second from another order. */
export const newLabelForEachTry = plant((parts) => {
  const alpaca = Context.get(parts, AlpacaTokenization)
  let tries = 0
  const label = (id: MintId) => MintId.make(`${String(tries++).padStart(8, "0")}${id.slice(8)}`)
  return Context.add(parts, AlpacaTokenization, {
    ...alpaca,
    findMint: () => Effect.succeedNone,
    requestMint: (id, order) => alpaca.requestMint(label(id), order)
  })
})

/** Writes down what was asked for, and not what has arrived. */
export const askedInsteadOfArrived = plant((parts) => {
  const store = Context.get(parts, EventStore)
  const instead = (event: { readonly _tag: string }, state: object) =>
    event._tag === "WithdrawalConfirmed" && "amount" in state ? { ...event, received: state.amount } : event
  return Context.add(
    parts,
    EventStore,
    EventStore.of({
      ...store,
      append: (aggregate, id, commit) =>
        store.append(aggregate, id, {
          ...commit,
          events: commit.events.map((event) => instead(event, commit.state) as typeof event)
        })
    })
  )
})

/** Says that an event is on the disk, and it is not. */
export const loseAnEvent = plant((parts) => {
  const store = Context.get(parts, EventStore)
  let appends = 0
  return Context.add(
    parts,
    EventStore,
    EventStore.of({
      ...store,
      append: (aggregate, id, commit) =>
        ++appends % 7 === 0
          ? Effect.succeed(commit.expectedVersion + commit.events.length)
          : store.append(aggregate, id, commit)
    })
  )
})

const isComplete = ({ attestation, message, status }: CircleClient.Message): boolean =>
  status === "complete" && attestation?.startsWith("0x") === true && message?.startsWith("0x") === true

/** Takes the first message that Circle shows for its own, whatever it says. */
export const acceptAForeignAttestation: Plant = (parts, { configuration }) =>
  Effect.gen(function*() {
    const bridge = Context.get(parts, CctpBridge)
    const circle = yield* Effect.provide(CircleClient.make(configuration.cctp), parts)
    const attestation: typeof bridge.attestation = (lane, burn) =>
      Effect.gen(function*() {
        const shown = yield* circle.messages(lane.source, burn.burnTx)
        const first = Option.getOrElse(shown, () => []).find(isComplete)
        if (first === undefined) return Attested.Pending({ waitingFor: "Circle", delay: undefined })
        const message = yield* Effect.orDie(decodeHex(first.message))
        const signatures = yield* Effect.orDie(decodeHex(first.attestation))
        const nonce = yield* Effect.orDie(Schema.decodeUnknown(Cctp.Nonce)(slice(message, 12, 44)))
        return Attested.Ready({ attestation: { message, attestation: signatures, nonce }, expires: 0n })
      })
    return Context.add(parts, CctpBridge, { ...bridge, attestation })
  })
