/** Transactions: signed ones, read from their bytes, and those that others just submit. */
import { secp256k1 } from "@noble/curves/secp256k1"
import {
  concat,
  type Hex,
  keccak256,
  parseTransaction,
  serializeTransaction,
  stringToHex,
  type TransactionSerializedEIP1559
} from "viem"
import { publicKeyToAddress } from "viem/accounts"
import type { Address } from "../../src/domain/Address.ts"
import { refuse } from "./Refusal.ts"
import * as Words from "./Words.ts"

export interface Transaction {
  readonly hash: Hex
  readonly from: Address
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  /** Wei. */
  readonly value: bigint
  /** What it pays, in wei; others pay what it takes, out of pockets that nobody looks into. */
  readonly offer: undefined | { readonly gas: bigint; readonly maxFee: bigint; readonly tip: bigint }
}

const isEip1559 = (raw: string): raw is TransactionSerializedEIP1559 => /^0x02[0-9a-f]+$/.test(raw)

const parse = (raw: string) => {
  if (!isEip1559(raw)) return refuse("transaction type not supported")
  try {
    return parseTransaction(raw)
  } catch {
    return refuse("rlp: value size exceeds available input length")
  }
}

const signed = (raw: string, chainId: number): Transaction => {
  const { r, s, v: _v, yParity, ...unsigned } = parse(raw)
  const { data = "0x", gas = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, nonce = 0, to, value = 0n } = unsigned
  if (unsigned.chainId !== chainId) {
    return refuse(`invalid sender: invalid chain id for signer: have ${unsigned.chainId} want ${chainId}`)
  }
  if (r === undefined || s === undefined || yParity === undefined) return refuse("invalid transaction v, r, s values")
  if (to === undefined || to === null) return refuse("nobody creates contracts here")
  const signer = () => {
    try {
      const signature = new secp256k1.Signature(BigInt(r), BigInt(s)).addRecoveryBit(yParity)
      if (signature.hasHighS()) return refuse("invalid transaction v, r, s values")
      const digest = keccak256(serializeTransaction({ ...unsigned, type: "eip1559" }))
      return Words.address(publicKeyToAddress(`0x${signature.recoverPublicKey(digest.slice(2)).toHex(false)}`))
    } catch {
      return refuse("invalid transaction v, r, s values")
    }
  }
  return {
    hash: keccak256(raw as Hex),
    from: signer(),
    nonce,
    to: Words.address(to),
    data,
    value,
    offer: { gas, maxFee: maxFeePerGas, tip: maxPriorityFeePerGas }
  }
}

/** Recovering the signer is slow, and the same bytes are sent to node after node. */
const mostKnown = 1_000
const known = new Map<string, Transaction>()

export const read = (raw: string, chainId: number): Transaction => {
  const key = `${chainId} ${raw}`
  const found = known.get(key) ?? signed(raw, chainId)
  if (known.size >= mostKnown) known.clear()
  known.set(key, found)
  return found
}

export const submitted = (
  call: { readonly from: Hex; readonly to: Hex; readonly data: Hex },
  nonce: number,
  chainId: number
): Transaction => ({
  hash: keccak256(concat([stringToHex(`${chainId} ${nonce}`), call.from, call.to, call.data])),
  from: Words.address(call.from),
  nonce,
  to: Words.address(call.to),
  data: call.data,
  value: 0n,
  offer: undefined
})

/** Wei, at most. */
export const cost = ({ offer, value }: Transaction): bigint =>
  offer === undefined ? value : value + offer.gas * offer.maxFee
