/** One process of Ballast: the whole program over the simulated world. It can be killed at any moment. */
import { HttpClient } from "@effect/platform"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Context, Effect, Exit, Layer, Logger, LogLevel, Random, Runtime, Schedule, Scope } from "effect"
import { EquitySymbol } from "../src/domain/EquitySymbol.ts"
import { MintId, OperationId, RebalanceId, RedemptionId } from "../src/domain/OperationId.ts"
import * as EvmChain from "../src/layers/evm/EvmChain.ts"
import * as PrivateKeySigner from "../src/layers/evm/PrivateKeySigner.ts"
import * as RpcEndpoint from "../src/layers/evm/RpcEndpoint.ts"
import * as Live from "../src/layers/Live.ts"
import * as Database from "../src/layers/sql/Database.ts"
import * as ProcessIdentity from "../src/layers/sql/ProcessIdentity.ts"
import * as MintManager from "../src/managers/MintManager.ts"
import * as Policies from "../src/managers/Policies.ts"
import * as Recovery from "../src/managers/Recovery.ts"
import * as RedemptionManager from "../src/managers/RedemptionManager.ts"
import * as UsdcRebalanceManager from "../src/managers/UsdcRebalanceManager.ts"
import type { ChainName } from "../src/services/Chain.ts"
import { EventStore } from "../src/services/EventStore.ts"
import type { Signer } from "../src/services/Signer.ts"
import type { SimulatedChain } from "./chain/SimulatedChain.ts"
import type { Dice } from "./Dice.ts"
import type { Network, Victim } from "./Network.ts"
import * as Places from "./Places.ts"
import type { Ask, Plan } from "./Plan.ts"
import type { Server } from "./Server.ts"
import * as SimulatedClock from "./SimulatedClock.ts"
import * as Tasks from "./Tasks.ts"
import type { Timeline } from "./Timeline.ts"
import type { Trace } from "./Trace.ts"
import * as Wires from "./Wires.ts"

/** What the managers need. */
export type Ports = Layer.Layer.Success<ReturnType<typeof Live.layerOver>> | Policies.Policies

/** Everything but our own program. */
export interface Surroundings {
  readonly timeline: Timeline
  readonly network: Network
  readonly trace: Trace
  readonly chains: { readonly [name in ChainName]: SimulatedChain }
  readonly alpaca: Server
  readonly circle: Server
}

/** What a process is made of, at its bottom too. */
export type Parts = Ports | Signer | SqlClient | HttpClient.HttpClient

/** Something that is wrong with the program, put there to see it caught. */
export type Plant = (
  parts: Context.Context<Parts>,
  plan: Plan,
  process: Victim
) => Effect.Effect<Context.Context<Ports>, never, Scope.Scope>

export interface Options {
  readonly name: string
  /** The file, which processes share. */
  readonly database: string
  readonly plan: Plan
  readonly dice: Dice
  readonly plant: Plant | undefined
  /** `ballast run`, or a shell that drives only what it is asked for. */
  readonly isDaemon: boolean
  /** Something may be in the log now that was not before. */
  readonly touched: () => void
  /** What the store has said is on the disk. */
  readonly acknowledged: (id: string, version: number) => void
  /** Ballast never dies of itself. */
  readonly died: (why: string) => void
  /** Called once, at its end. */
  readonly crashed: (why: string) => void
}

export type Verb = "recheck" | "retry" | "cancel" | "reconcile"

const ordered = (verb: Verb, operation: string) => {
  const id = OperationId.make(operation)
  switch (verb) {
    case "recheck":
      return Recovery.recheck(id)
    case "retry":
      return Recovery.retry(id)
    case "cancel":
      return Recovery.cancel(id, "the operator of the simulation has changed his mind")
    case "reconcile":
      return Recovery.reconcile(id, { reason: "settled by hand", note: "by the operator of the simulation" })
  }
}

export interface Program extends Victim {
  readonly name: string
  /** Does what is due; false where nothing was. */
  readonly run: () => boolean
  readonly ask: (ask: Ask) => void
  /** What a person orders of an operation. */
  readonly order: (verb: Verb, id: string) => void
  /** Without a word. */
  readonly end: () => void
}

/** What it is called in messages, which is another name in every run. */
const itself = ProcessIdentity.describe(Effect.runSync(ProcessIdentity.current))

const nodes = [0, 1] as const

const endpoints = (world: Surroundings, victim: Victim, name: ChainName, own: EvmChain.Options): EvmChain.Options => {
  const [first, ...others] = nodes.map((number) =>
    RpcEndpoint.fromTransport(
      `node-${number}.${name}.test`,
      Wires.node(world.network, victim, world.chains[name], number)
    )
  )
  return first === undefined ? own : { ...own, endpoints: [first, ...others] }
}

const layers = (world: Surroundings, victim: Victim, { plan: { configuration } }: Options) => {
  const { base, ethereum } = configuration
  const chains = Layer.merge(
    EvmChain.layerBase(endpoints(world, victim, "base", Live.chainOptions(base))),
    EvmChain.layerEthereum(endpoints(world, victim, "ethereum", Live.chainOptions(ethereum)))
  )
  const servers = {
    [new URL(Places.alpacaUrl).host]: { name: "Alpaca", server: world.alpaca },
    [new URL(Places.circleUrl).host]: { name: "Circle", server: world.circle }
  }
  return Live.layerOver(configuration, chains).pipe(
    Layer.provideMerge(Layer.merge(
      PrivateKeySigner.layer(configuration.wallet),
      Layer.sync(HttpClient.HttpClient, () => Wires.httpClient(world.network, victim, servers))
    )),
    Layer.merge(Layer.sync(Policies.Policies, () => ({
      ...Policies.make({ ...configuration.policies, waitForLease: true }),
      // A look a second would be most of what is simulated.
      lease: Schedule.spaced("30 seconds")
    })))
  )
}

/** Tells what was acknowledged, the moment the caller learns it. */
const listening = (context: Context.Context<Ports>, { acknowledged, touched }: Options) => {
  const store = Context.get(context, EventStore)
  return Context.add(
    context,
    EventStore,
    EventStore.of({
      ...store,
      append: (aggregate, id, commit) =>
        store.append(aggregate, id, commit).pipe(
          Effect.tap((version) => Effect.sync(() => acknowledged(id, version))),
          // On the way in as well: whoever dies in it does not come out.
          Effect.ensuring(Effect.sync(touched)),
          (appending) => Effect.zipRight(Effect.sync(touched), appending)
        )
    })
  )
}

type Executed = Effect.Effect<{ readonly _tag: string }, unknown, Ports>

const execute = (ask: Ask): Executed => {
  switch (ask.kind) {
    case "mint":
      return MintManager.executeMint(MintId.make(ask.id), {
        symbol: EquitySymbol.make(ask.symbol),
        quantity: ask.quantity,
        wallet: Places.wallet
      })
    case "redeem":
      return RedemptionManager.executeRedemption(RedemptionId.make(ask.id), {
        symbol: EquitySymbol.make(ask.symbol),
        quantity: ask.quantity,
        parallel: true
      })
    case "toBase":
      return UsdcRebalanceManager.executeAlpacaToBase(RebalanceId.make(ask.id), ask.amount)
    case "toAlpaca":
      return UsdcRebalanceManager.executeBaseToAlpaca(RebalanceId.make(ask.id), ask.amount)
  }
}

export const start = (world: Surroundings, options: Options): Program => {
  const { crashed, database, dice, died, name, plan, plant } = options
  const tasks = Tasks.make()
  const connection = Effect.runSync(Scope.make())
  const waiting: Array<Effect.Effect<void, never, Ports>> = []
  let runtime: Runtime.Runtime<Ports> | undefined

  const end = () => {
    tasks.end()
    // The kernel closes the file of a process that is no more, and SQLite drops what was not committed.
    Effect.runSync(Scope.close(connection, Exit.void))
  }

  const crash = (why: string) => {
    if (tasks.isOver()) return
    end()
    world.trace.tell(name, `dies ${why}`)
    crashed(why)
  }

  const victim: Victim = {
    isAlive: () => !tasks.isOver(),
    crash,
    freeze: (millis) => {
      tasks.freeze(true)
      world.timeline.after(millis, () => tasks.freeze(false))
    }
  }

  const tell = (what: string) => world.trace.tell(name, what.replaceAll(itself, "a process"))

  const log = Logger.make(({ logLevel, message }) => {
    const said = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    tell(`${logLevel.label}: ${said}`)
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Error)) died(said)
  })

  const environment = Layer.mergeAll(
    Logger.replace(Logger.defaultLogger, log),
    Layer.setClock(SimulatedClock.make(world.timeline, dice.between(-2_000, 2_000))),
    Layer.setRandom(Random.make(dice.below(2 ** 31))),
    Layer.setTracerEnabled(false)
  )

  const begin = (effect: Effect.Effect<void, never, Ports>) => {
    if (runtime === undefined) waiting.push(effect)
    else Runtime.runFork(runtime)(effect, { scheduler: tasks })
  }

  const open: Effect.Effect<Context.Context<SqlClient>, unknown> = Layer.buildWithScope(
    Database.layer({ path: database, durability: plan.configuration.database.durability, create: true }),
    connection
  )

  const booting = Effect.gen(function*() {
    const disk = yield* open
    const built = yield* Layer.build(Layer.provideMerge(layers(world, victim, options), Layer.succeedContext(disk)))
    const planted = plant === undefined ? built : yield* plant(built, plan, victim)
    runtime = yield* Effect.provide(Effect.runtime<Ports>(), listening(planted, options))
    const daemon = Effect.scoped(Recovery.run).pipe(
      Effect.zipRight(Effect.sync(() => died("the process has come to an end by itself"))),
      Effect.catchAllCause((cause) => Effect.sync(() => died(Cause.pretty(cause))))
    )
    if (options.isDaemon) begin(daemon)
    for (const effect of waiting) begin(effect)
  }).pipe(
    Effect.catchAllCause((cause) => Effect.sync(() => died(`does not start: ${Cause.pretty(cause)}`))),
    Effect.provide(environment)
  )

  // Nobody closes its scope: a process that is killed does not clean up.
  Effect.runFork(Scope.extend(booting, Effect.runSync(Scope.make())), { scheduler: tasks })

  const driven = (what: string, driving: Effect.Effect<unknown, unknown, Ports>) =>
    begin(Effect.matchCause(driving, {
      onFailure: (cause) => {
        const told = Cause.isDie(cause) ? Cause.pretty(cause) : String(Cause.squash(cause))
        tell(`${what} is left: ${told}`)
        if (Cause.isDie(cause)) died(told)
      },
      onSuccess: () => tell(`${what} has ended`)
    }))

  return {
    ...victim,
    name,
    run: tasks.run,
    end,
    ask: (ask) => driven(`${ask.kind} ${ask.id}`, execute(ask)),
    order: (verb, id) => driven(`${verb} ${id}`, ordered(verb, id))
  }
}
