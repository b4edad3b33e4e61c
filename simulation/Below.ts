/** Puts something else below the layers that send: they are built again on top of it. */
import { type Context, Effect, Layer } from "effect"
import * as CctpBridgeLive from "../src/layers/cctp/CctpBridge.ts"
import * as Erc20Live from "../src/layers/evm/Erc20.ts"
import * as TransactionOutboxLive from "../src/layers/evm/TransactionOutbox.ts"
import * as VaultLive from "../src/layers/evm/Vault.ts"
import * as SqlTransactions from "../src/layers/sql/SqlTransactions.ts"
import type { TransactionOutbox, Transactions } from "../src/services/TransactionOutbox.ts"
import type { Plan } from "./Plan.ts"
import type { Parts } from "./Program.ts"

/** The real outbox. */
export const outbox = ({ configuration: { base, ethereum, transactions } }: Plan) =>
  Layer.merge(
    TransactionOutboxLive.layer({ ...transactions, chainIds: { ethereum: ethereum.chainId, base: base.chainId } }),
    SqlTransactions.layer
  )

export const rebuilt = (
  parts: Context.Context<Parts>,
  { configuration: { cctp } }: Plan,
  outbox: Layer.Layer<TransactionOutbox | Transactions, never, Parts>
) =>
  Layer.mergeAll(Erc20Live.layer, VaultLive.layer, CctpBridgeLive.layer(cctp)).pipe(
    Layer.provideMerge(outbox),
    Layer.provideMerge(Layer.succeedContext(parts)),
    Layer.build,
    Effect.map((context): Context.Context<Parts> => context)
  )
