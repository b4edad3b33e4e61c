/** What every layer of the port `CctpBridge` must do. Several cases may share one world. */
import { Effect } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import type * as Cctp from "../../../domain/Cctp.ts"
import * as CctpMessage from "../../../domain/CctpMessage.ts"
import { OperationId } from "../../../domain/OperationId.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import * as Usdc from "../../../domain/Usdc.ts"
import {
  Attested,
  type Burned,
  CctpBridge,
  type CctpError,
  type Mintable,
  type Minted
} from "../../../services/CctpBridge.ts"
import type { ChainError } from "../../../services/Chain.ts"
import { type LeaseHeld, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import type { SubmitError } from "../../../services/TransactionOutbox.ts"
import { CctpWorld } from "../CctpWorld.ts"
import { type Case, ContractViolation, equals, fails, holds } from "./Contract.ts"

type Services = CctpBridge | CctpWorld | Leases
type Failure = SubmitError | CctpError | ChainError | LeaseHeld | StoreError | ContractViolation

const usdc = Usdc.fromUnits
const amount = usdc(100_000_000n)

/** One operation with 100 USDC in our wallet, that is to cross. */
const makeGiven = Effect.gen(function*() {
  const bridge = yield* CctpBridge
  const world = yield* CctpWorld
  const operation = OperationId.make(randomUUID())
  const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
  const { lane } = world
  yield* world.setAttesting(true)
  yield* world.give(amount)
  const before = yield* world.effects
  const sending = (step: string) => ({ key: { operation, step, attempt: 1 }, lease })
  const over = <A extends { readonly _tag: string }, E>(look: Effect.Effect<A, E>) =>
    Effect.repeat(Effect.zipRight(world.mine(1), look), { until: ({ _tag }) => _tag !== "Pending", times: 40 })
  const burn = (wanted: { readonly amount: Usdc.Usdc } = { amount }, step = "burn") =>
    bridge.burn(lane, { ...wanted, finality: "fast" }, sending(step))
  const mint = (mintable: Mintable, step = "mint") => bridge.mint(lane, mintable, sending(step))
  const burned = (step = "burn") =>
    Effect.flatMap(over(burn({ amount }, step)), (end) =>
      end._tag === "Burned"
        ? Effect.succeed({ burnTx: end.burnTx, burned: end.burned, maxFee: end.maxFee, destinationBlock: 0n })
        : Effect.fail(new ContractViolation({ expectation: "the burn should be mined", actual: end })))
  const attested = (burn: Cctp.Burn) =>
    Effect.flatMap(over(bridge.attestation(lane, burn)), (end) =>
      end._tag === "Ready"
        ? Effect.succeed({ ...end.attestation, burn })
        : Effect.fail(new ContractViolation({ expectation: "the burn should be attested", actual: end })))
  const effects = Effect.map(world.effects, (now) => ({
    burned: now.burned.slice(before.burned.length).join(),
    minted: now.minted.slice(before.minted.length)
  }))
  return { bridge, world, lane, over, burn, burned, attested, mint, effects }
})
type Given = Effect.Effect.Success<typeof makeGiven>

const make = (
  name: string,
  run: (given: Given) => Effect.Effect<void, Failure>
): Case<Failure, Services> => ({ name, run: Effect.scoped(Effect.flatMap(makeGiven, run)) })

const isBurned = (end: Burned) =>
  holds(end._tag === "Burned" && end.burned === amount && end.maxFee < amount, "Burned, all of it", end)

/** What was minted and what was kept are what was burned. */
const isMinted = (end: Minted, isOurs: boolean) =>
  holds(
    end._tag === "Minted" && end.isOurs === isOurs && end.mint.received + end.mint.feeCollected === amount,
    `Minted ${isOurs ? "by us" : "by somebody else"}, nothing lost`,
    end
  )

const mintedOnce = ({ effects }: Given, end: Minted) =>
  Effect.flatMap(effects, ({ minted }) =>
    holds(
      end._tag === "Minted" && minted.length === 1 && minted[0] === end.mint.received,
      "there should be exactly one mint, of what is told",
      minted
    ))

/** What every layer of CctpBridge must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<Failure, Services>> = [
  make(
    "a quote offers what Circle asks for and more, within the limit of a message",
    ({ bridge, lane }) =>
      Effect.gen(function*() {
        const fast = yield* bridge.quote(lane, { amount, finality: "fast" })
        yield* equals(fast.finality, "fast", "the finality")
        yield* holds(0n < fast.fee && fast.fee <= fast.maxFee && fast.maxFee < amount, "a fee and its margin", fast)
        yield* holds(fast.limit > amount, "a limit above the amount", fast.limit)
        const standard = yield* bridge.quote(lane, { amount, finality: "standard" })
        yield* equals(standard.finality, "standard", "the finality")
        yield* holds(standard.fee < fast.fee, "standard costs less", standard.fee)
      })
  ),
  make("a burn is sent once, and over with what was burned", (given) =>
    Effect.gen(function*() {
      yield* equals((yield* given.burn())._tag, "Pending", "the answer at first")
      yield* isBurned(yield* given.over(given.burn()))
      yield* isBurned(yield* given.burn())
      yield* equals((yield* given.effects).burned, "100000000", "the burns")
    })),
  make(
    "less than the fee, or more than the limit, is refused, and nothing is burned",
    (given) =>
      Effect.gen(function*() {
        const small = yield* fails(given.burn({ amount: usdc(1n) }, "small"), "a burn of nothing but the fee")
        yield* holds(small._tag === "CctpError" && small.reason === "AmountTooSmall", "AmountTooSmall", small)
        const large = yield* fails(given.burn({ amount: usdc(10n ** 15n) }, "large"), "a burn above the limit")
        yield* holds(large._tag === "CctpError" && large.reason === "AboveBurnLimit", "AboveBurnLimit", large)
        yield* equals((yield* given.effects).burned, "", "the burns")
      })
  ),
  make("a burn waits for Circle as long as that takes", (given) =>
    Effect.gen(function*() {
      yield* given.world.setAttesting(false)
      const burn = yield* given.burned()
      yield* given.world.mine(20)
      yield* equals((yield* given.bridge.attestation(given.lane, burn))._tag, "Pending", "the answer without Circle")
      yield* given.world.setAttesting(true)
      const { message, nonce } = yield* given.attested(burn)
      const parsed = yield* Effect.orDie(CctpMessage.acceptable(message))
      yield* equals(parsed.nonce, nonce, "the nonce")
      yield* equals(parsed.amount, amount, "the amount")
    })),
  make("a burn that Circle has not seen is waited for", (given) =>
    Effect.gen(function*() {
      const nowhere = TxHash.make(`0x${randomBytes(32).toString("hex")}`)
      const burn = { burnTx: nowhere, burned: amount, maxFee: usdc(0n), destinationBlock: 0n }
      yield* equals((yield* given.bridge.attestation(given.lane, burn))._tag, "Pending", "the answer")
    })),
  make("a mint is sent once, and over with what has come and what was kept", (given) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(given.burned(), given.attested)
      yield* equals(yield* given.bridge.canMint(given.lane, mintable), true, "whether it can be minted")
      yield* equals((yield* given.mint(mintable))._tag, "Pending", "the answer at first")
      const end = yield* given.over(given.mint(mintable))
      yield* isMinted(end, true)
      yield* isMinted(yield* given.mint(mintable), true)
      yield* mintedOnce(given, end)
      yield* equals(yield* given.bridge.canMint(given.lane, mintable), true, "whether it can be found")
    })),
  make("what somebody else has minted is found, and not minted again", (given) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(given.burned(), given.attested)
      yield* given.world.mintAsStranger(mintable.burn.burnTx)
      const end = yield* given.over(given.mint(mintable))
      yield* isMinted(end, false)
      yield* mintedOnce(given, end)
    })),
  make("two burns of the same amount at once are two, each minted once", (given) =>
    Effect.gen(function*() {
      yield* given.world.give(amount)
      const [one, other] = yield* Effect.all([given.burned("one"), given.burned("other")])
      yield* holds(one.burnTx !== other.burnTx, "two burns", one)
      const [first, second] = yield* Effect.all([given.attested(one), given.attested(other)])
      yield* holds(first.nonce !== second.nonce, "two messages", first.nonce)
      yield* isMinted(yield* given.over(given.mint(first)), true)
      yield* isMinted(yield* given.over(given.mint(second, "other mint")), true)
      yield* equals((yield* given.effects).minted.length, 2, "the number of mints")
    })),
  make("an expired message is signed anew, and then minted once", (given) =>
    Effect.gen(function*() {
      const burn = yield* given.burned()
      const stale = yield* given.attested(burn)
      yield* given.world.expire(burn.burnTx)
      yield* equals((yield* given.mint(stale))._tag, "Expired", "the mint of the old message")
      yield* equals(yield* given.bridge.canMint(given.lane, stale), true, "whether there is a way on")
      yield* given.bridge.reattest(stale)
      const fresh = yield* Effect.repeat(
        Effect.zipRight(given.world.mine(1), given.bridge.attestation(given.lane, burn)),
        {
          until: (seen) => seen._tag === "Ready" && seen.attestation.message !== stale.message,
          times: 40
        }
      )
      if (!Attested.$is("Ready")(fresh)) return yield* holds(false, "Ready, with another message", fresh)
      yield* equals(fresh.attestation.nonce, stale.nonce, "the nonce")
      yield* equals(fresh.expires, 0n, "its last block")
      const end = yield* given.over(given.mint({ ...fresh.attestation, burn }))
      yield* isMinted(end, true)
      yield* mintedOnce(given, end)
    }))
]
