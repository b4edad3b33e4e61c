/** The local world's Alpaca wallets without a chain, with the live client in front of them. */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Option, Redacted } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import { WalletTransferId } from "../../../src/domain/WalletTransfer.ts"
import * as AlpacaWalletLive from "../../../src/layers/alpaca/AlpacaWallet.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import { AlpacaWalletWorld, type Method } from "../../../src/layers/testing/AlpacaWalletWorld.ts"
import type { Whitelisting } from "../../../src/services/AlpacaWallet.ts"
import * as WalletServer from "../local/WalletServer.ts"

export const own = Address.make(Chain.wallet("own").address.toLowerCase())

const routes: Record<Method, string> = {
  depositAddress: "wallets.address",
  whitelisting: "wallets.whitelists",
  findWithdrawal: "wallets.transfers",
  orderWithdrawal: "wallets.withdraw",
  getTransfer: "wallets.transfer",
  findDeposit: "wallets.transfers"
}

const words: Record<Whitelisting, string | null> = {
  Approved: "APPROVED",
  Pending: "PENDING",
  Absent: null,
  Other: "ACTIVE"
}

const worldOf = ({ alpaca, mine }: WalletServer.Server): AlpacaWalletWorld["Type"] => {
  const { ledger, settle } = alpaca.wallets
  return {
    available: Effect.map(ledger.books, ({ available }) => Usdc.fromUnits(available)),
    withdrawals: Effect.map(
      ledger.transfers,
      (all) => all.filter(({ direction }) => direction === "OUTGOING").map(({ id }) => WalletTransferId.make(id))
    ),
    complete: (id) =>
      mine.pipe(
        Effect.zipRight(settle(id, { outcome: "complete" })),
        Effect.zipRight(ledger.transfer(id)),
        Effect.map((transfer) => TxHash.make(Option.getOrThrow(Option.flatMap(transfer, ({ txHash }) => txHash)))),
        Effect.orDie
      ),
    fail: (id) => Effect.orDie(settle(id, { outcome: "fail" })),
    deposit: ({ amount, txHash }) =>
      Effect.map(
        alpaca.wallets.deposit({ amount, from: Chain.wallet("own").address, txHash }),
        ({ id }) => WalletTransferId.make(id)
      ),
    credit: (id) => Effect.orDie(settle(id, { outcome: "complete" })),
    setWhitelisting: (whitelisting) => alpaca.change({ wallets: { rules: { ownStatus: words[whitelisting] } } }),
    strike: (method, fault) =>
      Effect.asVoid(alpaca.faults.add({
        on: routes[method],
        fault: { _tag: fault === "Dropped" ? "DropBefore" : "DropAfter" }
      }))
  }
}

export interface Options {
  readonly auth: "headers" | "basic" | "oauth"
  readonly quirks: boolean
}

/** The port over HTTP, and the world behind it. Nothing ends by itself, and nothing is hidden for a while. */
export const layer = ({ auth, quirks }: Options) =>
  Layer.unwrapEffect(Effect.map(WalletServer.WalletServer, (server) =>
    Layer.merge(
      AlpacaWalletLive.layer({
        baseUrl: server.alpaca.url,
        accountId: "acc 1/2",
        key: Redacted.make("LOCALKEY"),
        secret: Redacted.make("local-secret"),
        auth: auth === "oauth" ? { tokenUrl: `${server.alpaca.url}/v1/oauth2/token` } : auth,
        timeout: "5 seconds"
      }).pipe(Layer.provide(NodeHttpClient.layerUndici)),
      Layer.succeed(AlpacaWalletWorld, worldOf(server))
    ))).pipe(Layer.provide(WalletServer.layer(quirks, {
      withdraw: { outcome: "hold" },
      deposit: { outcome: "hold" },
      wire: { strangeStatus: null, hiddenMillis: 0, listLagMillis: 0 }
    })))
