/** Watches a chain for transfers to somebody and tells of each once, however often it is read or mined again. */
import { Clock, type Duration, Effect, Ref, Schedule, type Scope } from "effect"
import type { Chain } from "./Chain.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

/** When a transfer is told of. */
interface Rule {
  /** False: nothing is told of until it is true again, and then all that waits. */
  readonly isDetected: boolean
  /** Blocks that must hold the transfer, its own included. */
  readonly confirmations: number
  /** From then on. */
  readonly detectDelayMillis: number
}

interface Transfer {
  readonly hash: string
  readonly block: number
}

export interface Options<A extends Transfer> {
  readonly chain: Pick<Chain, "height">
  /** What the chain has now, oldest first. */
  readonly read: (
    blocks: { readonly fromBlock: number; readonly toBlock: number }
  ) => Effect.Effect<ReadonlyArray<A>, LocalWorldError>
  readonly rule: Effect.Effect<Rule>
  readonly tell: (transfer: A) => Effect.Effect<unknown>
  /** Between two looks. */
  readonly interval: Duration.DurationInput
}

/** So many blocks are read again each time, for what a reorganisation put into them since. */
const deepestReorganisation = 64

interface Memory {
  /** What lies before this block is dealt with. */
  readonly fromBlock: number
  /** Since when a transfer is deep enough, in unix milliseconds. */
  readonly waiting: ReadonlyMap<string, number>
  readonly told: ReadonlySet<string>
}

/** Names a transfer by its place in its own transaction, which a reorganisation does not change. */
const named = <A extends Transfer>(transfers: ReadonlyArray<A>) =>
  transfers.map((transfer, index) => ({
    transfer,
    name: `${transfer.hash}/${transfers.slice(0, index).filter(({ hash }) => hash === transfer.hash).length}`
  }))

/** Watches until its scope closes. */
export const make = <A extends Transfer>(options: Options<A>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { chain, interval, read, rule, tell } = options
    const memory = yield* Ref.make<Memory>({ fromBlock: 0, waiting: new Map(), told: new Set() })

    const look = Effect.gen(function*() {
      const { confirmations, detectDelayMillis, isDetected } = yield* rule
      const toBlock = (yield* chain.height) - confirmations + 1
      const { fromBlock, told, waiting } = yield* Ref.get(memory)
      if (toBlock < fromBlock) return
      const seen = named(yield* read({ fromBlock, toBlock }))
      const now = yield* Clock.currentTimeMillis
      const open = seen.filter(({ name }) => !told.has(name))
        .map((item) => ({ ...item, since: waiting.get(item.name) ?? now }))
      const isDue = ({ since }: { readonly since: number }) => isDetected && now - since >= detectDelayMillis
      const due = open.filter(isDue)
      yield* Effect.forEach(due, ({ transfer }) => tell(transfer), { discard: true })
      const left = open.filter((item) => !isDue(item))
      yield* Ref.set(memory, {
        fromBlock: Math.max(
          0,
          Math.min(toBlock - deepestReorganisation, ...left.map(({ transfer }) => transfer.block))
        ),
        waiting: new Map(left.map(({ name, since }) => [name, since])),
        told: new Set([...told, ...due.map(({ name }) => name)])
      })
    })

    yield* look.pipe(
      Effect.catchAll((error) => Effect.logDebug("could not look at the chain and will again", error)),
      Effect.repeat(Schedule.spaced(interval)),
      Effect.forkScoped
    )
  })
