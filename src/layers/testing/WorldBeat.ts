/** What the others do in the test world as time passes: the issuer, Alpaca and the two chains. One beat is one look around. */
import { Clock, DateTime, Duration, Effect, Option, Ref, Schema } from "effect"
import * as Address from "../../domain/Address.ts"
import type { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { WalletTransferId } from "../../domain/WalletTransfer.ts"
import { EventStore } from "../../services/EventStore.ts"
import { Transactions } from "../../services/TransactionOutbox.ts"
import { AlpacaTokenizationControl } from "./AlpacaTokenizationControl.ts"
import { AlpacaWalletControl } from "./AlpacaWalletTest.ts"
import { ChainControl } from "./ChainControl.ts"
import { equityDecimals, places, usdc } from "./WorldBooks.ts"

/** How long each of the others takes. `Duration.infinity` is until the test says otherwise. */
export interface Pace {
  /** From the order of a mint, or the arrival of tokens, to its end. */
  readonly issuer: Duration.DurationInput
  /** From the order of a withdrawal to its sending, and from the arrival of a deposit to its credit. */
  readonly alpaca: Duration.DurationInput
  /** From a burn to its attestation. */
  readonly circle: Duration.DurationInput
}

/** What the test has said of single operations. */
export type Verdicts = ReadonlyMap<OperationId, "complete" | "reject">

/** What the others go by. */
export interface Rules {
  readonly wallet: Address.Address
  readonly tokens: ReadonlyMap<EquitySymbol, Address.Address>
  readonly issuer: string
  readonly network: string
  readonly pace: Ref.Ref<Pace>
  readonly verdicts: Ref.Ref<Verdicts>
}

const isInitiated = Schema.is(Schema.Struct({ withdrawal: Schema.Struct({ id: WalletTransferId }) }))

/** Which operation a transfer of Alpaca's was recorded by. */
const ofWithdrawals = Effect.gen(function*() {
  const store = yield* EventStore
  const operations = yield* store.operations()
  return new Map(operations.flatMap(({ data, id }) => isInitiated(data) ? [[data.withdrawal.id, id] as const] : []))
})

/** Which operation has sent a transaction. */
const ofTransactions = Effect.gen(function*() {
  const transactions = yield* Transactions
  return new Map(
    (yield* transactions.list()).flatMap(({ key, signatures }) =>
      signatures.map(({ hash }) => [hash, key.operation] as const)
    )
  )
})

const nothing = new Map<never, OperationId>()

/** Does what is due by now, once. */
export const beat = ({ issuer, network, pace, tokens, verdicts, wallet }: Rules) =>
  Effect.gen(function*() {
    const { base, ethereum } = yield* ChainControl
    const alpaca = yield* AlpacaTokenizationControl
    const account = yield* AlpacaWalletControl
    const now = yield* Clock.currentTimeMillis
    const { alpaca: alpacaTakes, issuer: issuerTakes } = yield* Ref.get(pace)
    const said = yield* Ref.get(verdicts)
    const isSilent = said.size === 0
    const senders: ReadonlyMap<TxHash, OperationId> = isSilent ? nothing : yield* ofTransactions
    const withdrawers: ReadonlyMap<WalletTransferId, OperationId> = isSilent ? nothing : yield* ofWithdrawals

    /** What is to become of something that began at that time. */
    const verdict = (operation: OperationId | undefined, since: number, takes: Duration.DurationInput) => {
      const told = operation === undefined ? undefined : said.get(operation)
      if (told !== undefined) return told
      return now - since >= Duration.toMillis(takes) ? "complete" : "wait"
    }

    /** Tokens that have come to the issuer are told to Alpaca. */
    const known = new Set((yield* alpaca.requests).flatMap(({ request }) => Option.toArray(request.txHash)))
    for (const { confirmations, from, to, token, txHash, units } of yield* base.transfers) {
      const symbol = [...tokens].find(([, address]) => address === token)?.[0]
      if (to !== places.redemptionWallet || symbol === undefined || confirmations < 2 || known.has(txHash)) continue
      const amount = TokenAmount.make({ units, decimals: equityDecimals })
      yield* alpaca.redeem({ txHash, symbol, wallet: from, issuer, network, amount })
    }

    for (const { createdAt, label, request, returned, type } of yield* alpaca.requests) {
      const token = tokens.get(request.symbol)
      const isOurs = type === "redeem" || returned.Rejected > 0n
      if (request.status !== "Pending" || token === undefined || !isOurs) continue
      const operation = type === "mint"
        ? Option.getOrUndefined(label)
        : Option.getOrUndefined(Option.flatMapNullable(request.txHash, (hash) => senders.get(hash)))
      const decided = verdict(operation, createdAt, issuerTakes)
      if (decided === "wait") continue
      if (decided === "reject") {
        yield* alpaca.reject(request.id)
        continue
      }
      const { units } = yield* Shares.toTokenAmount(request.quantity, equityDecimals)
      const txHash = yield* base.pay(
        type === "mint"
          ? { token, from: Address.zero, to: Option.getOrElse(request.wallet, () => wallet), units }
          : { token, from: places.redemptionWallet, to: Address.zero, units }
      )
      yield* alpaca.complete(request.id, txHash)
    }

    /** USDC that has come to Alpaca's address. */
    const seen = new Set((yield* account.transfers).flatMap(({ transfer }) => Option.toArray(transfer.txHash)))
    for (const { confirmations, to, token, txHash, units } of yield* ethereum.transfers) {
      if (to !== places.depositAddress || token !== usdc || confirmations < 2 || seen.has(txHash)) continue
      yield* account.deposit({ amount: Usdc.fromUnits(units), txHash })
    }

    for (const { direction, transfer } of yield* account.transfers) {
      if (transfer.status !== "Processing") continue
      const operation = Option.getOrUndefined(Option.flatMapNullable(transfer.txHash, (hash) => senders.get(hash))) ??
        withdrawers.get(transfer.id)
      const since = transfer.createdAt === undefined ? 0 : DateTime.toEpochMillis(transfer.createdAt)
      const decided = verdict(operation, since, alpacaTakes)
      const { amount: units, id } = transfer
      if (decided === "wait") continue
      if (decided === "reject") {
        yield* direction === "OUTGOING" ? account.fail(id) : account.change(id, { status: "Failed" })
      } else if (direction === "OUTGOING") {
        const to = Option.getOrElse(transfer.address, () => wallet)
        yield* account.sent(id, yield* ethereum.pay({ token: usdc, from: Address.zero, to, units }))
      } else {
        yield* ethereum.pay({ token: usdc, from: places.depositAddress, to: Address.zero, units })
        yield* account.credit(id)
      }
    }

    yield* ethereum.mine(1)
    yield* base.mine(1)
  })
