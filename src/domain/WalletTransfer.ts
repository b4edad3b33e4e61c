/** A transfer into or out of the crypto wallet that the broker keeps for us, as the broker reports it. */
import { Schema } from "effect"
import { Address } from "./Address.ts"
import { TxHash } from "./TxHash.ts"
import { Usdc } from "./Usdc.ts"

/** Given by Alpaca; a UUID as far as is known, treated as opaque. */
export const WalletTransferId = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,128}$/, { message: () => "expected 1 to 128 printable characters" }),
  Schema.brand("WalletTransferId")
)
export type WalletTransferId = typeof WalletTransferId.Type

/** The documented words; any other is `Other` and means: not over yet. */
export const Status = Schema.Literal("Processing", "Complete", "Failed", "Other")
export type Status = typeof Status.Type

/** A transfer into or out of Alpaca's crypto wallet, as Alpaca shows it. */
export const WalletTransfer = Schema.Struct({
  id: WalletTransferId,
  status: Status,
  /** As Alpaca counts it: of a withdrawal before the network's fee. What arrived is read from the chain. */
  amount: Usdc,
  /** Absent until Alpaca has broadcast it. */
  txHash: Schema.OptionFromSelf(TxHash),
  /** Where it goes. */
  address: Schema.OptionFromSelf(Address),
  createdAt: Schema.DateTimeUtcFromSelf
})
export type WalletTransfer = typeof WalletTransfer.Type
