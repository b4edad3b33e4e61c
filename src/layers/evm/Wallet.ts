/** Our wallet: one key, one address, on both chains. */
import { Redacted } from "effect"
import { privateKeyToAddress } from "viem/accounts"
import * as Address from "../../domain/Address.ts"

export const addressOf = (privateKey: Redacted.Redacted<`0x${string}`>): Address.Address =>
  Address.make(privateKeyToAddress(Redacted.value(privateKey)))
