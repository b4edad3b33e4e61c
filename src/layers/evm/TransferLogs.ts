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

interface Parties {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** A transfer that counts and whose amount cannot be read is not zero: it makes the whole sum unknown. */
const sum = (
  logs: ReadonlyArray<Log>,
  token: Address,
  counts: (parties: Parties) => boolean
): Either.Either<bigint, string> => {
  const amounts = logs.flatMap((log) => {
    const [signature, from, to] = log.topics.map((topic) => topic.toLowerCase())
    const isTransfer = log.address === token && log.topics.length === 3 && signature === transferTopic
    return isTransfer && counts({ from, to }) ? [uint256(log.data)] : []
  })
  return Either.map(Either.all(amounts), (all) => all.reduce((total, amount) => total + amount, 0n))
}

/** The sum of what came to `recipient` in `token`. What the recipient sent to itself brought nothing. */
export const received = (
  logs: ReadonlyArray<Log>,
  { recipient, token }: { readonly token: Address; readonly recipient: Address }
): Either.Either<bigint, string> => {
  const ours = word(recipient)
  return sum(logs, token, ({ from, to }) => to === ours && from !== ours)
}

/** The sum of what went from `sender` in `token`. What the sender sent to itself took nothing. */
const sent = (
  logs: ReadonlyArray<Log>,
  { sender, token }: { readonly token: Address; readonly sender: Address }
): Either.Either<bigint, string> => {
  const ours = word(sender)
  return sum(logs, token, ({ from, to }) => from === ours && to !== ours)
}

/** By how much `owner` has more of `token` after these logs than before; less, if negative. */
export const gained = (
  logs: ReadonlyArray<Log>,
  { owner, token }: { readonly token: Address; readonly owner: Address }
): Either.Either<bigint, string> =>
  Either.zipWith(
    received(logs, { token, recipient: owner }),
    sent(logs, { token, sender: owner }),
    (incoming, outgoing) => incoming - outgoing
  )
