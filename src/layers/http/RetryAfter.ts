/** How long a 429 asks us to stay away. Source: external-apis 1.7. */
import type { Headers } from "@effect/platform"
import { Clock, DateTime, Duration, Effect, Option } from "effect"

const shortest = Duration.seconds(1)
const longest = Duration.minutes(5)

const seconds = /^[0-9]{1,15}(?:\.[0-9]{1,9})?$/
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/

const header = (headers: Headers.Headers, name: string, form: RegExp): Option.Option<string> =>
  Option.filter(Option.map(Option.fromNullable(headers[name]), (text) => text.trim()), (text) => form.test(text))

/**
 * The longer of what `X-RateLimit-Reset` (a time) and `Retry-After` (undocumented; seconds or a date) say, within reason:
 * a reset that is just over by our clock may not be by theirs, and nobody is believed who says an hour.
 */
export const of = (headers: Headers.Headers): Effect.Effect<Option.Option<Duration.Duration>> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const waits = [
      Option.map(header(headers, "x-ratelimit-reset", seconds), (text) => Number(text) * 1000 - now),
      Option.map(header(headers, "retry-after", seconds), (text) => Number(text) * 1000),
      // `DateTime` knows zones by their offset only.
      Option.flatMap(
        header(headers, "retry-after", httpDate),
        (text) => Option.map(DateTime.make(text.replace("GMT", "+0000")), (at) => DateTime.toEpochMillis(at) - now)
      )
    ]
    const known = waits.flatMap((wait) => Option.toArray(wait))
    if (known.length === 0) return Option.none()
    const longestAsked = Duration.millis(Math.max(0, ...known))
    return Option.some(Duration.clamp(longestAsked, { minimum: shortest, maximum: longest }))
  })
