/**
 * Logs over a range of blocks. Providers refuse ranges that are too wide, or that hold too much, each in its own words; such
 * a range is halved until they answer.
 */
import { Effect } from "effect"
import { numberToHex } from "viem"
import type { ChainError, LogFilter, MinedLog } from "../../services/Chain.ts"
import * as RpcAnswer from "./RpcAnswer.ts"
import type { RpcClient } from "./RpcClient.ts"

/** Texts of geth, erigon, Alchemy, Infura, QuickNode, Ankr, Chainstack, dRPC and public endpoints of Base. */
const tooMuch =
  /block range|range (?:is )?(?:too|limit)|ranges? over|too many (?:blocks|logs|results)|more than \d+ (?:results|logs|blocks)|(?:limited|up) to (?:a )?[\d,]+|max(?:imum)? (?:block )?range|response size|exceed(?:s|ed|ing)? (?:the )?(?:max|limit|range|\d)|query timeout/i

const isTooMuch = ({ detail, reason }: ChainError): boolean => reason === "Unavailable" && tooMuch.test(detail)

export const search = (
  { request }: RpcClient,
  latest: Effect.Effect<bigint, ChainError>,
  { address, fromBlock, toBlock, topics }: LogFilter
): Effect.Effect<ReadonlyArray<MinedLog>, ChainError> => {
  const within = (from: bigint, to: bigint | "latest") =>
    Effect.map(
      request({
        action: `logs of ${address} from block ${from} to ${to}`,
        method: "eth_getLogs",
        params: [{ address, topics, fromBlock: numberToHex(from), toBlock: to === "latest" ? to : numberToHex(to) }],
        answer: RpcAnswer.Logs
      }),
      (logs) =>
        logs.flatMap(({ address, blockNumber, data, removed, topics, transactionHash }): ReadonlyArray<MinedLog> =>
          blockNumber === null || transactionHash === null || removed === true
            ? []
            : [{ address, data, topics, blockNumber, txHash: transactionHash }]
        )
    )
  const halved = (from: bigint, to: bigint): Effect.Effect<ReadonlyArray<MinedLog>, ChainError> => {
    const middle = (from + to) / 2n
    return Effect.zipWith(narrowed(from, middle), narrowed(middle + 1n, to), (first, second) => [...first, ...second])
  }
  const narrowed = (from: bigint, to: bigint): Effect.Effect<ReadonlyArray<MinedLog>, ChainError> =>
    Effect.catchIf(within(from, to), (error) => isTooMuch(error) && from < to, () => halved(from, to))
  // Nodes answer an error instead of nothing.
  if (toBlock !== undefined && fromBlock > toBlock) return Effect.succeed([])
  return toBlock === undefined
    ? Effect.catchIf(
      within(fromBlock, "latest"),
      isTooMuch,
      (error) => Effect.flatMap(latest, (to) => fromBlock < to ? halved(fromBlock, to) : error)
    )
    : narrowed(fromBlock, toBlock)
}
