/** Effect's clock over the simulated time. `TestClock` takes milliseconds for each of its steps; this one takes none. */
import { Clock, Duration, Effect } from "effect"
import type { Timeline } from "./Timeline.ts"

/** @param skew milliseconds that this clock is ahead of the world's */
export const make = (timeline: Timeline, skew: number): Clock.Clock => {
  const millis = () => timeline.now() + skew
  const nanos = () => BigInt(Math.round(millis() * 1e6))
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        let isOver = false
        if (Duration.isFinite(Duration.decode(duration))) {
          timeline.after(Duration.toMillis(duration), () => {
            if (!isOver) resume(Effect.void)
          })
        }
        return Effect.sync(() => {
          isOver = true
        })
      })
  }
}
