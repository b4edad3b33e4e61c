/**
 * Every call of every port, and every append, is a point at which the process can die. Nobody lists them: whatever is an
 * effect on a service, or answers one, is a point, so that what is added tomorrow is one too.
 */
import { Context, Effect, Layer, Option } from "effect"
import { AlpacaError } from "../../src/services/AlpacaError.ts"
import { CctpError } from "../../src/services/CctpBridge.ts"
import { ChainError, type ChainName } from "../../src/services/Chain.ts"
import { SignerError } from "../../src/services/Signer.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import * as Below from "../Below.ts"
import type { Plant } from "../Program.ts"

/** Immediately before the call; immediately after its effect; or the effect is there, and its answer lost on the way. */
export type Kind = "before" | "after" | "lost"

export interface Stop {
  readonly at: number
  readonly kind: Kind
}

/** Where the lives of one process after the other end; the last one goes on to the end. */
export interface Control {
  /** By life; where there is none, that life is left alone. */
  readonly stops: ReadonlyArray<Stop | undefined>
  /** What was called, by life. */
  readonly visited: Array<Array<string>>
  /** What could have been called. */
  readonly callable: Set<string>
  lives: number
}

export const control = (stops: Control["stops"]): Control => ({
  stops,
  visited: [],
  callable: new Set(),
  lives: 0
})

/** One life: counts its points and ends where it is told to. */
interface Life {
  readonly next: (name: string) => Kind | undefined
  readonly die: (name: string) => void
  /** Services that have their points. */
  readonly seen: WeakSet<object>
}

const action = "a call of the crash matrix"
const detail = "the answer is lost"

type Lost = (method: string) => Effect.Effect<unknown, unknown>

const ofStore: Lost = () => new StoreError({ reason: "Unavailable", action, detail })
const ofAlpaca: Lost = (method) =>
  new AlpacaError({ reason: /^(?:request|order)/.test(method) ? "OutcomeUnknown" : "Unavailable", action, detail })

/** What the caller hears where the answer is lost, in the words of the port: it may have happened. */
const lost: Readonly<Record<string, Lost>> = {
  AlpacaTokenization: ofAlpaca,
  AlpacaWallet: ofAlpaca,
  CctpBridge: () => new CctpError({ reason: "Unavailable", action, detail }),
  EthereumChain: (method) => ofChain("ethereum", method),
  Signer: () => new SignerError({ reason: "Unavailable", action, detail }),
  EventStore: ofStore,
  Leases: ofStore,
  Alerts: ofStore,
  Transactions: ofStore
}

/** A broadcast has no failure: whatever becomes of it, the bytes may be out. */
const ofChain = (chain: ChainName, method: string): Effect.Effect<unknown, unknown> =>
  method === "broadcast"
    ? Effect.succeed({ answer: "Unknown", detail })
    : new ChainError({ reason: "Unavailable", chain, action, detail })

const point = (
  effect: Effect.Effect<unknown, unknown, unknown>,
  port: string,
  method: string,
  life: Life
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.suspend(() => {
    const call = `${port}.${method}`
    const die = Effect.sync(() => life.die(call))
    switch (life.next(call)) {
      case undefined:
        return effect
      case "before":
        return Effect.zipRight(die, Effect.never)
      case "after":
        return Effect.zipRight(Effect.exit(effect), Effect.zipRight(die, Effect.never))
      case "lost":
        return Effect.zipRight(Effect.exit(effect), (lost[port] ?? ((method) => ofChain("base", method)))(method))
    }
  })

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** What a port hands to its caller's function is a port as well: the view of one node. */
const handed = (argument: unknown, port: string, life: Life): unknown =>
  typeof argument === "function"
    ? (...args: ReadonlyArray<unknown>) =>
      argument(...args.map((one) => isObject(one) ? pointed(one, port, life) : one))
    : argument

/** Optional values are effects to Effect, and no calls to anybody. */
const isEffect = (value: unknown): value is Effect.Effect<unknown, unknown, unknown> =>
  Effect.isEffect(value) && !Option.isOption(value)

const member = (value: unknown, port: string, method: string, life: Life): unknown => {
  if (isEffect(value)) return point(value, port, method, life)
  return typeof value === "function"
    ? (...args: ReadonlyArray<unknown>) =>
      member(value(...args.map((argument) => handed(argument, port, life))), port, method, life)
    : value
}

const isPoint = (value: unknown): boolean => isEffect(value) || typeof value === "function"

const pointed = <A extends object>(service: A, port: string, life: Life): A =>
  Object.assign(
    {},
    service,
    ...Object.entries(service).map(([method, value]) => ({ [method]: member(value, port, method, life) }))
  )

const ports = "ballast/services/"

/** Of every port that has none yet. */
const withPoints = <R>(context: Context.Context<R>, life: Life): Context.Context<R> =>
  Context.unsafeMake(
    new Map([...context.unsafeMap].map(([key, service]) => {
      if (!key.startsWith(ports) || life.seen.has(service)) return [key, service]
      const changed = pointed(service, key.slice(ports.length), life)
      life.seen.add(changed)
      return [key, changed]
    }))
  )

/** All that could be a point: `EventStore.append`. */
const callable = (context: Context.Context<never>): ReadonlyArray<string> =>
  [...context.unsafeMap].flatMap(([key, service]) =>
    key.startsWith(ports)
      ? Object.entries(service).flatMap(([method, value]) =>
        isPoint(value) ? [`${key.slice(ports.length)}.${method}`] : []
      )
      : []
  )

/** The ports below the layers that send get their points before these are built upon them. */
export const plant = (control: Control): Plant => (parts, plan, process) =>
  Effect.gen(function*() {
    const number = control.lives++
    const stop = control.stops[number]
    const visited: Array<string> = []
    control.visited[number] = visited
    const life: Life = {
      seen: new WeakSet(),
      next: (name) => {
        const at = visited.push(name) - 1
        return at === stop?.at ? stop.kind : undefined
      },
      die: (name) => process.crash(`at point ${stop?.at}, ${stop?.kind} ${name}`)
    }
    for (const call of callable(parts)) control.callable.add(call)
    const below = withPoints(parts, life)
    const outbox = Layer.map(Below.outbox(plan), (context) => withPoints(context, life))
    const above = yield* Below.rebuilt(below, plan, outbox)
    return withPoints(above, life)
  })
