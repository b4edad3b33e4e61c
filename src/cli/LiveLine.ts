/** One line at the bottom of the terminal that says what every operation waits for, how long, and until when. */
import { Clock, DateTime, Duration, Effect, Fiber, Logger, Option, Schedule } from "effect"
import * as Progress from "../managers/Progress.ts"
import * as Output from "./Output.ts"

const clockOf = (at: DateTime.Utc): string => DateTime.formatIso(at).slice(11, 19)

const describe = (update: Progress.Update, now: number): string =>
  [
    `${update.id.slice(0, 8)} ${update.state}`,
    Duration.format(Duration.seconds(Math.max(0, Math.round((now - update.since.epochMillis) / 1000)))),
    ...Option.toArray(Option.map(update.until, (until) => `until ${clockOf(until)} UTC`)),
    ...Option.toArray(Option.map(update.waitingFor, (what) => `waiting for ${what}`))
  ].join(", ")

/** Shows it on stderr while the effect runs; nothing where stderr is no terminal. */
export const watching = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  process.stderr.isTTY !== true ? effect : Effect.gen(function*() {
    const current = new Map<string, Progress.Update>()
    const draw = Effect.map(Clock.currentTimeMillis, (now) => {
      const text = [...current.values()].map((update) => describe(update, now)).join(" | ")
      process.stderr.write(`${Output.wipe}${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
    })
    const listen = (update: Progress.Update) => {
      current.set(update.id, update)
      return draw
    }
    const ticking = yield* Effect.fork(Effect.repeat(draw, Schedule.spaced("1 second")))
    return yield* effect.pipe(
      Effect.locally(Progress.listener, listen),
      Effect.ensuring(Fiber.interrupt(ticking)),
      Effect.ensuring(Effect.sync(() => process.stderr.write(Output.wipe)))
    )
  })

/** Log lines on stderr, which push the live line down instead of being drawn over it. */
export const logger = (format: "pretty" | "json"): Logger.Logger<unknown, void> => {
  const line = format === "json" ? Logger.jsonLogger : pretty
  return Logger.map(line, (text) => {
    process.stderr.write(`${process.stderr.isTTY === true ? Output.wipe : ""}${text}\n`)
  })
}

/** `10:04:15 INFO  MintRequested -> MintAccepted operation=6f1b.. elapsed=1s` */
const pretty: Logger.Logger<unknown, string> = Logger.make(({ annotations, cause, date, logLevel, message }) => {
  const words = (Array.isArray(message) ? message : [message]).map(String).join(" ")
  const notes = [...annotations].map(([key, value]) =>
    `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  )
  const why = cause._tag === "Empty" ? [] : [`\n${String(cause)}`]
  return [date.toISOString().slice(11, 23), logLevel.label.padEnd(7), words, ...notes, ...why].join(" ")
})
