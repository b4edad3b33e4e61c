/**
 * The issuer's redemption desk: watches its wallet on Base and tells Alpaca of the tokens that come, of each transfer once
 * (facts: external-apis.md 1.5).
 */
import { Clock, type Duration, Effect, Ref, Schedule, type Scope } from "effect"
import type { Address } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import type { AlpacaServer } from "./AlpacaServer.ts"
import { shareDecimals } from "./AlpacaSettings.ts"
import { issuerName, networkName } from "./AlpacaTokenizationRoutes.ts"
import type { Chain } from "./Chain.ts"
import { type EquityIssuer, type RedemptionTransfer, tokenDecimals } from "./EquityIssuer.ts"

export interface Options {
  readonly chain: Pick<Chain, "height">
  readonly issuer: Pick<EquityIssuer, "redemptionTransfers">
  readonly alpaca: Pick<AlpacaServer, "settings" | "redeem">
  /** Whose tokens are redeemed for this account of Alpaca's. What others send is none of its business. */
  readonly account: Address
  /** Between two looks. */
  readonly interval: Duration.DurationInput
}

/** So many blocks are read again each time, for what a reorganisation put into them since. */
const deepestReorganisation = 64

interface Memory {
  /** What lies before this block is dealt with. */
  readonly fromBlock: number
  /** Since when a transfer is deep enough, in unix milliseconds. */
  readonly waiting: ReadonlyMap<string, number>
  readonly told: ReadonlySet<string>
}

/** Names a transfer by its place in its own transaction, which a reorganisation does not change. */
const named = (transfers: ReadonlyArray<RedemptionTransfer>) =>
  transfers.map((transfer, index) => ({
    ...transfer,
    name: `${transfer.hash}/${transfers.slice(0, index).filter(({ hash }) => hash === transfer.hash).length}`
  }))

/** Watches until its scope closes. */
export const make = (options: Options): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { account, alpaca, chain, interval, issuer } = options
    const memory = yield* Ref.make<Memory>({ fromBlock: 0, waiting: new Map(), told: new Set() })

    /** The issuer rounds down, and of what is less than Alpaca can book it tells nothing. */
    const tell = ({ amount, from, hash, symbol }: RedemptionTransfer) => {
      const quantity = Decimal.rescaleFloor(amount, tokenDecimals, shareDecimals)
      const draft = { symbol, quantity, issuer: issuerName, network: networkName, wallet: from, txHash: hash }
      return quantity > 0n ? alpaca.redeem(draft) : Effect.void
    }

    const look = Effect.gen(function*() {
      const { redeem: script } = yield* alpaca.settings
      const toBlock = (yield* chain.height) - script.confirmations + 1
      const { fromBlock, told, waiting } = yield* Ref.get(memory)
      if (toBlock < fromBlock) return
      const seen = named(yield* issuer.redemptionTransfers({ fromBlock, toBlock }))
      const now = yield* Clock.currentTimeMillis
      const open = seen.filter(({ from, name }) => from === account && !told.has(name))
        .map((transfer) => ({ ...transfer, since: waiting.get(transfer.name) ?? now }))
      const isDue = ({ since }: { readonly since: number }) =>
        script.isDetected && now - since >= script.detectDelayMillis
      const due = open.filter(isDue)
      yield* Effect.forEach(due, tell, { discard: true })
      const left = open.filter((transfer) => !isDue(transfer))
      yield* Ref.set(memory, {
        fromBlock: Math.max(0, Math.min(toBlock - deepestReorganisation, ...left.map(({ block }) => block))),
        waiting: new Map(left.map(({ name, since }) => [name, since])),
        told: new Set([...told, ...due.map(({ name }) => name)])
      })
    })

    yield* look.pipe(
      Effect.catchAll((error) => Effect.logDebug("the redemption desk could not look and will again", error)),
      Effect.repeat(Schedule.spaced(interval)),
      Effect.forkScoped
    )
  })
