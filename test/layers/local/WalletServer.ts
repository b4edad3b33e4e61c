/** The local Alpaca's wallets without a chain: custody says that it paid, and what it said is all there is. */
import { Context, Effect, Layer, Queue, Ref } from "effect"
import * as AlpacaServer from "../../../src/layers/local/AlpacaServer.ts"
import * as AlpacaSettings from "../../../src/layers/local/AlpacaSettings.ts"
import type { AlpacaWalletBank, Payment } from "../../../src/layers/local/AlpacaWalletBank.ts"
import type { Patch } from "../../../src/layers/local/AlpacaWalletSettings.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import type { EquityIssuer } from "../../../src/layers/local/EquityIssuer.ts"
import { type Alpaca, usdc } from "./WalletClient.ts"

const issuer: EquityIssuer = {
  wallet: Chain.wallet("issuer"),
  tokens: {},
  transactions: Effect.succeed([]),
  prepareMint: () => Effect.dieMessage("there is nothing to mint"),
  send: () => Effect.dieMessage("there is nothing to send"),
  grant: () => Effect.void,
  redemptionTransfers: () => Effect.succeed([]),
  setPaused: () => Effect.void
}

export interface Server extends Alpaca {
  /** The chain takes one payment into a block. */
  readonly mine: Effect.Effect<void>
}

export class WalletServer extends Context.Tag("test/WalletServer")<WalletServer, Server>() {}

export const layer = (quirks: boolean, wallets: Patch = {}) =>
  Layer.scoped(
    WalletServer,
    Effect.gen(function*() {
      const payments = yield* Ref.make<ReadonlyArray<Payment>>([])
      const mined = yield* Queue.unbounded<"mined">()
      const bank: AlpacaWalletBank = {
        address: Chain.wallet("alpaca custody").address,
        payments: Ref.get(payments),
        prepare: (order) =>
          Effect.gen(function*() {
            const hash = `0x${order.transferId.replaceAll("-", "").padStart(64, "0")}` as const
            yield* Ref.update(payments, (all) => [...all, { ...order, hash, status: "signed" as const }])
            return { hash, raw: "0x" }
          }),
        send: () => Effect.void,
        settled: () => Queue.take(mined),
        received: () => Effect.succeed([])
      }
      const wallet = Chain.wallet("own")
      const alpaca = yield* AlpacaServer.make({
        credentials: { accountId: "acc 1/2", apiKey: "LOCALKEY", apiSecret: "local-secret" },
        shares: {},
        issuer,
        settings: AlpacaSettings.patch(AlpacaSettings.make({ quirks, delayMillis: 0 }), { wallets }),
        wallets: { bank, own: wallet.address, units: 10_000n * usdc },
        others: {}
      })
      return { alpaca, wallet, mine: Queue.offer(mined, "mined") }
    })
  )
