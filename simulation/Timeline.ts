/** The simulated time, and what is going to happen in it. Nothing happens between two of its moments. */

export interface Timeline {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds from now. What is due at the same time happens in the order in which it was planned. */
  readonly after: (delay: number, act: () => void) => void
}

interface Planned {
  readonly time: number
  readonly order: number
  readonly act: () => void
}

const isBefore = (one: Planned, other: Planned): boolean =>
  one.time < other.time || (one.time === other.time && one.order < other.order)

/** A heap: the first is never after its children. */
const push = (heap: Array<Planned>, planned: Planned): void => {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !isBefore(planned, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = planned
}

const pop = (heap: Array<Planned>): Planned | undefined => {
  const first = heap[0]
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  let at = 0
  while (true) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (left === undefined) break
    const isRight = right !== undefined && isBefore(right, left)
    const child = isRight ? right : left
    if (!isBefore(child, last)) break
    heap[at] = child
    at = 2 * at + (isRight ? 2 : 1)
  }
  heap[at] = last
  return first
}

export interface RunningTimeline extends Timeline {
  /** Goes on to what is planned next and lets it happen; false where nothing is planned. */
  readonly next: () => boolean
}

export const make = (start: number): RunningTimeline => {
  const heap: Array<Planned> = []
  let now = start
  let order = 0
  return {
    now: () => now,
    after: (delay, act) => push(heap, { time: now + Math.max(0, delay), order: order++, act }),
    next: () => {
      const planned = pop(heap)
      if (planned === undefined) return false
      now = planned.time
      planned.act()
      return true
    }
  }
}
