/** All that is on the disk, apart from `Live`: whoever only looks at it loads no chains. */
import type { SqlClient } from "@effect/sql/SqlClient"
import { type Config, Layer } from "effect"
import type { Alerts } from "../services/Alerts.ts"
import type { EventStore } from "../services/EventStore.ts"
import type { Leases } from "../services/Leases.ts"
import type { StoreError } from "../services/StoreError.ts"
import type { Transactions } from "../services/TransactionOutbox.ts"
import type * as BallastConfig from "./Config.ts"
import * as Database from "./sql/Database.ts"
import * as SqlAlerts from "./sql/SqlAlerts.ts"
import * as SqlEventStore from "./sql/SqlEventStore.ts"
import * as SqlLeases from "./sql/SqlLeases.ts"
import * as SqlTransactions from "./sql/SqlTransactions.ts"
import { version } from "./Version.ts"

type Configuration = Config.Config.Success<typeof BallastConfig.database>

interface Options {
  /** False for commands that only look. */
  readonly create: boolean
}

export type Stored = EventStore | Leases | Alerts | Transactions

export const opened = ({ durability, path }: Configuration, { create }: Options) =>
  Database.layer({ path, durability, create })

/** Over a database that is open. */
export const tables = ({ leaseDuration }: Configuration): Layer.Layer<Stored, never, SqlClient> =>
  Layer.mergeAll(
    SqlEventStore.layer({ softwareVersion: version }),
    SqlLeases.layer({ duration: leaseDuration }),
    SqlAlerts.layer,
    SqlTransactions.layer
  )

/** The log, its leases and alerts, and what the outbox has stored. */
export const database = (config: Configuration, options: Options): Layer.Layer<Stored, StoreError> =>
  Layer.provide(tables(config), opened(config, options))
