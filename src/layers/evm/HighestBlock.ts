/** The highest block of a chain that any of its nodes has shown, so that none is believed that is behind it. */
import { BigInt, Clock, Duration, Effect, MutableRef, Option } from "effect"

/** Nodes that are behind catch up sooner. A block that none reaches in this time was none, however it came to be shown. */
const patience = Duration.minutes(5)

interface Seen {
  readonly highest: bigint
  /** The highest of those that did not reach it. */
  readonly reached: bigint
  /** Since when no node has reached it, as milliseconds. */
  readonly missing: Option.Option<number>
  /** Whether a node has been behind it since `missed` last. One that does not answer says nothing of it. */
  readonly isDenied: boolean
}

const nothing: Seen = { highest: 0n, reached: 0n, missing: Option.none(), isDenied: false }

export const make = (chain: string) => {
  const seen = MutableRef.make(nothing)
  return {
    /** A node's latest block. Answers the one that it is behind, if it is. */
    show: (block: bigint): Option.Option<bigint> => {
      const now = MutableRef.get(seen)
      const isBehind = block < now.highest
      MutableRef.set(
        seen,
        isBehind ? { ...now, reached: BigInt.max(now.reached, block), isDenied: true } : { ...nothing, highest: block }
      )
      return isBehind ? Option.some(now.highest) : Option.none()
    },
    /** Every node was asked, and none has answered as it should. */
    missed: Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const { highest, isDenied, missing, reached } = MutableRef.get(seen)
      if (!isDenied) return Effect.void
      MutableRef.update(seen, (now): Seen => ({ ...now, isDenied: false }))
      if (Option.isNone(missing)) {
        MutableRef.update(seen, (now): Seen => ({ ...now, missing: Option.some(at) }))
        return Effect.void
      }
      if (at - missing.value < Duration.toMillis(patience)) return Effect.void
      MutableRef.set(seen, { ...nothing, highest: reached })
      return Effect.logError(
        `a node of ${chain} has shown block ${highest}, which none has reached for ${
          Duration.format(patience)
        }: it is forgotten, and ${reached} is taken for the latest. Find out which of the configured nodes is wrong`
      )
    })
  }
}
