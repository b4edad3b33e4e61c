/** What lies between the program and the world: it delays, loses, doubles and garbles, and it is where a process dies. */
import type { Dice } from "./Dice.ts"
import type { Timeline } from "./Timeline.ts"
import type { Trace } from "./Trace.ts"

/** How bad it is; all of it chances per exchange, but for `outage`. */
export interface Weather {
  readonly fault: number
  /** That the process dies by this exchange. */
  readonly crash: number
  /** That the process is stopped for some minutes by this exchange, and goes on as if nothing had been. */
  readonly freeze: number
  /** That the other side is away for some minutes from now on. */
  readonly outage: number
}

export const calm: Weather = { fault: 0, crash: 0, freeze: 0, outage: 0 }

/** How one side of an exchange ends; what is never delivered ends by the caller's own time limit. */
export interface Exchange<A> {
  /** `Alpaca`, `node 0 of base`. */
  readonly target: string
  /** `POST /v1/..`, for the story. */
  readonly what: string
  /** Whether a careless proxy may send it twice without doing harm that nobody could prevent. */
  readonly isRepeatable: boolean
  /** The effect, and what the other side says about it. */
  readonly perform: () => A
  readonly answer: (answer: A) => void
  /** `refused`: not a byte has left. `reset`: it broke off, and nobody knows after what. */
  readonly broken: (how: "refused" | "reset") => void
  /** What a machine in between says instead of the other side. */
  readonly instead: (what: "unavailable" | "limited" | "nonsense") => A
}

/** A process, as far as the network can harm it. */
export interface Victim {
  readonly isAlive: () => boolean
  readonly crash: (why: string) => void
  readonly freeze: (millis: number) => void
}

export interface Network {
  readonly exchange: <A>(victim: Victim, exchange: Exchange<A>) => void
  readonly setWeather: (weather: Weather) => void
  /** Whether something has reached a process since this was asked last: its promises have to be let go on. */
  readonly takeStirred: () => boolean
  readonly counts: { readonly exchanges: number; readonly faults: number }
}

const fates = [
  "refused",
  "lost",
  "late",
  "dropped",
  "reset",
  "unavailable",
  "failed after",
  "nonsense",
  "limited",
  "twice",
  "slow"
] as const

/** What changes nothing is not worth a line. */
const isReading = (what: string): boolean => !what.startsWith("POST") && what !== "eth_sendRawTransaction"

/** No request arrives later than that: shorter than Alpaca's settling time, which is what it is there for. */
const latest = 60_000

export const make = (options: {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly trace: Trace
  readonly weather: Weather
}): Network => {
  const { dice, timeline, trace } = options
  const counts = { exchanges: 0, faults: 0 }
  const away = new Map<string, number>()
  let weather = options.weather
  let isStirred = false

  const fault = (told: string) => {
    counts.faults++
    trace.tell("network", told)
  }

  const exchange = <A>(
    victim: Victim,
    { answer, broken, instead, isRepeatable, perform, target, what }: Exchange<A>
  ) => {
    counts.exchanges++
    const there = dice.between(1, 200)
    const back = dice.between(1, 200)
    const named = `${what} at ${target}`
    const deliver = (delay: number, act: () => void) =>
      timeline.after(delay, () => {
        if (!victim.isAlive()) return
        isStirred = true
        act()
      })
    const done = (delay: number, then: (answer: A) => void) =>
      timeline.after(delay, () => {
        if (!isReading(what)) trace.tell("network", `${named}: it arrives`)
        then(perform())
      })
    const plainly = () => done(there, (said) => deliver(back, () => answer(said)))

    if ((away.get(target) ?? 0) > timeline.now()) return deliver(there, () => broken("refused"))
    if (dice.chance(weather.outage)) {
      const minutes = dice.between(1, 20)
      away.set(target, timeline.now() + minutes * 60_000)
      fault(`${target} is away for ${minutes} minutes`)
      return deliver(there, () => broken("refused"))
    }
    if (dice.chance(weather.crash)) {
      switch (dice.pick(["before", "after", "answered"])) {
        case "before":
          return victim.crash(`before ${named}`)
        case "after":
          return done(there, () => victim.crash(`after ${named}, before its answer`))
        default:
          return done(there, (said) =>
            deliver(back, () => {
              answer(said)
              // What it does with the answer it may still do, or not.
              timeline.after(dice.pick([0, 0, 5, 50]), () => victim.crash(`with the answer to ${named}`))
            }))
      }
    }
    if (dice.chance(weather.freeze)) {
      const seconds = dice.pick([5, 20, 60, 400])
      fault(`a process is stopped for ${seconds} seconds by ${named}`)
      victim.freeze(seconds * 1000)
      return plainly()
    }
    if (!dice.chance(weather.fault)) return plainly()
    const fate = dice.pick(fates)
    if (fate === "twice" && !isRepeatable) return plainly()
    fault(`${fate}: ${named}`)
    switch (fate) {
      case "refused":
        return deliver(there, () => broken("refused"))
      case "lost":
        return
      case "late":
        return done(dice.between(5_000, latest), (said) => deliver(back, () => answer(said)))
      case "dropped":
        return done(there, () => undefined)
      case "reset":
        return done(there, () => deliver(back, () => broken("reset")))
      case "unavailable":
        return deliver(there + back, () => answer(instead("unavailable")))
      case "failed after":
        return done(there, () => deliver(back, () => answer(instead("unavailable"))))
      case "nonsense":
        return done(there, () => deliver(back, () => answer(instead("nonsense"))))
      case "limited":
        return deliver(there + back, () => answer(instead("limited")))
      case "twice":
        done(there, () => undefined)
        return done(there + dice.between(0, 3_000), (said) => deliver(back, () => answer(said)))
      case "slow":
        return done(there, (said) => deliver(dice.between(1_000, 40_000), () => answer(said)))
    }
  }

  return {
    exchange,
    setWeather: (next) => {
      weather = next
    },
    takeStirred: () => {
      const wasStirred = isStirred
      isStirred = false
      return wasStirred
    },
    counts
  }
}
