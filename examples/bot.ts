/**
 * A small bot that keeps a vault filled: when what is in it leaves its band around a target, USDC is brought from Alpaca, or
 * taken there. All that Ballast needs comes from `BALLAST_*`, and the bot's own settings from `BOT_*`, out of whatever
 * ConfigProvider the application has.
 *
 *   BOT_TARGET_USDC=250000 BALLAST_DATABASE=sqlite:bot.db ... node bot.js
 */
import { NodeRuntime } from "@effect/platform-node"
import {
  Config as BallastConfig,
  EventStore,
  Live,
  OperationId,
  Policies,
  Recovery,
  TransactionOutbox,
  Usdc,
  UsdcRebalance,
  UsdcRebalanceManager,
  UsdcRoute,
  Vault
} from "ballast"
import { Config, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { pathToFileURL } from "node:url"

/** What the bot itself is told. */
export const settings = Config.all({
  target: Schema.Config("BOT_TARGET_USDC", Usdc.PositiveUsdc),
  /** In percent of the target. */
  low: Config.withDefault(Config.integer("BOT_LOW"), 80),
  high: Config.withDefault(Config.integer("BOT_HIGH"), 120),
  every: Config.withDefault(Config.duration("BOT_EVERY"), Duration.minutes(1))
})

/** What is in the vault that Ballast is configured for. */
const inVault = Effect.gen(function*() {
  const { usdc, vault } = yield* UsdcRoute
  const { wallet } = yield* TransactionOutbox
  if (Option.isNone(vault)) return yield* Effect.dieMessage("the bot needs BALLAST_VAULT_CONTRACT")
  const owner = Option.getOrElse(vault.value.owner, () => wallet)
  return yield* Effect.flatMap(Vault, ({ balance }) => balance({ ...vault.value, owner }, usdc.base))
})

/** What there is to do about a vault that holds so much: nothing within the band, and else the way back to the target. */
export const decide = (
  held: Usdc.Usdc,
  { high, low, target }: Config.Config.Success<typeof settings>
): Option.Option<{ readonly direction: UsdcRebalance.State.Direction; readonly amount: Usdc.Usdc }> => {
  if (held * 100n < target * BigInt(low)) {
    return Option.some({ direction: "AlpacaToBase", amount: Usdc.fromUnits(target - held) })
  }
  return held * 100n > target * BigInt(high)
    ? Option.some({ direction: "BaseToAlpaca", amount: Usdc.fromUnits(held - target) })
    : Option.none()
}

/** One look, and what comes of it. Nothing new is begun while a rebalance has not settled. */
export const round = Effect.gen(function*() {
  const store = yield* EventStore
  const unsettled = (yield* store.operations({ live: true })).filter(({ type }) =>
    type === UsdcRebalance.aggregate.type
  )
  if (unsettled.length > 0) return Option.none()
  const wanted = decide(yield* inVault, yield* settings)
  if (Option.isNone(wanted)) return Option.none()
  const { amount, direction } = wanted.value
  const id = OperationId.RebalanceId.make(yield* Effect.sync(() => randomUUID()))
  yield* Effect.logInfo(`${direction}: ${Usdc.print(amount)} USDC as ${id}`)
  const end = yield* direction === "AlpacaToBase"
    ? UsdcRebalanceManager.executeAlpacaToBase(id, amount)
    : UsdcRebalanceManager.executeBaseToAlpaca(id, amount)
  yield* Effect.logInfo(`${id} has ended as ${end._tag}`)
  return Option.some(end)
})

/** What another process has begun, or this one before it was stopped, is seen to its end beside the rounds. */
export const bot = Effect.gen(function*() {
  const { every } = yield* settings
  const rounds = round.pipe(
    Effect.catchAll((error) => Effect.logWarning(`this round came to nothing: ${error.message}`)),
    Effect.repeat(Schedule.spaced(every))
  )
  yield* Effect.all([Recovery.run, rounds], { concurrency: "unbounded", discard: true })
}).pipe(Effect.scoped)

/** Every port, and how to wait and retry, from the configuration. */
export const layer = Layer.merge(
  Live.layerConfig,
  Layer.unwrapEffect(Effect.map(BallastConfig.policies, Policies.layer))
)

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  NodeRuntime.runMain(Effect.provide(bot, layer))
}
