/** Databases in files of their own, removed afterwards, and the handles that reach under the ports. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Context, Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Database from "../../../src/layers/sql/Database.ts"
import * as SqlAlerts from "../../../src/layers/sql/SqlAlerts.ts"
import * as SqlEventStore from "../../../src/layers/sql/SqlEventStore.ts"
import * as SqlLeases from "../../../src/layers/sql/SqlLeases.ts"
import * as Views from "../../../src/layers/sql/Views.ts"
import { EventStoreControl } from "../../../src/layers/testing/EventStoreControl.ts"
import { LeasesControl } from "../../../src/layers/testing/LeasesControl.ts"

export const leaseDuration = Duration.seconds(15)

/** A folder that is removed with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "ballast-sql-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
)

/** The path of a database that is not there yet. */
export const file = Effect.map(folder, (folder) => path.join(folder, "ballast.db"))

export const database = (path: string, options: Partial<Database.Options> = {}) =>
  Database.layer({ path, durability: "full", create: true, ...options })

/** A connection of its own, as another process has it. */
export const client = (path: string) =>
  Effect.map(Layer.build(database(path)), (context) => Context.get(context, SqlClient.SqlClient))

/** Whatever one fiber does between its look and its write, the others get to do as well, over connections of their own. */
export const inSmallTurns = Effect.withMaxOpsBeforeYield(64)

const eventStoreControl = Layer.effect(
  EventStoreControl,
  Effect.map(SqlClient.SqlClient, (sql) =>
    EventStoreControl.of({
      setPayload: ({ id, payload, sequence, type }) =>
        Effect.orDie(sql`UPDATE events SET payload = ${payload}
          WHERE aggregate_type = ${type} AND aggregate_id = ${id} AND sequence = ${sequence}`),
      removeEvent: ({ id, sequence, type }) =>
        Effect.orDie(sql`DELETE FROM events
          WHERE aggregate_type = ${type} AND aggregate_id = ${id} AND sequence = ${sequence}`),
      damageView: ({ id, state, type, version }) =>
        Effect.orDie(
          sql`UPDATE ${sql(Views.tableOf(type))} SET state = ${state}, version = ${version} WHERE id = ${id}`
        ),
      removeView: ({ id, type }) => Effect.orDie(sql`DELETE FROM ${sql(Views.tableOf(type))} WHERE id = ${id}`)
    }))
)

/** For any Ballast over SQL. */
export const leasesControl = Layer.effect(
  LeasesControl,
  Effect.map(SqlClient.SqlClient, (sql) =>
    LeasesControl.of({
      duration: leaseDuration,
      seize: (name, duration) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.orDie(sql`
            INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
            VALUES (${name}, 1, 'process 1 on elsewhere', 'elsewhere', 1, '1', ${now + Duration.toMillis(duration)})
            ON CONFLICT (name) DO UPDATE SET token = token + 1, owner = excluded.owner, machine = excluded.machine,
              pid = excluded.pid, process_start = excluded.process_start, expires_at = excluded.expires_at`))
    }))
)

/** All ports over one connection to this database. */
export const portsOver = (path: string, options: Partial<Database.Options> = {}) =>
  Layer.mergeAll(
    SqlEventStore.layer({ softwareVersion: "1.2.3" }),
    SqlLeases.layer({ duration: leaseDuration }),
    SqlAlerts.layer,
    eventStoreControl,
    leasesControl
  ).pipe(Layer.provideMerge(database(path, options)))

/** The same over a new file, which goes with the layer. */
export const ports = Layer.unwrapScoped(Effect.map(file, (path) => portsOver(path)))
