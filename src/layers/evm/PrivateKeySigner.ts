/** A key in this process. Signs without asking anybody: no node, no network. Source: EIP-1559, RFC 6979. */
import { Effect, Layer, Redacted } from "effect"
import { privateKeyToAccount } from "viem/accounts"
import { Signer, SignerError } from "../../services/Signer.ts"
import * as Wallet from "./Wallet.ts"

export const layer = (privateKey: Redacted.Redacted<`0x${string}`>): Layer.Layer<Signer> =>
  Layer.sync(Signer, () => ({
    address: Wallet.addressOf(privateKey),
    sign: (transaction) =>
      Effect.tryPromise({
        try: () => privateKeyToAccount(Redacted.value(privateKey)).signTransaction({ type: "eip1559", ...transaction }),
        // Its cause could quote what it was given.
        catch: () =>
          new SignerError({
            reason: "Refused",
            action: `nonce ${transaction.nonce} on chain ${transaction.chainId}`,
            detail: "the transaction cannot be signed"
          })
      }).pipe(Effect.withSpan("Signer.sign", {
        attributes: { chainId: transaction.chainId, nonce: transaction.nonce, to: transaction.to }
      }))
  }))
