/** What a transaction's logs say about an ERC-20 token. Source: EIP-20, `Transfer(address,address,uint256)`. */
import { Either } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { Log } from "../../services/Chain.ts"

/** keccak256 of `Transfer(address,address,uint256)`. ERC-721 has the same one, and four topics. */
export const transferTopic: Hex = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

/** An address as a word of the ABI: 12 zero bytes before it. */
export const word = (address: Address): Hex => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`

/** One unsigned number of the ABI, and nothing else. */
export const uint256 = (data: Hex): Either.Either<bigint, string> =>
  /^0x[0-9a-fA-F]{64}$/.test(data)
    ? Either.right(BigInt(data))
    : Either.left(`expected 32 bytes, got ${Math.floor((data.length - 2) / 2)}`)

/**
 * The sum of what came to `recipient` in `token`. What the recipient sent to itself brought nothing. A transfer to the
 * recipient whose amount cannot be read is not zero: it makes the whole sum unknown.
 */
export const received = (
  logs: ReadonlyArray<Log>,
  { recipient, token }: { readonly token: Address; readonly recipient: Address }
): Either.Either<bigint, string> => {
  const ours = word(recipient)
  const amounts = logs.flatMap((log) => {
    const [signature, from, to] = log.topics.map((topic) => topic.toLowerCase())
    const isIncoming = log.address === token && log.topics.length === 3 && signature === transferTopic &&
      to === ours && from !== ours
    return isIncoming ? [uint256(log.data)] : []
  })
  return Either.map(Either.all(amounts), (all) => all.reduce((sum, amount) => sum + amount, 0n))
}
