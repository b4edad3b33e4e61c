/** The allocator of nonces: one per chain and wallet, for all processes on one database. */
import { Effect, Schedule } from "effect"
import type { Address } from "../../../domain/Address.ts"
import type { Chain, ChainError } from "../../../services/Chain.ts"
import { type Lease, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import { OutboxError, type TransactionKey } from "../../../services/TransactionOutbox.ts"

/** It is held for a call to a node and a transaction of the database. */
const patience = Schedule.spaced("100 millis").pipe(Schedule.jittered, Schedule.upTo("10 seconds"))

export interface Taking<A, E> {
  readonly key: TransactionKey
  readonly chain: Chain
  readonly chainId: number
  readonly wallet: Address
  /** Gets the first nonce that the node does not have, and the allocator's lease, to be checked where the nonce is taken. */
  readonly reserve: (pending: number, lease: Lease) => Effect.Effect<A, E>
}

export const make = Effect.gen(function*() {
  const leases = yield* Leases
  // Those of this process stand in line here instead of asking the database again and again.
  const lines = { ethereum: yield* Effect.makeSemaphore(1), base: yield* Effect.makeSemaphore(1) }

  /** One at a time, so that the node's count and what is reserved belong together. */
  const take = <A, E>(
    { chain, chainId, key, reserve, wallet }: Taking<A, E>
  ): Effect.Effect<A, E | ChainError | OutboxError | StoreError> =>
    Effect.gen(function*() {
      const lease = yield* leases.hold(`nonces/${chainId}/${wallet}`).pipe(
        Effect.retry({ schedule: patience, while: ({ _tag }) => _tag === "LeaseHeld" }),
        Effect.catchTag("LeaseHeld", ({ holder }) =>
          new OutboxError({ reason: "Busy", key, detail: `${holder} is taking a nonce of ${wallet} on ${chain.name}` }))
      )
      // A node that lags knows fewer of ours, and ours are counted where the nonce is taken.
      const pending = yield* chain.nonce(wallet, "pending")
      return yield* reserve(pending, lease)
    }).pipe(Effect.scoped, lines[chain.name].withPermits(1))

  return { take }
})

export type Nonces = Effect.Effect.Success<typeof make>
