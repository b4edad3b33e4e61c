/**
 * The outbox over chains in memory, a key that is worth nothing, and a database in memory: what it sends is on those chains
 * and nowhere else. It is the real one, so that a test sees what a user would.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Duration, Layer } from "effect"
import type { Alerts } from "../../services/Alerts.ts"
import type { BaseChain, EthereumChain } from "../../services/Chain.ts"
import type { Erc20 } from "../../services/Erc20.ts"
import type { EventStore } from "../../services/EventStore.ts"
import type { Leases } from "../../services/Leases.ts"
import type { Signer } from "../../services/Signer.ts"
import type { StoreError } from "../../services/StoreError.ts"
import type { TransactionOutbox, Transactions } from "../../services/TransactionOutbox.ts"
import * as Erc20Live from "../evm/Erc20.ts"
import * as Outbox from "../evm/TransactionOutbox.ts"
import * as Database from "../sql/Database.ts"
import * as SqlAlerts from "../sql/SqlAlerts.ts"
import * as SqlEventStore from "../sql/SqlEventStore.ts"
import * as SqlLeases from "../sql/SqlLeases.ts"
import * as SqlTransactions from "../sql/SqlTransactions.ts"
import type { SignerControl } from "./SignerTest.ts"
import * as SignerTest from "./SignerTest.ts"

/** Of all that it sends. */
export const { wallet } = SignerTest

const options: Outbox.Options = {
  chainIds: { ethereum: 1, base: 8453 },
  stuckAfter: Duration.minutes(3),
  maxFeePerGas: 200_000_000_000n
}

/** Changes to how the outbox sends, and where it stores. */
export interface Options extends Partial<Outbox.Options> {
  /** A file that outlives the layer, for a program that is stopped and started again. */
  readonly database?: string
}

type Provided = TransactionOutbox | Transactions | Erc20 | EventStore | Leases | Alerts | SqlClient.SqlClient

/** Over whatever chains and signer there are. */
export const overSigner = (
  { database = ":memory:", ...changes }: Options = {}
): Layer.Layer<Provided, StoreError, EthereumChain | BaseChain | Signer> =>
  Erc20Live.layer.pipe(
    Layer.provideMerge(Outbox.layer({ ...options, ...changes })),
    Layer.provideMerge(Layer.mergeAll(
      SqlTransactions.layer,
      SqlEventStore.layer({ softwareVersion: "test" }),
      SqlLeases.layer({ duration: "15 seconds" }),
      SqlAlerts.layer
    )),
    Layer.provideMerge(Database.layer({ path: database, durability: "full", create: true }))
  )

/** Over whatever chains there are. */
export const over = (
  options: Options = {}
): Layer.Layer<Provided | Signer | SignerControl, StoreError, EthereumChain | BaseChain> =>
  Layer.provideMerge(overSigner(options), SignerTest.layer)
