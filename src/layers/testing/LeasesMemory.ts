/** Leases in memory. Its holders are all of this process, so none is ever known to have ended: a lease left is one to wait for. */
import { Array as Arr, Clock, DateTime, Duration, Effect, Either, Layer } from "effect"
import { type Lease, LeaseHeld, Leases } from "../../services/Leases.ts"
import * as LeaseHolding from "../sql/LeaseHolding.ts"
import { LeasesControl } from "./LeasesControl.ts"
import { fence, type LeaseRow, MemoryDatabase } from "./MemoryDatabase.ts"

/** How long a lease lasts without a sign of its holder. */
export interface Options {
  readonly duration: Duration.DurationInput
}

const heldBy = (row: LeaseRow | undefined, now: number) =>
  row?.held === undefined || row.held.expiresAt <= now
    ? undefined
    : { holder: row.held.owner, until: DateTime.unsafeMake(row.held.expiresAt) }

const make = (options: Options) =>
  Effect.gen(function*() {
    const { leases } = yield* MemoryDatabase
    const duration = Duration.decode(options.duration)
    const millis = Duration.toMillis(duration)

    const renew = (lease: Pick<Lease, "name" | "token">) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        Either.map(fence({ leases }, lease), ({ owner }) => {
          leases.set(lease.name, { token: lease.token, held: { owner, expiresAt: now + millis } })
        }))

    const hold = LeaseHolding.make(duration, {
      acquire: (name) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          // No yield from here to the write.
          const row = leases.get(name)
          const held = heldBy(row, now)
          if (held !== undefined) return yield* new LeaseHeld({ name, ...held })
          const token = (row?.token ?? 0) + 1
          leases.set(name, { token, held: { owner: `holder ${token} in memory`, expiresAt: now + millis } })
          return token
        }),
      renew: (held) => Effect.map(Effect.forEach(held, renew), Arr.getLefts),
      release: ({ name, token }) =>
        Effect.sync(() => {
          if (leases.get(name)?.token === token) leases.set(name, { token, held: undefined })
        })
    })

    const confirm: Leases["Type"]["confirm"] = (lease) => Effect.flatten(renew(lease))

    const holder: Leases["Type"]["holder"] = (name) =>
      Effect.map(Clock.currentTimeMillis, (now) => heldBy(leases.get(name), now))

    return Leases.of({ hold, confirm, holder })
  })

/** Leases over a database in memory that others may share: a second holder in one test. */
export const layerMemory = (options: Options): Layer.Layer<Leases, never, MemoryDatabase> =>
  Layer.effect(Leases, make(options))

/** For the contract suite; `duration` as the layer's. */
export const layerControl = (options: Options): Layer.Layer<LeasesControl, never, MemoryDatabase> =>
  Layer.effect(
    LeasesControl,
    Effect.map(MemoryDatabase, ({ leases }) =>
      LeasesControl.of({
        duration: Duration.decode(options.duration),
        seize: (name, duration) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const token = (leases.get(name)?.token ?? 0) + 1
            leases.set(name, {
              token,
              held: { owner: "process 1 on elsewhere", expiresAt: now + Duration.toMillis(duration) }
            })
          })
      }))
  )
