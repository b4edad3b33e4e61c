/**
 * Reads what a node or a transport threw. Nodes agree on few codes, so this is the one place that looks at their texts.
 * Source: facts on viem 2.57.20, "Classifying errors"; codes and texts of geth, erigon, nethermind, besu and anvil.
 */
import { Option } from "effect"
import { ExecutionRevertedError, isHex } from "viem"
import type { Hex } from "../../domain/Hex.ts"
import { shown } from "../../domain/Printable.ts"
import * as RevertReason from "./RevertReason.ts"

export interface RpcFailure {
  /** The call was executed, and ended without an answer. Asking another node would not help. */
  readonly isRevert: boolean
  /** What the contract says about it, or else the node. Not redacted yet. */
  readonly revert: Option.Option<string>
  /** The node's own words, without those of the client, as far as they are read. For deciding, not for showing. */
  readonly said: string
  /** For people. Not redacted yet. */
  readonly text: string
}

/** An error and what caused it, outermost first; bounded, since foreign objects may form a ring. */
const chain = (error: unknown): ReadonlyArray<object> => {
  const found: Array<object> = []
  for (let at = error; typeof at === "object" && at !== null && found.length < 10;) {
    found.push(at)
    at = "cause" in at ? at.cause : undefined
  }
  return found
}

const field = <A>(errors: ReadonlyArray<object>, name: string, is: (value: unknown) => value is A): A | undefined =>
  errors.map((error) => (error as Record<string, unknown>)[name]).find(is)

/** viem writes -1 where a node gave no code. */
const isCode = (value: unknown): value is number => typeof value === "number" && value !== -1

/** The EVM's own ways to end a call, as nodes put them. */
const ended =
  /execution reverted|gas required exceeds allowance|vm execution error|transaction execution error|execution failed due to an exception|could not be completed due to an exception|evm error|out ?of ?gas|invalid opcode|opcode .* not defined|stack (?:under|over)flow|stack limit reached|invalid jump/i

/**
 * The data of a revert is in `data`, or in the `data` of that, or of the `originalError` of that, and at some nodes behind
 * the word `Reverted`. Bounded, since foreign objects may form a ring.
 */
const revertData = (found: unknown, depth = 0): Option.Option<Hex> => {
  if (typeof found === "string") {
    return Option.liftPredicate(/^(?:reverted )?(0x[0-9a-f]*)$/i.exec(found)?.[1], (data) => isHex(data))
  }
  if (typeof found !== "object" || found === null || depth > 3) return Option.none()
  if ("originalError" in found) return revertData(found.originalError, depth + 1)
  return "data" in found ? revertData(found.data, depth + 1) : Option.none()
}

/** How nodes say that they keep no state, or no blocks, of that time. */
const forgotten =
  /missing trie node|(?:state|history) .*(?:not available|unavailable|pruned)|state (?:is )?unavailable|no state available|due to pruning|\barchive\b/i

/** Whether the node has dropped what it was asked for; an archive node has it. */
export const isForgotten = ({ said }: RpcFailure): boolean => forgotten.test(said)

/** How nodes say that a call reverted, before they say why. */
const reverting =
  /^[^]*?(?:execution reverted|vm execution error|execution failed due to an exception)(?:: revert)?[:,.]? */i

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

const revertOf = (errors: ReadonlyArray<object>, said: string): Option.Option<string> =>
  revertData(field(errors, "data", (value): value is unknown => value !== undefined && value !== null)).pipe(
    Option.flatMap(RevertReason.decode),
    Option.orElse(() => Option.liftPredicate(said.replace(reverting, ""), isText))
  )

/** nethermind and OpenEthereum: the EVM ended with an exception. */
const vmExecutionError = -32015

/** Patterns take long for very long texts, and no node has so much to say. */
const longestHeard = 2_000

export const read = (error: unknown): RpcFailure => {
  const errors = chain(error)
  const code = field(errors, "code", isCode)
  const status = field(errors, "status", isCode)
  // `details` is what the other side said; `shortMessage` is viem's summary without URL and request.
  // A parser's error is left out: it quotes a piece of the body, which may be a piece of a secret.
  const isParser = errors.some((error) => error instanceof SyntaxError)
  const said = isParser
    ? "The body is not JSON."
    : field(errors, "details", isText) ?? field(errors.toReversed(), "message", isText) ?? ""
  const summary = field(errors, "shortMessage", isText) ?? field(errors, "name", isText) ?? shown(error)
  const system = field(errors, "code", isText)
  // fetch says no more than that it failed; why is in its cause.
  const why = isParser ? undefined : field(errors.toReversed(), "message", isText)
  const facts = [
    summary,
    status === undefined ? undefined : `HTTP status ${status}.`,
    code === undefined ? undefined : `Code ${code}.`,
    system === undefined ? undefined : `${system}.`,
    said === summary ? undefined : said,
    why === undefined || summary.includes(why) || said.includes(why) || why.includes(summary) ? undefined : why
  ]
  const heard = said.slice(0, longestHeard)
  return {
    revert: revertOf(errors, said),
    said: heard,
    isRevert: code === ExecutionRevertedError.code || code === vmExecutionError || ended.test(heard),
    text: facts.filter(isText).join(" ")
  }
}
