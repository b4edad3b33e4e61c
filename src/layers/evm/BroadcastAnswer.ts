/**
 * What nodes say to `eth_sendRawTransaction`. They agree on no code, so this is the one place that reads their words.
 * Sources: go-ethereum core/txpool/errors.go and core/error.go, erigon txpool discard reasons, nethermind AcceptTxResult,
 * besu TransactionInvalidReason, reth pool errors, anvil pool errors, OP-stack and Arbitrum sequencers.
 */
import type { Broadcast } from "../../services/Chain.ts"
import type { RpcFailure } from "./RpcFailure.ts"

/**
 * The first that fits counts. What stands behind "execution reverted" are the contract's words, not the mempool's; "nonce
 * too low" comes after what is about this very transaction.
 */
const table: ReadonlyArray<readonly [answer: Broadcast["answer"], says: RegExp]> = [
  ["Reverted", /execution reverted/i],
  [
    "AlreadyKnown",
    /already ?known|already imported|\bknown transaction|already (?:exists|in (?:the )?mempool)|same hash/i
  ],
  [
    "Occupied",
    /replacement.*(?:underpriced|too low|not ?allowed|not enough)|(?:could not|can't) replace|replace existing|same nonce/i
  ],
  [
    "Underpriced",
    /underpriced|fee ?too ?low|fee cap (?:less|lower) than|less than (?:block )?base ?fee|gas price (?:is )?(?:too low|below)|priority fee below|transaction is outdated|below configured minimum/i
  ],
  ["NonceTooLow", /nonce (?:\S+ )?too low|\bold ?nonce|invalid transaction nonce/i],
  [
    "NonceGap",
    /nonce (?:\S+ )?too (?:high|distant)|nonce ?too ?far ?in|nonce ?gap|future nonce|gapped|lower nonce|tries to replace pending/i
  ],
  [
    "InsufficientFunds",
    /(?:insufficient|not enough) ?(?:funds|balance)|exceeds transaction sender account balance|outoffunds|upfront cost exceeds|lack of funds|overdraft/i
  ],
  [
    "Invalid",
    /intrinsic ?gas|floor data gas|exceeds (?:the )?(?:block |max transaction |maximum per-transaction )?gas limit|gas ?limit ?(?:is )?(?:too high|greater|reached|exceeded)|invalid (?:sender|signature|chain ?id|transaction|v, r, s)|transaction invalid|^invalid(?:,|$)|recover sender|resolvesender|sender (?:is )?not an eoa|senderiscontract|tip higher than fee cap|max priority fee per gas (?:higher|exceeds)|transaction type not supported|unsupported transaction type|oversized|transaction too large|wrong chain|failed to decode (?:signed )?transaction|typed transaction too short|\brlp/i
  ]
]

export const classify = ({ isRevert, said }: Pick<RpcFailure, "isRevert" | "said">): Broadcast["answer"] =>
  table.find(([, says]) => says.test(said))?.[0] ?? (isRevert ? "Reverted" : "Unknown")
