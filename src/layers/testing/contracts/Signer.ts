/** What every layer of `Signer` must do. */
import { Effect } from "effect"
import { parseTransaction, recoverTransactionAddress, type TransactionSerializedEIP1559 } from "viem"
import * as Address from "../../../domain/Address.ts"
import type { Hex } from "../../../domain/Hex.ts"
import { type PreparedTransaction, Signer, type SignerError } from "../../../services/Signer.ts"
import { type Case, type ContractViolation, equals, holds } from "./Contract.ts"

const usual: PreparedTransaction = {
  chainId: 8453,
  nonce: 7,
  to: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"),
  data: "0xa9059cbb00ff",
  value: 0n,
  gas: 75_000n,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1_000_000n
}

const transactions: Readonly<Record<string, PreparedTransaction>> = {
  "a call on Base": usual,
  "a call on Ethereum": { ...usual, chainId: 1 },
  "the very first transaction": { ...usual, nonce: 0 },
  "an empty one, with a tip of nothing": { ...usual, data: "0x", gas: 21_000n, maxPriorityFeePerGas: 0n },
  "large values and much data": {
    ...usual,
    nonce: 1_000_000,
    data: `0x${"5a".repeat(2_000)}`,
    value: 10n ** 24n,
    gas: 30_000_000n,
    maxFeePerGas: 10n ** 15n
  }
}

const isEip1559 = (raw: Hex): raw is TransactionSerializedEIP1559 => raw.startsWith("0x02")

/** The bytes say what was asked for, and nothing else, in the name of the signer's address. */
const isSigned = (raw: Hex, asked: PreparedTransaction): Effect.Effect<void, ContractViolation, Signer> =>
  Effect.gen(function*() {
    const { address } = yield* Signer
    yield* holds(isEip1559(raw), "a signed EIP-1559 transaction", raw.slice(0, 10))
    if (!isEip1559(raw)) return
    const {
      accessList = [],
      chainId,
      data = "0x",
      gas,
      maxFeePerGas,
      maxPriorityFeePerGas = 0n,
      nonce = 0,
      to,
      value
    } = parseTransaction(raw)
    const signer = yield* Effect.promise(() => recoverTransactionAddress({ serializedTransaction: raw }))
    yield* equals(signer, address, "the signer")
    yield* equals(accessList.length, 0, "the length of the access list")
    yield* equals(chainId, asked.chainId, "the chain id")
    yield* equals(nonce, asked.nonce, "the nonce")
    yield* equals(to?.toLowerCase(), asked.to.toLowerCase(), "the recipient")
    yield* equals(data, asked.data, "the data")
    yield* equals(value ?? 0n, asked.value, "the value")
    yield* equals(gas, asked.gas, "the gas")
    yield* equals(maxFeePerGas, asked.maxFeePerGas, "the fee")
    yield* equals(maxPriorityFeePerGas, asked.maxPriorityFeePerGas, "the tip")
  })

const sign = (transaction: PreparedTransaction) => Effect.flatMap(Signer, (signer) => signer.sign(transaction))

/** What every layer of Signer must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<SignerError | ContractViolation, Signer>> = [
  ...Object.entries(transactions).map(([name, transaction]) => ({
    name: `signs ${name}: exactly that`,
    run: Effect.flatMap(sign(transaction), (raw) => isSigned(raw, transaction))
  })),
  {
    name: "asked again, it signs the same transaction again",
    run: Effect.gen(function*() {
      yield* sign(usual)
      yield* isSigned(yield* sign(usual), usual)
    })
  },
  {
    name: "several at once do not mix",
    run: Effect.gen(function*() {
      const all = Array.from({ length: 10 }, (_, nonce) => ({ ...usual, nonce }))
      const signed = yield* Effect.forEach(all, sign, { concurrency: "unbounded" })
      yield* Effect.forEach(signed, (raw, nonce) => isSigned(raw, { ...usual, nonce }))
    })
  }
]
