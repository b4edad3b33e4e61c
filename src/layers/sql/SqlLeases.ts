/** Leases as rows. The token of a name only ever grows; whoever holds the largest one holds the lease. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, DateTime, Deferred, Duration, Effect, Either, Layer } from "effect"
import { LeaseHeld, LeaseLost, Leases } from "../../services/Leases.ts"
import * as ProcessIdentity from "./ProcessIdentity.ts"
import * as Transaction from "./Transaction.ts"

export interface Options {
  /** How long a lease outlives the last sign of its holder. It is renewed three times as often. */
  readonly duration: Duration.DurationInput
}

interface Row {
  readonly token: number
  /** Null once released; then the columns below are too. */
  readonly owner: string | null
  readonly machine: string | null
  readonly pid: number | null
  readonly process_start: string | null
  readonly expires_at: number | null
}

interface Held {
  readonly holder: string
  readonly until: DateTime.Utc
}

const make = (options: Options) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { read, write } = Transaction.make(sql)
    const self = yield* ProcessIdentity.current
    const owner = ProcessIdentity.describe(self)
    const duration = Duration.toMillis(options.duration)

    const find = (name: string) =>
      Effect.map(
        sql<Row>`SELECT token, owner, machine, pid, process_start, expires_at FROM leases WHERE name = ${name}`,
        ([row]) => row
      )

    /** Whoever holds it at this moment: it is not released, not expired, and its holder not known to have ended. */
    const heldBy = (row: Row | undefined, now: number): Held | undefined => {
      if (row?.owner == null || row.expires_at === null || row.expires_at <= now) return undefined
      const { machine, pid, process_start: start } = row
      if (
        machine !== null && pid !== null && ProcessIdentity.isGone({ machine, pid, start: start ?? undefined }, self)
      ) {
        return undefined
      }
      return { holder: row.owner, until: DateTime.unsafeMake(row.expires_at) }
    }

    const acquire = (name: string) =>
      write(
        `take the lease ${name}`,
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const row = yield* find(name)
          const held = heldBy(row, now)
          if (held !== undefined) return yield* new LeaseHeld({ name, ...held })
          const token = (row?.token ?? 0) + 1
          yield* sql`
            INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
            VALUES (${name}, ${token}, ${owner}, ${self.machine}, ${self.pid}, ${self.start ?? null}, ${now + duration})
            ON CONFLICT (name) DO UPDATE SET
              token = excluded.token, owner = excluded.owner, machine = excluded.machine, pid = excluded.pid,
              process_start = excluded.process_start, expires_at = excluded.expires_at`
          return { token, previous: row?.owner ?? undefined }
        })
      ).pipe(Effect.tap(({ previous, token }) =>
        previous === undefined
          ? Effect.void
          : Effect.logInfo(`took over the lease ${name} from ${previous}, which did not release it`).pipe(
            Effect.annotateLogs({ lease: name, token })
          )
      ))

    /** The row stays, so that the next token is larger. */
    const release = (name: string, token: number) =>
      write(
        `release the lease ${name}`,
        sql`
          UPDATE leases SET owner = NULL, machine = NULL, pid = NULL, process_start = NULL, expires_at = NULL
          WHERE name = ${name} AND token = ${token}`
      ).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(`could not release the lease ${name}; it expires by itself`, error).pipe(
            Effect.annotateLogs({ lease: name, token })
          )
        )
      )

    /** False when another holder has taken it. */
    const renew = (name: string, token: number) =>
      write(
        `renew the lease ${name}`,
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const renewed = yield* sql`
            UPDATE leases SET expires_at = ${now + duration}
            WHERE name = ${name} AND token = ${token} AND owner IS NOT NULL RETURNING token`
          return renewed.length > 0
        })
      )

    /** Goes on also past the expiry: until somebody takes the lease it is ours, and when somebody has, appends are refused. */
    const renewing = (name: string, token: number, lost: Deferred.Deferred<never, LeaseLost>) =>
      Effect.gen(function*() {
        let delay = duration / 3
        while (true) {
          yield* Effect.sleep(delay)
          const renewed = yield* Effect.either(renew(name, token))
          if (Either.isLeft(renewed)) {
            yield* Effect.annotateLogs(Effect.logWarning(`could not renew the lease ${name} yet`, renewed.left), {
              lease: name,
              token
            })
            delay = duration / 15
          } else if (renewed.right) {
            delay = duration / 3
          } else {
            yield* Deferred.fail(lost, new LeaseLost({ name, token }))
            return
          }
        }
      })

    const hold: Leases["Type"]["hold"] = (name) =>
      Effect.gen(function*() {
        const { token } = yield* Effect.acquireRelease(acquire(name), (acquired) => release(name, acquired.token))
        const lost = yield* Deferred.make<never, LeaseLost>()
        // Interruptible also when the holder is not: the scope that closes interrupts it and waits.
        yield* Effect.forkScoped(Effect.interruptible(renewing(name, token, lost)))
        return { name, token, lost: Deferred.await(lost) }
      })

    const holder: Leases["Type"]["holder"] = (name) =>
      Effect.gen(function*() {
        const row = yield* read(`look who holds the lease ${name}`, find(name))
        return heldBy(row, yield* Clock.currentTimeMillis)
      })

    return Leases.of({ hold, holder })
  })

export const layer = (options: Options): Layer.Layer<Leases, never, SqlClient.SqlClient> =>
  Layer.effect(Leases, make(options))
