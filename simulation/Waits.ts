/** What is going to happen in one part of the world, and can be told to hurry. */
import type { Timeline } from "./Timeline.ts"

export interface Waits {
  readonly after: (delay: number, act: () => void) => void
  /** Nothing that waits now has more than so many milliseconds to go. */
  readonly hurry: (longest: number) => void
}

interface Wait {
  due: number
  readonly act: () => void
}

export const make = (timeline: Timeline): Waits => {
  const open = new Set<Wait>()
  const plan = (wait: Wait) =>
    timeline.after(wait.due - timeline.now(), () => {
      // Planned again when it had to hurry, it happens at the earlier of its times.
      if (open.delete(wait)) wait.act()
    })
  return {
    after: (delay, act) => {
      const wait = { due: timeline.now() + delay, act }
      open.add(wait)
      plan(wait)
    },
    hurry: (longest) => {
      const latest = timeline.now() + longest
      for (const wait of open) {
        if (wait.due <= latest) continue
        wait.due = latest
        plan(wait)
      }
    }
  }
}
