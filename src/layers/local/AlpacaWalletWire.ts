/** Transfers and whitelisted addresses as Alpaca writes them, bad habits included (facts: external-apis.md 2.2, 2.3). */
import { Option } from "effect"
import type { Address } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type { WalletTransfer } from "./AlpacaWalletLedger.ts"
import type { Endpoint, Wire } from "./AlpacaWalletSettings.ts"
import type { Whitelisted } from "./AlpacaWhitelist.ts"
import { capitals } from "./AlpacaWire.ts"

export type Row = Readonly<Record<string, unknown>>

const time = (millis: number, { skewMillis }: Pick<Wire, "skewMillis">) => new Date(millis + skewMillis).toISOString()

/**
 * One transfer as `endpoint` shows it.
 *
 * @param now unix milliseconds
 */
export const renderTransfer = (transfer: WalletTransfer, wire: Wire, endpoint: Endpoint, now: number): Row => {
  const amount = (units: bigint) => {
    const text = wire.paddedIn.includes(endpoint)
      ? Decimal.printFixed(units, Usdc.decimals)
      : Decimal.print(units, Usdc.decimals)
    // A number loses digits beyond the 15th. So does the provider's: this is the habit that is being played.
    return wire.numbersIn.includes(endpoint) ? Number(text) : text
  }
  const { strangeStatus } = wire
  const underway = strangeStatus !== null && now < transfer.createdAt + strangeStatus.millis
    ? strangeStatus.word
    : wire.processing
  return {
    id: transfer.id,
    tx_hash: Option.match(transfer.txHash, {
      onNone: () => wire.hasEmptyStrings ? "" : null,
      onSome: (hash) => wire.capitalsIn.includes(endpoint) ? capitals(hash) : hash
    }),
    direction: transfer.direction,
    status: transfer.status === "PROCESSING" ? underway : transfer.status,
    amount: amount(transfer.amount),
    usd_value: amount(transfer.amount),
    network_fee: amount(transfer.networkFee),
    fees: amount(transfer.fee),
    chain: "ETH",
    asset: "USDC",
    from_address: transfer.from,
    to_address: transfer.to,
    created_at: time(transfer.createdAt, wire)
  }
}

export const renderWhitelisted = (entry: Whitelisted, wire: Wire): Row => ({
  id: entry.id,
  chain: entry.chain,
  asset: entry.asset,
  address: entry.address,
  status: entry.status,
  created_at: time(entry.createdAt, wire),
  travel_rule_info: entry.travelRuleInfo
})

/**
 * Transfers that are not ours and that no reader may stumble over: fields are missing, of another type, or nonsense.
 *
 * @param own our wallet's address, to which somebody withdrew long before
 * @param born unix milliseconds of this Alpaca's start
 */
export const foreignTransfers = (own: Address, born: number): ReadonlyArray<Row> => [
  { id: 42, direction: "INTERNAL", status: null, amount: null, asset: "USDC", created_at: "yesterday" },
  {
    id: "3d0c2f5e-7a41-4f0e-8d6b-2f4b9c1a7e55",
    tx_hash: "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0",
    direction: "OUTGOING",
    status: "PROCESSING",
    amount: "0.00315",
    usd_value: "n/a",
    network_fee: "",
    fees: null,
    chain: "BTC",
    asset: "BTC",
    from_address: "",
    to_address: "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    created_at: time(born, { skewMillis: 0 })
  },
  {
    id: "b1a7c0de-52f4-4a8e-9a35-0d6f1c2e3b47",
    direction: "OUTGOING",
    status: "PROCESSING",
    amount: "not known yet",
    chain: null,
    asset: "USDC",
    to_address: "0x00000000000000000000000000000000000000a1",
    created_at: time(born, { skewMillis: 0 })
  },
  {
    id: "77c1e0f2-6f0d-4a5b-bb0f-5a0e3d9c8b12",
    tx_hash: "",
    direction: "INCOMING",
    status: "COMPLETE",
    amount: 250,
    chain: "SOL",
    asset: "USDC",
    from_address: null,
    to_address: "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM",
    created_at: time(born, { skewMillis: 0 })
  },
  {
    id: "0a4f6d2e-1b3c-4d5e-8f90-a1b2c3d4e5f6",
    tx_hash: `0x${"1b".repeat(32)}`,
    direction: "OUTGOING",
    status: "COMPLETE",
    amount: "100",
    usd_value: "100",
    network_fee: "0",
    fees: "0",
    chain: "ETH",
    asset: "USDC",
    from_address: "0x00000000000000000000000000000000000000A1",
    to_address: own,
    created_at: "2026-01-02T03:04:05Z"
  }
]

/** The same of addresses. */
export const foreignWhitelisted: ReadonlyArray<Row> = [
  { id: 7, address: null, status: "APPROVED" },
  {
    id: "c2f0a9d4-3b7e-4f61-8c5d-9e0f1a2b3c4d",
    chain: "BTC",
    asset: "BTC",
    address: "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    status: "ACTIVE",
    created_at: ""
  }
]
