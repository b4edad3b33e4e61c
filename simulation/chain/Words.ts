/** The ABI's words of 32 bytes: hex digits, and no `0x` before them. */
import { getAddress, type Hex, toEventSelector, toFunctionSelector } from "viem"
import * as Address from "../../src/domain/Address.ts"

const digits = 64

export const ofNumber = (value: bigint | number): string => value.toString(16).padStart(digits, "0")

export const ofAddress = (address: string): string => address.slice(2).toLowerCase().padStart(digits, "0")

/** Bytes at the end of the arguments: their length, and then themselves, in full words. */
export const ofBytes = (bytes: string): string =>
  ofNumber(bytes.length / 2) + bytes.padEnd(Math.ceil(bytes.length / digits) * digits, "0")

export const hex = (...words: ReadonlyArray<string>): Hex => `0x${words.join("")}`

const known = new Map<string, Address.Address>()

/** The one form in which an address is compared, of what ends in its 40 digits. */
export const address = (text: string): Address.Address => {
  const last = text.slice(-40)
  const found = known.get(last) ?? Address.make(getAddress(`0x${last}`))
  known.set(last, found)
  return found
}

const topics = new Map<string, Hex>()

export const topic = (signature: string): Hex => {
  const found = topics.get(signature) ?? toEventSelector(signature)
  topics.set(signature, found)
  return found
}

const selectors = new Map<string, Hex>()

export const selector = (signature: string): Hex => {
  const found = selectors.get(signature) ?? toFunctionSelector(signature)
  selectors.set(signature, found)
  return found
}
