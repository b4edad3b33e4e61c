/** Looks at the log and at the world after every step, and tells what should not be. */
import * as Redemption from "../src/domain/EquityRedemption.ts"
import * as Outcome from "../src/domain/Outcome.ts"
import * as Mint from "../src/domain/TokenizedEquityMint.ts"
import * as Rebalance from "../src/domain/UsdcRebalance.ts"
import * as Bounds from "./Bounds.ts"
import * as Effects from "./Effects.ts"
import type { Log, Operation } from "./Log.ts"
import type { Plan } from "./Plan.ts"
import * as References from "./References.ts"
import type { Timeline } from "./Timeline.ts"
import type { Trace } from "./Trace.ts"
import type { World } from "./World.ts"

export interface Violation {
  readonly kind: "duplicateEffect" | "lostMoney" | "untrueRecord" | "lostEvent" | "stuck" | "died"
  readonly what: string
}

export interface Audit {
  readonly violations: ReadonlyArray<Violation>
  /** Something may be in the log that was not there when it was looked at. */
  readonly touched: () => void
  readonly acknowledged: (id: string, version: number) => void
  readonly died: (process: string, why: string) => void
  /** True where something new is in the log. */
  readonly look: (log: Log) => boolean
  readonly isSettled: (operation: Operation) => boolean
  readonly end: (log: Log, how: { readonly isInTime: boolean }) => void
}

const outcome = (operation: Operation): Outcome.Outcome => {
  switch (operation.type) {
    case "TokenizedEquityMint":
      return Mint.aggregate.outcome(operation.state)
    case "EquityRedemption":
      return Redemption.aggregate.outcome(operation.state)
    case "UsdcRebalance":
      return Rebalance.aggregate.outcome(operation.state)
  }
}

export const make = (
  { timeline, trace, world }: {
    readonly world: World
    readonly plan: Plan
    readonly timeline: Timeline
    readonly trace: Trace
  }
): Audit => {
  const violations: Array<Violation> = []
  const onDisk = new Map<string, number>()
  const claimed = new Map<string, string>()
  let seen = -1
  let isTouched = true

  const violate = (kind: Violation["kind"], what: string) => {
    trace.tell("auditor", `${kind}: ${what}`)
    violations.push({ kind, what })
  }

  const references = (operation: Operation) => {
    const { claims, problems } = References.check(operation, world)
    for (const problem of problems) {
      violate("untrueRecord", `operation ${operation.id} in ${operation.state._tag}: ${problem}`)
    }
    for (const claim of claims) {
      const owner = claimed.get(claim)
      if (owner !== undefined && owner !== operation.id) {
        violate("duplicateEffect", `${claim} is recorded by operation ${owner} and by operation ${operation.id}`)
      }
      claimed.set(claim, operation.id)
    }
  }

  const money = (log: Log) => {
    const named = Bounds.sum(log.operations().map(Bounds.of))
    for (const [place, actual] of world.moved()) {
      const { least, most } = named[place] ?? { least: 0n, most: 0n }
      if (actual < least || actual > most) {
        violate(
          "lostMoney",
          `${place}: ${actual} units more than at the beginning, and the log names ${least} to ${most}`
        )
      }
    }
  }

  const effects = (log: Log) => {
    for (const what of Effects.excess(log.operations(), world)) violate("duplicateEffect", what)
  }

  return {
    violations,
    touched: () => {
      isTouched = true
    },
    acknowledged: (id, version) => {
      onDisk.set(id, Math.max(version, onDisk.get(id) ?? 0))
    },
    died: (process, why) => violate("died", `${process}: ${why}`),
    isSettled: (operation) => Outcome.settled(outcome(operation)),
    look: (log) => {
      const news = isTouched ? log.news() : []
      isTouched = false
      for (const { id, sequence, type } of news) trace.tell("log", `${type} ${id}, event ${sequence}`)
      for (const id of new Set(news.map(({ id }) => id))) {
        const operation = log.operation(id)
        if (operation !== undefined) references(operation)
      }
      for (const [id, version] of onDisk) {
        if ((log.operation(id)?.version ?? 0) < version) {
          violate("lostEvent", `event ${version} of operation ${id} was acknowledged`)
        }
      }
      onDisk.clear()
      const changes = world.changes()
      if (news.length > 0 || changes !== seen) {
        seen = changes
        money(log)
        effects(log)
      }
      return news.length > 0
    },
    end: (log, { isInTime }) => {
      if (violations.length > 0) return
      for (const operation of log.operations()) {
        const now = outcome(operation)
        if (!Outcome.settled(now)) {
          const why = now._tag === "Failed" ? `: ${now.failure.reason}, ${now.failure.detail}` : ""
          violate(
            "stuck",
            `operation ${operation.id} is ${operation.state._tag} long after all faults have ended${why}`
          )
        }
      }
      if (!isInTime && violations.length === 0) {
        violate("stuck", `at ${new Date(timeline.now()).toISOString()} what was asked for is still not in the log`)
      }
      money(log)
      effects(log)
    }
  }
}
