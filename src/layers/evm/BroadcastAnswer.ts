/**
 * What nodes say to `eth_sendRawTransaction`. They agree on no code, so this is the one place that reads their words.
 * Sources: go-ethereum core/txpool/errors.go and core/error.go, erigon txpool discard reasons, nethermind AcceptTxResult,
 * besu TransactionInvalidReason, reth pool errors, anvil pool errors, OP-stack and Arbitrum sequencers.
 */
import type { Broadcast } from "../../services/Chain.ts"
import type { RpcFailure } from "./RpcFailure.ts"

/** The first that fits counts. "Nonce too low" comes after what is about this very transaction. */
const table: ReadonlyArray<readonly [answer: Broadcast["answer"], says: RegExp]> = [
  [
    "AlreadyKnown",
    /already ?known|already imported|known transaction|already (?:exists|in (?:the )?(?:mem)?pool)|already in block|transaction exists/i
  ],
  ["Occupied", /replacement.*(?:underpriced|too low|not allowed|not enough)|could not replace|replacenotallowed/i],
  [
    "Underpriced",
    /underpriced|fee ?too ?low|fee cap (?:less|lower) than|max fee per gas less than|gas price (?:is )?(?:too low|below)|tip too low|transaction is outdated|below configured minimum/i
  ],
  ["NonceTooLow", /nonce (?:is )?too low|oldnonce|old nonce|nonce below|nonce already used/i],
  ["NonceGap", /nonce (?:is )?too (?:high|distant)|nonce ?gap|future nonce|gapped/i],
  [
    "InsufficientFunds",
    /insufficient (?:funds|balance)|exceeds transaction sender account balance|outoffunds|upfront cost exceeds|lack of funds/i
  ],
  [
    "Invalid",
    /intrinsic gas|exceeds (?:the )?(?:block )?gas limit|gas limit (?:too high|reached)|invalid (?:sender|signature|chain ?id|transaction|v, r, s)|tip above fee cap|max priority fee per gas higher|transaction type not supported|oversized|wrong chain|chain ?id mismatch|failed to decode|typed transaction too short|rlp/i
  ]
]

export const classify = ({ isRevert, said }: Pick<RpcFailure, "isRevert" | "said">): Broadcast["answer"] =>
  table.find(([, says]) => says.test(said))?.[0] ?? (isRevert ? "Reverted" : "Unknown")
