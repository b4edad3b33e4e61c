/** Signed bytes that are surely those of the transaction that was asked for, whoever signed them. */
import { Duration, Effect, Option } from "effect"
import { keccak256, parseTransaction, recoverTransactionAddress, type TransactionSerializedEIP1559 } from "viem"
import * as Address from "../../../domain/Address.ts"
import type { Hex } from "../../../domain/Hex.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import { type PreparedTransaction, type Signer, SignerError } from "../../../services/Signer.ts"
import { within } from "../../TimeLimit.ts"

const isEip1559 = (raw: Hex): raw is TransactionSerializedEIP1559 => raw.startsWith("0x02")

/** What the bytes say, in the words of what was asked for; none if they are no such transaction. */
const read = (raw: Hex) =>
  Effect.tryPromise(async () => {
    if (!isEip1559(raw)) return Option.none()
    const { accessList = [], chainId, data, gas, maxFeePerGas, maxPriorityFeePerGas, nonce, to, value } =
      parseTransaction(raw)
    const signer = Address.make(await recoverTransactionAddress({ serializedTransaction: raw }))
    if (accessList.length > 0 || to == null) return Option.none()
    const transaction: PreparedTransaction = {
      chainId,
      nonce: nonce ?? 0,
      to: Address.make(to.toLowerCase()),
      data: data ?? "0x",
      value: value ?? 0n,
      gas: gas ?? 0n,
      maxFeePerGas: maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n
    }
    return Option.some({ signer, transaction })
  }).pipe(Effect.orElseSucceed(Option.none))

const fields = ["chainId", "nonce", "to", "data", "value", "gas", "maxFeePerGas", "maxPriorityFeePerGas"] as const

const differences = (asked: PreparedTransaction, got: PreparedTransaction): ReadonlyArray<string> =>
  fields.filter((field) => String(asked[field]).toLowerCase() !== String(got[field]).toLowerCase())

/** After that it is asked again, when the row is looked at the next time: a custodian may have asked a person meanwhile. */
const patience = Duration.minutes(1)

/** May be interrupted while the signer thinks: nothing has left, and the nonce stays with its row. */
export const sign = (signer: Signer["Type"], transaction: PreparedTransaction) =>
  Effect.gen(function*() {
    const action = `nonce ${transaction.nonce} on chain ${transaction.chainId}`
    const silence = () =>
      new SignerError({
        reason: "Unavailable",
        action,
        detail: `no answer within ${Duration.format(patience)}; it is asked again`
      })
    const raw = yield* Effect.interruptible(within(patience, silence)(signer.sign(transaction)))
    const answer = yield* read(raw)
    const wrong = Option.match(answer, {
      onNone: () => ["the bytes are no signed EIP-1559 transaction"],
      onSome: (found) => [
        ...(found.signer === signer.address ? [] : [`it is signed by ${found.signer}, not by ${signer.address}`]),
        ...differences(transaction, found.transaction).map((field) => `its ${field} is another one`)
      ]
    })
    if (wrong.length > 0) {
      return yield* new SignerError({
        reason: "WrongSignature",
        action,
        detail: `${wrong.join("; ")}. Nothing was sent`
      })
    }
    return { raw, hash: TxHash.make(keccak256(raw)) }
  })
