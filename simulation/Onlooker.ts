/** What those who live beside a chain see of it and do on it: a part of `SimulatedChain`. */
import type { Hex } from "viem"
import type { Address } from "../src/domain/Address.ts"

/** A transaction in its block. */
export interface Mined {
  readonly hash: Hex
  readonly status: "success" | "reverted"
  readonly transfers: ReadonlyArray<{
    readonly token: Address
    readonly from: Address
    readonly to: Address
    readonly amount: bigint
  }>
  readonly did: ReadonlyArray<{ readonly kind: string; readonly message?: Hex }>
}

export interface Onlooker {
  /** Somebody else's transaction. Answers its hash; it comes back after reorganisations. */
  readonly submit: (call: { readonly from: Address; readonly to: Address; readonly data: Hex }) => Hex
  readonly head: () => number
  readonly receipt: (hash: Hex) => Mined | undefined
  /** 0 while it is not mined. */
  readonly depth: (hash: Hex) => number
  /** After each block and each reorganisation, with what is new. */
  readonly onBlock: (listener: (mined: ReadonlyArray<Mined>) => void) => void
}
