/** Calls of contracts, as a node executes them. */
import { encodeErrorResult, type Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import * as State from "./State.ts"
import * as Words from "./Words.ts"

/** From the zero address where tokens are made, to it where they are destroyed. */
export interface Transfer {
  readonly token: Address
  readonly from: Address
  readonly to: Address
  readonly amount: bigint
}

export interface Log {
  readonly address: Address
  readonly topics: ReadonlyArray<Hex>
  readonly data: Hex
}

/** Beyond transfers. */
export type Deed =
  | { readonly kind: "burn"; readonly amount: bigint; readonly message: Hex }
  | {
    readonly kind: "mint"
    readonly nonce: Hex
    readonly received: bigint
    readonly fee: bigint
    readonly caller: Address
  }
  | { readonly kind: "vaultDeposit" | "vaultWithdraw"; readonly vaultId: Hex; readonly amount: bigint }

export interface Settings {
  readonly cctpPaused: boolean
  readonly signatureThreshold: number
  readonly vaultPaused: boolean
}

export interface Call {
  readonly from: Address
  readonly to: Address
  readonly data: Hex
}

/** What a contract works in. */
export interface Frame extends Pick<State.Draft, "read" | "write"> {
  readonly sender: Address
  /** The block's number. */
  readonly block: number
  readonly settings: Settings
  readonly log: (address: Address, topics: ReadonlyArray<Hex>, data: Hex) => void
  readonly transferred: (transfer: Transfer) => void
  readonly did: (deed: Deed) => void
  readonly useGas: (gas: bigint) => void
}

/** What it is asked: words after the selector. */
export interface Input {
  readonly word: (place: number) => string
  readonly number: (place: number) => bigint
  readonly address: (place: number) => Address
  /** Without `0x`, of an argument of any length. */
  readonly bytes: (place: number) => string
}

/** Answers words. */
export type Method = (frame: Frame, input: Input) => string

/** By selector. */
export type Contract = ReadonlyMap<string, Method>

export const contract = (methods: Readonly<Record<string, Method>>): Contract =>
  new Map(Object.entries(methods).map(([signature, method]) => [Words.selector(signature), method]))

/** Nothing of the call has happened. */
export class Reverted {
  readonly data: Hex
  /** Of Solidity's `require`. */
  readonly words: string | undefined
  constructor(data: Hex, words?: string) {
    this.data = data
    this.words = words
  }
}

const errorAbi = [{ type: "error", name: "Error", inputs: [{ type: "string", name: "message" }] }] as const
const errors = new Map<string, Hex>()

export const revert = (words: string): never => {
  const data = errors.get(words) ?? encodeErrorResult({ abi: errorAbi, errorName: "Error", args: [words] })
  errors.set(words, data)
  throw new Reverted(data, words)
}

/** An error by name. */
export const revertWith = (signature: string, ...words: ReadonlyArray<string>): never => {
  throw new Reverted(Words.hex(Words.selector(signature).slice(2), ...words))
}

/** As when there is no contract where one is called, or nothing that can be decoded. */
export const revertEmpty = (): never => {
  throw new Reverted("0x")
}

export const require = (holds: boolean, words: string): void => {
  if (!holds) revert(words)
}

const input = (data: Hex): Input => {
  const digits = (from: number, length: number) => {
    const found = data.slice(10 + from, 10 + from + length)
    return found.length === length ? found : revertEmpty()
  }
  const word = (place: number) => digits(64 * place, 64)
  const number = (place: number) => BigInt(`0x${word(place)}`)
  return {
    word,
    number,
    address: (place) => Words.address(word(place)),
    bytes: (place) => {
      const start = Number(number(place)) * 2
      const length = Number(BigInt(`0x${digits(start, 64)}`)) * 2
      return digits(start + 64, length)
    }
  }
}

export type Result =
  | {
    readonly status: "success"
    readonly output: Hex
    readonly gas: bigint
    readonly logs: ReadonlyArray<Log>
    readonly transfers: ReadonlyArray<Transfer>
    readonly did: ReadonlyArray<Deed>
    readonly state: () => State.State
  }
  | { readonly status: "reverted"; readonly gas: bigint; readonly reverted: Reverted }

/** What any transaction takes. */
const leastGas = 21_000n
/** Where there was nothing before. */
const newSlot = 17_100n

export const run = (
  state: State.State,
  call: Call,
  world: { readonly block: number; readonly settings: Settings; readonly contracts: ReadonlyMap<Address, Contract> }
): Result => {
  const draft = State.draft(state)
  const logs: Array<Log> = []
  const transfers: Array<Transfer> = []
  const did: Array<Deed> = []
  let gas = leastGas
  const frame: Frame = {
    sender: call.from,
    block: world.block,
    settings: world.settings,
    read: draft.read,
    write: (slot, value) => {
      if (value !== 0n && draft.read(slot) === 0n) gas += newSlot
      draft.write(slot, value)
    },
    log: (address, topics, data) => logs.push({ address, topics, data }),
    transferred: (transfer) => transfers.push(transfer),
    did: (deed) => did.push(deed),
    useGas: (more) => {
      gas += more
    }
  }
  const callee = world.contracts.get(call.to)
  try {
    // An address without code takes everything, and answers nothing.
    const method = callee === undefined ? () => "" : callee.get(call.data.slice(0, 10).toLowerCase()) ?? revertEmpty
    const output = Words.hex(method(frame, input(call.data)))
    return { status: "success", output, gas, logs, transfers, did, state: draft.done }
  } catch (reverted) {
    if (!(reverted instanceof Reverted)) throw reverted
    return { status: "reverted", gas, reverted }
  }
}
