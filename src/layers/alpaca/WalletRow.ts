/** Transfers and whitelisted addresses of the crypto wallet as Alpaca writes them. Source: external-apis 2.1 to 2.4. */
import { BigDecimal, DateTime, Either, Option, Predicate, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { type Status, type WalletTransfer, WalletTransferId } from "../../domain/WalletTransfer.ts"
import type { Whitelisting } from "../../services/AlpacaWallet.ts"
import * as Amount from "./Amount.ts"
import * as Row from "./Row.ts"

const absent = { as: "Option" } as const

/** Alpaca's list of other chains has hashes without 0x. */
const Hash = Schema.compose(
  Schema.transform(Schema.String, Schema.String, {
    strict: true,
    decode: (text) => /^[0-9a-fA-F]{64}$/.test(text) ? `0x${text}` : text,
    encode: (text) => text
  }),
  TxHash
)

/** `usd_value` and `network_fee` are not read: what a withdrawal brought is read from the chain. */
const Transfer = Schema.Struct({
  id: WalletTransferId,
  status: Schema.String,
  amount: Amount.of(Usdc.Usdc),
  fees: Schema.optionalWith(Schema.String, absent),
  tx_hash: Schema.optionalWith(Hash, absent),
  to_address: Schema.optionalWith(Address, absent),
  created_at: Schema.DateTimeUtc
})

/** An open enum: a word that is not known yet means that the transfer is not over. */
const status = (word: string): Status => {
  switch (word.toUpperCase()) {
    case "PROCESSING":
      return "Processing"
    case "COMPLETE":
      return "Complete"
    case "FAILED":
      return "Failed"
    default:
      return "Other"
  }
}

const toTransfer = (wire: typeof Transfer.Type): WalletTransfer => ({
  id: wire.id,
  status: status(wire.status),
  amount: wire.amount,
  txHash: wire.tx_hash,
  address: wire.to_address,
  createdAt: wire.created_at
})

const transfer = Row.decoder(Transfer)

/** Left says what is wrong with it. */
export const decode = (value: unknown): Either.Either<WalletTransfer, string> => Either.map(transfer(value), toTransfer)

/** Of a deposit: what was credited is what came less what Alpaca kept. Of a fee that cannot be read nothing is known. */
export const decodeDeposit = (value: unknown): Either.Either<WalletTransfer, string> =>
  Either.flatMap(transfer(value), (wire) => {
    const fee = Option.match(wire.fees, { onNone: () => Option.some(0n), onSome: readFee })
    return Either.fromOption(
      Option.map(fee, (kept) => ({
        ...toTransfer(wire),
        amount: Usdc.fromUnits(kept < wire.amount ? wire.amount - kept : 0n)
      })),
      () => "fees: expected an amount"
    )
  })

const feeScale = { scale: Usdc.decimals, mode: "ceil" } as const

/** Longer than any amount that there is: what follows works with as many digits as are written. */
const longestFee = 100

/** A fee may have more digits than there are units: what is credited is rounded down. */
const readFee = (text: string): Option.Option<bigint> =>
  Option.liftPredicate(text, ({ length }) => length <= longestFee).pipe(
    Option.flatMap(BigDecimal.fromString),
    Option.filter(({ scale, value }) => value >= 0n && Math.abs(scale) <= 36),
    Option.map((fee) => BigDecimal.scale(BigDecimal.round(fee, feeScale), Usdc.decimals).value)
  )

/** What is written there, in a row that may be malformed otherwise; none for an empty word. */
const word = (value: unknown, field: string): Option.Option<string> =>
  Predicate.isRecord(value)
    ? Option.filter(Option.liftPredicate(value[field], Predicate.isString), (text) => text !== "")
    : Option.none()

/** Neither words nor addresses nor hashes differ by case. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** An absent word contradicts nothing. */
const agrees = (value: unknown, field: string, expected: string): boolean =>
  Option.match(word(value, field), { onNone: () => true, onSome: (found) => isSame(found, expected) })

const bears = (value: unknown, field: string, expected: string): boolean =>
  Option.exists(word(value, field), (found) => isSame(found, expected))

/** A word that is not known may be a new one for what is meant: it excludes nothing. */
const bearsNone = (value: unknown, field: string, excluded: ReadonlyArray<string>): boolean =>
  !excluded.some((one) => bears(value, field, one))

const isOutgoing = (value: unknown): boolean => bearsNone(value, "direction", ["INCOMING"])

/** What the documents name beside ETH. */
const otherChains = ["SOL", "BTC", "XRP", "ARB"]
const mayBeUsdcOnEthereum = (value: unknown): boolean =>
  agrees(value, "asset", "USDC") && bearsNone(value, "chain", otherChains)

const isUsdcOnEthereum = (value: unknown): boolean => agrees(value, "asset", "USDC") && agrees(value, "chain", "ETH")

/** Whether it can be a withdrawal of USDC to this address that is not older, readable or not. */
export const mayBeWithdrawal = (value: unknown, address: Address, since: DateTime.Utc): boolean =>
  isOutgoing(value) &&
  mayBeUsdcOnEthereum(value) &&
  (bears(value, "to_address", address) || isUnaddressedWithdrawal(value)) &&
  Option.match(Option.flatMap(word(value, "created_at"), DateTime.make), {
    onNone: () => true,
    onSome: (created) => DateTime.greaterThanOrEqualTo(created, since)
  })

/** Whether its id is one of these, which are in lower case. */
export const isOneOf = (value: unknown, ids: ReadonlySet<string>): boolean =>
  Option.exists(word(value, "id"), (id) => ids.has(id.toLowerCase()))

/** It tells that USDC go out, and not where to. */
const isUnaddressedWithdrawal = (value: unknown): boolean =>
  Option.isNone(word(value, "to_address")) && bears(value, "direction", "OUTGOING") && bears(value, "asset", "USDC")

/** Whether it can be what Alpaca made of this transaction. */
export const mayBeDeposit = (value: unknown, txHash: TxHash, address: Address): boolean =>
  bearsNone(value, "direction", ["OUTGOING"]) &&
  mayBeUsdcOnEthereum(value) &&
  (bears(value, "tx_hash", txHash) || bears(value, "tx_hash", txHash.slice(2))) &&
  agrees(value, "to_address", address)

/** What the whitelist says of this address; nothing where it is not on it, or only for another asset or chain. */
export const whitelistings = (
  rows: ReadonlyArray<unknown>,
  address: Address
): ReadonlyArray<Exclude<Whitelisting, "Absent">> =>
  rows.filter((row) => isUsdcOnEthereum(row) && bears(row, "address", address)).map((row) =>
    bears(row, "status", "APPROVED") ? "Approved" : bears(row, "status", "PENDING") ? "Pending" : "Other"
  )

/** `{asset_id, address, created_at}`, and perhaps `chain`. */
export const depositAddress = Row.decoder(Schema.Struct({
  address: Address,
  chain: Schema.optional(Schema.Literal("ETH", "ethereum"))
}))
