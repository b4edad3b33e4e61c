/** Leases as rows. The token of a name only ever grows; whoever holds the largest one holds the lease. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Array as Arr, Clock, DateTime, Duration, Effect, Either, Layer, Option } from "effect"
import { LeaseHeld, Leases } from "../../services/Leases.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as Fence from "./Fence.ts"
import * as LeaseHolding from "./LeaseHolding.ts"
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
    const { read, write } = Transaction.make(sql)
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
    ): Effect.Effect<Held | undefined, StoreError> => {
      if (row?.owner == null || row.expires_at === null || row.expires_at <= now) return Effect.succeed(undefined)
      const { machine, pid, process_start: start } = row
      if (
        machine !== null && pid !== null && ProcessIdentity.isGone({ machine, pid, start: start ?? undefined }, self)
      ) {
        return Effect.succeed(undefined)
      }
      const { expires_at, owner: holder } = row
      return Option.match(DateTime.make(expires_at), {
        onNone: () =>
          new StoreError({
            reason: "Corrupt",
            action: `look who holds the lease ${name}`,
            detail: `it is said to expire ${expires_at} ms after 1970, which is no time; ${holder} has it`
          }),
        onSome: (until) => Effect.succeed({ holder, until })
      })
    }

    const acquire = (name: string) =>
      write(
        `take the lease ${name}`,
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const row = yield* find(name)
          const held = yield* heldBy(name, row, now)
          if (held !== undefined) return yield* new LeaseHeld({ name, ...held })
          const token = (row?.token ?? 0) + 1
          yield* sql`
            INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
            VALUES (${name}, ${token}, ${owner}, ${self.machine}, ${self.pid}, ${self.start ?? null}, ${expiry(now)})
            ON CONFLICT (name) DO UPDATE SET
              token = excluded.token, owner = excluded.owner, machine = excluded.machine, pid = excluded.pid,
              process_start = excluded.process_start, expires_at = excluded.expires_at`
          return { token, previous: row === undefined || row.expires_at === null ? null : row.owner }
        })
      ).pipe(
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
    const release = ({ name, token }: Fence.Held) =>
      write(
        `release the lease ${name}`,
        sql`
          UPDATE leases SET machine = NULL, pid = NULL, process_start = NULL, expires_at = NULL
          WHERE name = ${name} AND token = ${token}`
      )

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
