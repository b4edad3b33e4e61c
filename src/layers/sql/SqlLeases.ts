/** Leases as rows. The token of a name only ever grows; whoever holds the largest one holds the lease. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Array as Arr, Clock, DateTime, Duration, Effect, Either, Layer, Option } from "effect"
import { LeaseHeld, Leases } from "../../services/Leases.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as Fence from "./Fence.ts"
import * as LeaseHolding from "./LeaseHolding.ts"
import * as Prepared from "./Prepared.ts"
import * as ProcessIdentity from "./ProcessIdentity.ts"
import * as Transaction from "./Transaction.ts"

export interface Options {
  /** How long a lease outlives the last sign of its holder. It is renewed three times as often. */
  readonly duration: Duration.DurationInput
}

interface Row {
  readonly token: number
  readonly owner: string | null
  /** Null once released; then the columns below are too. */
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
    const { bulkWrite, read, write } = Transaction.make(sql)
    const prepared = Prepared.make(sql)
    const fence = Fence.make(sql)
    const self = yield* ProcessIdentity.current
    const owner = ProcessIdentity.describe(self)
    const duration = Duration.toMillis(options.duration)
    /** Whole milliseconds, which a duration or a simulated clock need not be. */
    const expiry = (now: number) => Math.ceil(now + duration)

    const find = (name: string) =>
      Effect.map(
        sql<Row>`SELECT token, owner, machine, pid, process_start, expires_at FROM leases WHERE name = ${name}`,
        ([row]) => row
      )

    /** Whoever holds it at this moment: it is not released, not expired, and its holder not known to have ended. */
    const heldBy = (
      name: string,
      row: Row | undefined,
      now: number
    ): Either.Either<Held | undefined, StoreError> => {
      if (row?.owner == null || row.expires_at === null || row.expires_at <= now) return Either.right(undefined)
      const { machine, pid, process_start: start } = row
      if (
        machine !== null && pid !== null && ProcessIdentity.isGone({ machine, pid, start: start ?? undefined }, self)
      ) {
        return Either.right(undefined)
      }
      const { expires_at, owner: holder } = row
      return Either.fromOption(
        Option.map(DateTime.make(expires_at), (until) => ({ holder, until })),
        () =>
          new StoreError({
            reason: "Corrupt",
            action: `look who holds the lease ${name}`,
            detail: `it is said to expire ${expires_at} ms after 1970, which is no time; ${holder} has it`
          })
      )
    }

    /** Each from now on, by the clock of whoever wants it. Who comes later may find it taken by the first. */
    const acquireAll = bulkWrite((wanted: ReadonlyArray<{ readonly name: string; readonly clock: Clock.Clock }>) =>
      Effect.gen(function*() {
        const found = yield* prepared<Row & { readonly name: string }>(
          `SELECT name, token, owner, machine, pid, process_start, expires_at FROM leases
          WHERE name IN (SELECT value FROM json_each(?))`,
          [JSON.stringify(wanted.map(({ name }) => name))]
        )
        const rows = new Map<string, Row>(found.map((row) => [row.name, row]))
        const taken = wanted.map(({ clock, name }) => {
          const now = clock.unsafeCurrentTimeMillis()
          const row = rows.get(name)
          return Either.flatMap(heldBy(name, row, now), (held) => {
            if (held !== undefined) return Either.left(new LeaseHeld({ name, ...held }))
            const token = (row?.token ?? 0) + 1
            const { machine, pid, start = null } = self
            const ours = { name, token, owner, machine, pid, process_start: start, expires_at: expiry(now) }
            rows.set(name, ours)
            return Either.right({ ours, previous: row === undefined || row.expires_at === null ? null : row.owner })
          })
        })
        yield* prepared(
          `INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
          SELECT value ->> 'name', value ->> 'token', value ->> 'owner', value ->> 'machine', value ->> 'pid',
            value ->> 'process_start', value ->> 'expires_at'
          FROM json_each(?) WHERE true
          ON CONFLICT (name) DO UPDATE SET
            token = excluded.token, owner = excluded.owner, machine = excluded.machine, pid = excluded.pid,
            process_start = excluded.process_start, expires_at = excluded.expires_at`,
          [JSON.stringify(Arr.getRights(taken).map(({ ours }) => ours))]
        )
        return taken.map(Either.map(({ ours: { token }, previous }) => ({ token, previous })))
      })
    )

    const acquire = (name: string) =>
      Clock.clockWith((clock) => acquireAll(`take the lease ${name}`, { name, clock })).pipe(
        Effect.tap(({ previous, token }) =>
          previous === null
            ? Effect.void
            : Effect.logInfo(`took over the lease ${name} from ${previous}, which did not release it`).pipe(
              Effect.annotateLogs({ lease: name, token })
            )
        ),
        Effect.map(({ token }) => token)
      )

    /** The row stays, so that the next token is larger, and so does its owner, for those whom he has taken over. */
    const releaseAll = bulkWrite((leases: ReadonlyArray<Fence.Held>) =>
      Effect.as(
        prepared(
          `UPDATE leases SET machine = NULL, pid = NULL, process_start = NULL, expires_at = NULL
          FROM json_each(?) AS held WHERE name = held.value ->> 'name' AND token = held.value ->> 'token'`,
          [JSON.stringify(leases.map(({ name, token }) => ({ name, token })))]
        ),
        leases.map(() => Either.void)
      )
    )
    const release = (lease: Fence.Held) => releaseAll(`release the lease ${lease.name}`, lease)

    const renew = (leases: ReadonlyArray<Fence.Held>) =>
      write(
        leases.length === 1 ? `renew the lease ${leases[0]?.name}` : `renew ${leases.length} leases`,
        Effect.gen(function*() {
          const isLost = yield* fence(leases)
          const [kept, lost] = Arr.partitionMap(leases, (lease) => Either.fromNullable(isLost(lease), () => lease.name))
          const now = yield* Clock.currentTimeMillis
          yield* sql`
            UPDATE leases SET expires_at = ${expiry(now)}
            WHERE name IN (SELECT value FROM json_each(${JSON.stringify(kept)}))`
          return lost
        })
      )

    const hold = LeaseHolding.make(Duration.millis(duration), { acquire, renew, release })

    const confirm: Leases["Type"]["confirm"] = (lease) =>
      Effect.flatMap(renew([lease]), ([lost]) => lost ?? Effect.void)

    const holder: Leases["Type"]["holder"] = (name) =>
      Effect.gen(function*() {
        const row = yield* read(`look who holds the lease ${name}`, find(name))
        return yield* heldBy(name, row, yield* Clock.currentTimeMillis)
      })

    return Leases.of({ hold, confirm, holder })
  })

export const layer = (options: Options): Layer.Layer<Leases, never, SqlClient.SqlClient> =>
  Layer.effect(Leases, make(options))
