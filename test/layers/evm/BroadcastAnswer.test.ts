/** The words of real nodes, as their users meet them. */
import { assert, describe, it } from "@effect/vitest"
import * as BroadcastAnswer from "../../../src/layers/evm/BroadcastAnswer.ts"
import * as RpcFailure from "../../../src/layers/evm/RpcFailure.ts"
import type { Broadcast } from "../../../src/services/Chain.ts"

const tx = `0x${"ab".repeat(32)}`

const texts: Record<Exclude<Broadcast["answer"], "Accepted">, ReadonlyArray<string>> = {
  AlreadyKnown: [
    // geth, op-geth, reth
    "already known",
    `known transaction: ${tx}`,
    // erigon
    "ALREADY_EXISTS: already known",
    "INTERNAL_ERROR: existing tx with same hash",
    "INTERNAL_ERROR: existing txn with same hash",
    // nethermind
    "AlreadyKnown",
    // besu
    "Known transaction",
    // anvil
    "transaction already imported",
    // OpenEthereum
    "Transaction with the same hash was already imported.",
    // others
    "tx already exists in cache",
    "tx already in mempool",
    // a node before a sequencer
    "failed to forward tx to sequencer, please try again. Error message: 'already known'"
  ],
  NonceTooLow: [
    "nonce too low",
    "nonce too low: next nonce 80, tx nonce 74",
    "nonce too low: address 0x336394A3219e71D9d9bd18201d34E95C1Bb7122C, tx: 8089 state: 8090",
    "INTERNAL_ERROR: nonce too low",
    "Nonce too low",
    "OldNonce, Current nonce: 22, nonce of rejected tx: 17",
    "Transaction nonce is too low. Try incrementing the nonce.",
    "nonce 4 too low, expected 5",
    "invalid transaction nonce",
    "failed to forward tx to sequencer, please try again. Error message: 'nonce too low'"
  ],
  NonceGap: [
    "nonce too high",
    "nonce too high: tx nonce 12, gapped nonce 10",
    "nonce too high: address 0x336394A3219e71D9d9bd18201d34E95C1Bb7122C, tx: 8091 state: 8090",
    "Nonce too high",
    "nonce 6 too high, expected 5",
    "gapped-nonce tx from delegated accounts",
    "future transaction tries to replace pending",
    "NonceGap, Future nonce. Expected nonce: 10",
    "NonceTooFarInFuture",
    "nonce too far in future",
    "delegation nonce gap",
    "Transaction nonce is too distant from current sender nonce",
    "An invalid transaction with a lower nonce exists"
  ],
  Underpriced: [
    "transaction underpriced",
    "transaction underpriced: tip needed 1000000, tip permitted 1",
    "transaction gas price below minimum: gas tip cap 0, minimum needed 1000000",
    "max fee per gas less than block base fee",
    "max fee per gas less than block base fee: address 0xb68D832c1241bc50db1CF09e96c0F4201D5539C9, maxFeePerGas: 1 baseFee: 2",
    "FEE_TOO_LOW: underpriced",
    "FEE_TOO_LOW: fee too low",
    "fee too low",
    "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 50, BaseFee: 100, MaxPriorityFeePerGas:200, Block number: 5",
    "FeeTooLow, EffectivePriorityFeePerGas too low 10 < 20, BaseFee: 30",
    "FeeTooLowToCompete",
    "Gas price below configured minimum gas price",
    "Gas price below current base fee",
    "gas price less than block base fee",
    "gas price is less than basefee",
    "fee cap less than block base fee",
    "transaction is outdated",
    "gas price too low",
    "transaction priority fee below minimum required priority fee 1000000",
    "Transaction gas price is too low. It does not satisfy your node's minimal gas price (minimal: 100 got: 50)."
  ],
  Occupied: [
    "replacement transaction underpriced",
    "Replacement transaction underpriced",
    "FEE_TOO_LOW: replacement transaction underpriced",
    "INTERNAL_ERROR: could not replace existing tx",
    "INTERNAL_ERROR: can't replace blob-txn with a non-blob-txn",
    "ReplacementNotAllowed",
    "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue with gas price 150wei.",
    "failed to forward tx to sequencer, please try again. Error message: 'replacement transaction underpriced'"
  ],
  InsufficientFunds: [
    "insufficient funds for gas * price + value",
    "insufficient funds for gas * price + value: balance 0, tx cost 21000000000000, overshot 21000000000000",
    "insufficient funds for gas * price + value: have 5021 want 5032",
    "insufficient funds for gas * price + value: address 0xb68D832c1241bc50db1CF09e96c0F4201D5539C9 have 99 want 100",
    "Insufficient funds for gas * price + value",
    "insufficient funds for transfer",
    "INTERNAL_ERROR: insufficient funds",
    "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: 22019342038993800000",
    "Upfront cost exceeds account balance",
    "not enough funds for gas",
    "lack of funds (5021) for max fee (5032)",
    "EVM error OutOfFunds",
    "the cost exceeds transaction sender account balance",
    "transaction would cause overdraft"
  ],
  Invalid: [
    "invalid sender",
    "invalid sender: invalid chain id for signer: have 1 want 8453",
    "invalid chain id for signer",
    "invalid chain ID",
    "Wrong chainId",
    "Invalid signature",
    "invalid transaction signature",
    "invalid transaction v, r, s values",
    "failed to recover sender",
    "FailedToResolveSender",
    "sender not an eoa",
    "sender is not an EOA",
    "SenderIsContract",
    "intrinsic gas too low",
    "intrinsic gas too low: gas 20000, minimum needed 21000",
    "intrinsic gas too high -- CallerGasLimitMoreThanBlock",
    "insufficient gas for floor data gas cost: gas 21000, minimum needed 24000",
    "INTERNAL_ERROR: IntrinsicGas",
    "Intrinsic gas exceeds gas limit",
    "exceeds block gas limit",
    "caller gas limit exceeds the block gas limit",
    "Transaction gas limit exceeds block gas limit",
    "transaction gas limit too high (cap: 16777216, tx: 20000000)",
    "INTERNAL_ERROR: gas limit is too high",
    "Transaction gas limit is greater than the block gas limit, gas_limit: 40000000, cap: 30000000",
    "exceeds max transaction gas limit",
    "exceeds maximum per-transaction gas limit: transaction gas 37801375, limit 25000000",
    "GasLimitExceeded, Gas limit: 100, gas limit of rejected tx: 150",
    "gas limit reached",
    "max priority fee per gas higher than max fee per gas",
    "tip higher than fee cap",
    "Max priority fee per gas exceeds max fee per gas",
    "transaction type not supported",
    "transaction type not supported: tx type 3 not supported by this pool",
    "Unknown transaction type not supported",
    "unsupported transaction type",
    "oversized data: transaction size 200000, limit 131072",
    "transaction too large",
    "INVALID: RLPTooLong",
    "Invalid, transaction Hash is null",
    "transaction invalid, the signature is not canonical",
    "Failed to decode transaction",
    "failed to decode signed transaction",
    "typed transaction too short",
    "rlp: expected input list for types.DynamicFeeTx"
  ],
  Reverted: [
    "execution reverted",
    "execution reverted: EquityToken: paused",
    // The words of a contract, whatever they sound like.
    "execution reverted: insufficient balance",
    "execution reverted: nonce too low",
    "execution reverted: already known"
  ],
  Unknown: [
    "",
    "txpool is full",
    "pending sub-pool is full",
    "sequencer pending tx pool full, please try again",
    "queue full",
    "account limit exceeded: pooled 16 txs",
    "There are too many transactions in the queue. Your transaction was dropped due to limit. Try increasing the fee.",
    "tx dropped due to L2 congestion",
    "address already reserved",
    "in-flight transaction limit reached for delegated accounts",
    // This node's own limit, which the next one need not have.
    "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)",
    "Transaction fee cap exceeded",
    "over rate limit",
    "sender is over rate limit",
    "limit exceeded",
    "project rate limit exceeded",
    "daily request count exceeded, request rate limited",
    "Your app has exceeded its compute units per second capacity.",
    "Too Many Requests",
    "Unauthorized",
    "header not found",
    "missing trie node",
    "Block not found",
    "unknown block",
    "unknown transaction",
    "World state unavailable",
    "internal error",
    "Internal error",
    "INTERNAL_ERROR",
    "Timeout expired",
    "i/o timeout",
    "context deadline exceeded",
    "upstream request timeout",
    "gateway timeout",
    "no answer within 20s",
    "failed to forward tx to sequencer: Post \"https://seq\": EOF",
    "failed to forward tx to sequencer: read tcp: connection reset by peer",
    "failed to decode the response of the upstream",
    "sequencer temporarily not available",
    "no backend is currently healthy to serve traffic",
    "backend returned an invalid response",
    "request body too large",
    "Initial sync is still in progress",
    "node is syncing",
    "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).",
    "The transaction was added to the mempool but wasn't included in a block within 4s",
    "method not found",
    "The body is not JSON."
  ]
}

describe("what a node says to a broadcast", () => {
  for (const [answer, all] of Object.entries(texts)) {
    for (const said of all) {
      it(`${answer}: ${said}`, () =>
        assert.strictEqual(BroadcastAnswer.classify(RpcFailure.read(new Error(said))), answer))
    }
  }

  it("a revert is one by its code too, unless the words say something else", () => {
    assert.strictEqual(BroadcastAnswer.classify({ isRevert: true, said: "EquityToken: paused" }), "Reverted")
    assert.strictEqual(BroadcastAnswer.classify({ isRevert: true, said: "nonce too low" }), "NonceTooLow")
  })
})
