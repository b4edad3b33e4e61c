/** What happened, line by line. The same seed tells the same story, byte for byte. */
import type { Timeline } from "./Timeline.ts"

export interface Trace {
  /** @param who did it: `base`, `Alpaca`, `process A`, `network` */
  readonly tell: (who: string, what: string) => void
  readonly lines: ReadonlyArray<string>
}

/** `12:03:04.567`, from the beginning on. */
const since = (millis: number): string => {
  const part = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0")
  const [hours, minutes, seconds] = [millis / 3_600_000, (millis / 60_000) % 60, (millis / 1000) % 60]
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(seconds, 2)}.${part(millis % 1000, 3)}`
}

export const make = (timeline: Timeline, isKept: boolean): Trace => {
  const start = timeline.now()
  const lines: Array<string> = []
  return {
    tell: (who, what) => {
      if (isKept) lines.push(`${since(timeline.now() - start)}  ${who}: ${what}`)
    },
    lines
  }
}
