/** What every layer of `EventStore` must do. */
import { Duration, Effect, Either, TestClock } from "effect"
import * as Mint from "../../../domain/TokenizedEquityMint.ts"
import { EventStore } from "../../../services/EventStore.ts"
import { EventStoreControl } from "../EventStoreControl.ts"
import { equals, fails, holds } from "./Contract.ts"
import * as Guards from "./EventStoreGuards.ts"
import * as Mints from "./EventStoreMints.ts"

const { a, b, c, history, ids, isUnwritten, operations, sameJson, shown, type, viewAgrees } = Mints

const log = (position = 0, limit = 100) => Effect.flatMap(EventStore, (store) => store.events({ position, limit }))

const corruptPayload = (payload: string) =>
  Effect.flatMap(EventStoreControl, (control) => control.setPayload({ type, id: b, sequence: 2, payload }))

/** Loading b names this event; the operations beside it are as they were. */
const onlyBIsCorrupt = (sequence: number) =>
  Effect.gen(function*() {
    const error = yield* fails(Mints.load(b), "loading what is corrupt")
    yield* equals(error._tag, "CorruptStream", "the error")
    if (error._tag !== "CorruptStream") return
    yield* equals(error.type, type, "the type in the error")
    yield* equals(error.id, b, "the id in the error")
    yield* equals(error.sequence, sequence, "the event that the error names")
    yield* equals((yield* Mints.load(a)).version, 2, "the version of another operation")
    yield* Mints.written(c, [Mints.requested])
    yield* equals(ids(yield* operations({ live: true })), "a b c", "those still listed")
  })

/** Without its second event b would still be a mint that could have been. */
const aAndB = Effect.zipRight(
  Mints.written(a, [Mints.requested, Mints.accepted]),
  Mints.written(b, [Mints.requested, Mints.accepted, Mints.timedOut])
)

/** To be run under a TestClock: no case waits for real time. */
export const cases: ReadonlyArray<Mints.Case> = [
  {
    name: "a stream that was never written loads as the initial state at version 0",
    run: Effect.gen(function*() {
      const { state, version } = yield* Mints.load(a)
      yield* equals(state._tag, "NotStarted", "the state")
      yield* equals(version, 0, "the version")
      yield* isUnwritten(a)
    })
  },
  {
    name: "what was appended is loaded back exactly, and each append answers the new version",
    run: Effect.scoped(Effect.gen(function*() {
      const lease = yield* Mints.hold(a)
      for (const [index, event] of Mints.whole.entries()) {
        const version = yield* Mints.append(lease, a, Mints.whole.slice(0, index), [event])
        yield* equals(version, index + 1, "the new version")
        const loaded = yield* Mints.load(a)
        yield* equals(loaded.version, index + 1, "the version loaded")
        const expected = Mints.whole.slice(0, index + 1)
        yield* equals(loaded.state._tag, Mints.after(expected)._tag, "the state loaded")
        yield* sameJson(Mint.aggregate.view(loaded.state), shown(expected), "the state loaded")
      }
    }))
  },
  {
    name: "the view is there with the append, whatever became of the operation",
    run: Effect.gen(function*() {
      yield* Mints.written(a, [Mints.requested])
      yield* viewAgrees(a, [Mints.requested])
      yield* Mints.written(b, Mints.whole)
      yield* viewAgrees(b, Mints.whole)
      yield* Mints.written(c, [Mints.requested, Mints.timedOut])
      yield* viewAgrees(c, [Mints.requested, Mints.timedOut])
      yield* Effect.scoped(Effect.gen(function*() {
        const lease = yield* Mints.hold(c)
        yield* Mints.append(lease, c, [Mints.requested, Mints.timedOut], [Mints.reconciled])
      }))
      yield* viewAgrees(c, [Mints.requested, Mints.timedOut, Mints.reconciled])
    })
  },
  {
    name: "the view tells when the operation was started and when it was last written to",
    run: Effect.scoped(Effect.gen(function*() {
      yield* TestClock.setTime(1_767_622_400_123)
      const lease = yield* Mints.hold(a)
      yield* Mints.append(lease, a, [], [Mints.requested])
      yield* TestClock.adjust("5 seconds")
      yield* Mints.append(lease, a, [Mints.requested], [Mints.accepted])
      const [operation] = yield* operations({ id: a })
      yield* equals(operation?.startedAt.epochMillis, 1_767_622_400_123, "the start")
      yield* equals(operation?.updatedAt.epochMillis, 1_767_622_405_123, "the last write")
    }))
  },
  {
    name: "operations are listed oldest first, by id within one instant, all of them or those not settled",
    run: Effect.gen(function*() {
      yield* Mints.written(c, [Mints.requested, Mints.timedOut])
      yield* TestClock.adjust("1 second")
      yield* Mints.written(b, Mints.whole)
      yield* Mints.written(a, [Mints.requested])
      yield* equals(ids(yield* operations()), "c a b", "all")
      yield* equals(ids(yield* operations({ live: true })), "c a", "those not settled")
      yield* equals(ids(yield* operations({ id: b })), "b", "one")
      yield* equals(ids(yield* operations({ id: b, live: true })), "", "one that is settled, if it is not")
    })
  },
  {
    name: "an append behind the stream, or beyond it, is a conflict that tells the version, and writes nothing",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(a, [Mints.requested, Mints.accepted])
      const lease = yield* Mints.hold(a)
      for (const before of [[], [Mints.requested], [Mints.requested, Mints.accepted, Mints.received]]) {
        const event = before.length === 0 ? Mints.requested : before.length === 1 ? Mints.timedOut : Mints.completed
        const error = yield* fails(Mints.append(lease, a, before, [event]), "the append")
        yield* equals(error._tag, "VersionConflict", "the error")
        if (error._tag !== "VersionConflict") return
        yield* equals(error.expected, before.length, "the version expected")
        yield* equals(error.actual, 2, "the actual version")
        yield* equals(error.id, a, "the id in the error")
      }
      yield* equals((yield* history(a)).length, 2, "the number of events")
      yield* viewAgrees(a, [Mints.requested, Mints.accepted])
    }))
  },
  {
    name: "several events are appended together",
    run: Effect.scoped(Effect.gen(function*() {
      const lease = yield* Mints.hold(a)
      yield* equals(yield* Mints.append(lease, a, [], Mints.whole), 4, "the new version")
      yield* equals((yield* history(a)).map(({ sequence }) => sequence).join(" "), "1 2 3 4", "the sequences")
      yield* viewAgrees(a, Mints.whole)
    }))
  },
  {
    name: "of appends that race one wins, whole, and the others learn the version",
    run: Effect.scoped(Effect.gen(function*() {
      const lease = yield* Mints.hold(a)
      const tries = [[Mints.requested, Mints.accepted], [Mints.requested, Mints.timedOut], [Mints.requested]]
      const answers = yield* Effect.all(
        tries.map((events) => Effect.either(Mints.append(lease, a, [], events))),
        { concurrency: "unbounded" }
      )
      const winner = answers.findIndex(Either.isRight)
      const won = tries[winner] ?? []
      yield* equals(answers.filter(Either.isRight).length, 1, "the number of winners")
      for (const answer of answers.filter(Either.isLeft)) {
        yield* equals(answer.left._tag, "VersionConflict", "what the others are told")
        if (answer.left._tag === "VersionConflict") {
          yield* equals(answer.left.actual, won.length, "the version they are told")
        }
      }
      yield* equals(
        (yield* history(a)).map((event) => event.type).join(" "),
        won.map(({ _tag }) => _tag).join(" "),
        "the events"
      )
      yield* viewAgrees(a, won)
    }))
  },
  {
    name: "an append of nothing checks what every append checks, and changes nothing",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(a, [Mints.requested])
      const lease = yield* Mints.hold(a)
      yield* equals(yield* Mints.append(lease, a, [Mints.requested], []), 1, "the version")
      const conflict = yield* fails(Mints.append(lease, a, [], []), "an append of nothing to another version")
      yield* equals(conflict._tag, "VersionConflict", "the error")
      yield* equals((yield* history(a)).length, 1, "the number of events")
    }))
  },
  {
    name: "an append with a lease that was released, taken over or never had is refused, and writes nothing",
    run: Effect.gen(function*() {
      const released = yield* Effect.scoped(Mints.hold(a))
      yield* equals(
        (yield* fails(Mints.append(released, a, [], [Mints.requested]), "released"))._tag,
        "LeaseLost",
        "released"
      )
      yield* Effect.scoped(Effect.gen(function*() {
        const lease = yield* Mints.hold(a)
        const error = yield* fails(Mints.append(released, a, [], [Mints.requested]), "taken over")
        yield* equals(error._tag, "LeaseLost", "taken over")
        if (error._tag === "LeaseLost") yield* equals(error.token, released.token, "the token in the error")
        const never = { ...lease, name: `${lease.name}-never` }
        yield* equals(
          (yield* fails(Mints.append(never, a, [], [Mints.requested]), "never had"))._tag,
          "LeaseLost",
          "never had"
        )
        const ahead = { ...lease, token: lease.token + 1 }
        yield* equals(
          (yield* fails(Mints.append(ahead, a, [], []), "ahead"))._tag,
          "LeaseLost",
          "a token not given yet"
        )
        yield* isUnwritten(a)
        yield* Mints.append(lease, a, [], [Mints.requested])
      }))
      yield* viewAgrees(a, [Mints.requested])
    })
  },
  {
    name: "a stream's history is told in order, with what is known of each event",
    run: Effect.gen(function*() {
      yield* TestClock.setTime(1_767_622_400_123)
      yield* aAndB
      const events = yield* history(b)
      yield* equals(events.map(({ sequence }) => sequence).join(" "), "1 2 3", "the sequences")
      const [, second] = events
      yield* sameJson(
        { ...second, position: 0 },
        {
          position: 0,
          aggregate: type,
          id: b,
          sequence: 2,
          type: "MintAccepted",
          version: 1,
          payload: Mint.aggregate.codec.encode(Mints.accepted).payload,
          metadata: {
            correlationId: b,
            causation: "MintAccepted",
            recordedAt: "2026-01-05T14:13:20.123Z",
            softwareVersion: second?.metadata.softwareVersion
          }
        },
        "the event"
      )
      yield* holds((second?.metadata.softwareVersion.length ?? 0) > 0, "the software's version is recorded")
    })
  },
  {
    name: "the log is read in the order it was written, a page at a time, each event once",
    run: Effect.gen(function*() {
      yield* Mints.written(b, [Mints.requested])
      yield* Mints.written(a, Mints.whole)
      yield* Effect.scoped(
        Effect.flatMap(Mints.hold(b), (lease) => Mints.append(lease, b, [Mints.requested], [Mints.accepted]))
      )
      const seen: Array<string> = []
      let position = 0
      for (let page = 0; page < 10; page++) {
        const events = yield* log(position, 2)
        yield* holds(events.length <= 2, "a page is no longer than asked", events.length)
        for (const event of events) {
          yield* holds(event.position > position, "positions grow", event.position)
          position = event.position
          seen.push(`${event.id.charAt(0)}${event.sequence}`)
        }
      }
      yield* equals(seen.join(" "), "b1 a1 a2 a3 a4 b2", "the events")
    })
  },
  ...[
    ["is no JSON", "{"],
    ["is no object", "null"],
    ["is not what its event says", "{\"at\":\"2026-01-05T14:00:00.000Z\"}"],
    ["lacks everything", "{}"]
  ].map(([what, payload]): Mints.Case => ({
    name: `a stored payload that ${what} stops that operation and no other`,
    run: Effect.gen(function*() {
      yield* aAndB
      yield* corruptPayload(payload ?? "")
      yield* onlyBIsCorrupt(2)
      yield* equals((yield* history(b)).length, 3, "the events that can still be looked at")
      yield* equals((yield* log()).length, 6, "the events of the log")
    })
  })),
  {
    name: "a stream with a hole, or without its beginning, stops that operation and no other",
    run: Effect.gen(function*() {
      yield* aAndB
      const control = yield* EventStoreControl
      yield* control.removeEvent({ type, id: b, sequence: 2 })
      yield* onlyBIsCorrupt(2)
      yield* control.removeEvent({ type, id: b, sequence: 1 })
      const error = yield* fails(Mints.load(b), "loading a stream without its beginning")
      yield* equals(error._tag === "CorruptStream" && error.sequence, 1, "the event that the error names")
    })
  },
  {
    name: "views are rebuilt from the log as they were: damaged, missing, and those that stand for nothing",
    run: Effect.gen(function*() {
      yield* aAndB
      yield* TestClock.adjust(Duration.days(1))
      yield* Mints.written(c, Mints.whole)
      const before = yield* operations()
      const control = yield* EventStoreControl
      yield* control.damageView({ type, id: a, state: "Completed", version: 7 })
      yield* control.removeView({ type, id: b })
      yield* holds((yield* operations()).length === 2, "the control handle damages views")
      yield* TestClock.adjust(Duration.days(1))
      yield* equals(yield* Effect.flatMap(EventStore, (store) => store.rebuildViews), 3, "the number of views written")
      yield* sameJson(yield* operations(), before, "the views")
      for (const sequence of [1, 2, 3, 4]) yield* control.removeEvent({ type, id: c, sequence })
      yield* equals(yield* Effect.flatMap(EventStore, (store) => store.rebuildViews), 2, "the number of views written")
      yield* equals(ids(yield* operations()), "a b", "the views")
    })
  },
  {
    name: "when a stream is corrupt no view is rebuilt, and all stay as they were",
    run: Effect.gen(function*() {
      yield* aAndB
      const control = yield* EventStoreControl
      yield* control.damageView({ type, id: a, state: "Completed", version: 7 })
      yield* corruptPayload("{")
      const before = yield* operations()
      const error = yield* fails(Effect.flatMap(EventStore, (store) => store.rebuildViews), "rebuilding")
      yield* equals(error._tag === "CorruptStream" && `${error.id} ${error.sequence}`, `${b} 2`, "the event it names")
      yield* sameJson(yield* operations(), before, "the views")
    })
  },
  {
    name: "a store with which nothing is wrong says so",
    run: Effect.gen(function*() {
      yield* aAndB
      const wrong = yield* Effect.flatMap(EventStore, ({ integrity }) => integrity)
      yield* equals(wrong.join("; "), "", "what is wrong with it")
    })
  },
  ...Guards.cases
]
