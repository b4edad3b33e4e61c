/** What every layer of `EventStore` must do with the guard of an append. */
import { Data, DateTime, Effect, Either } from "effect"
import * as Address from "../../../domain/Address.ts"
import * as Redemption from "../../../domain/EquityRedemption.ts"
import { RedemptionId } from "../../../domain/OperationId.ts"
import * as TokenAmount from "../../../domain/TokenAmount.ts"
import { EventStore, type Guard, type Operation } from "../../../services/EventStore.ts"
import { Leases } from "../../../services/Leases.ts"
import { EventStoreControl } from "../EventStoreControl.ts"
import { equals, fails, holds } from "./Contract.ts"
import * as Mints from "./EventStoreMints.ts"

const { a, accepted, append, b, c, hold, ids, isUnwritten, operations, received, requested, type, viewAgrees } = Mints

class Denied extends Data.TaggedError("Denied") {}

const denied = new Denied()
const denies: Guard<Denied> = { admits: () => Either.left(denied) }

/** One operation at a time. */
const alone: Guard<Denied> = { admits: (live) => live.length === 0 ? Either.void : Either.left(denied) }

/** Lets everything pass, and remembers what it was shown. */
const makeWatch = (since?: DateTime.Utc) => {
  const asked: Array<ReadonlyArray<Operation>> = []
  const guard: Guard<never> = {
    ...(since === undefined ? {} : { since }),
    admits: (live) => {
      asked.push(live.toSorted((one, other) => one.id < other.id ? -1 : 1))
      return Either.void
    }
  }
  /** By the last append: whose, and in which version. */
  const last = () => (asked.at(-1) ?? []).map(({ id, version }) => `${id.charAt(0)}${version}`).join(" ")
  return { asked, guard, last }
}

/** An operation of another kind that is under way. */
const redemption = Effect.scoped(Effect.gen(function*() {
  const { aggregate, Event, State } = Redemption
  const id = RedemptionId.make("d0000000-0000-4000-8000-000000000000")
  const { _tag, at, decimals, ...equity } = requested
  const order = {
    ...equity,
    amount: TokenAmount.make({ units: 10_500_000_001_000_000_000n, decimals }),
    redemptionWallet: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
  }
  const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`${aggregate.type}/${id}`))
  yield* Effect.flatMap(EventStore, (store) =>
    store.append(aggregate, id, {
      expectedVersion: 0,
      events: [Event.RedemptionRequested.make({ ...order, at })],
      state: State.Requested.make({ ...order, requestedAt: at }),
      causation: "RequestRedemption",
      lease
    }))
}))

export const cases: ReadonlyArray<Mints.Case> = [
  {
    name: "a guard is shown all of its kind that are not settled, as their views show them, and nothing else",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(a, [requested, accepted])
      yield* Mints.written(b, Mints.whole)
      yield* Mints.written(c, [requested, Mints.timedOut])
      yield* redemption
      const live = yield* operations({ live: true })
      yield* equals(ids(live), "a c d", "those not settled")
      const watch = makeWatch()
      yield* append(yield* hold(a), a, [requested, accepted], [received], { guard: watch.guard })
      yield* Mints.sameJson(watch.asked, [live.filter((one) => one.type === type)], "what the guard was shown")
    }))
  },
  {
    name: "a guard that looks back is also shown what has settled, if it began since then",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(a, [requested])
      yield* Mints.written(b, Mints.whole)
      const [settled] = yield* operations({ id: b })
      const startedAt = settled?.startedAt ?? (yield* DateTime.now)
      const lease = yield* hold(a)
      const shownSince = (since: DateTime.Utc) => {
        const { guard, last } = makeWatch(since)
        return Effect.map(append(lease, a, [requested], [], { guard }), last)
      }
      yield* equals(yield* shownSince(startedAt), "a1 b4", "since it began")
      const later = DateTime.add(startedAt, { millis: 1 })
      yield* equals(yield* shownSince(later), "a1", "since a moment later")
      yield* equals(ids(yield* operations({ live: true, orSince: startedAt })), "a b", "the list since it began")
      yield* equals(ids(yield* operations({ live: true, orSince: later })), "a", "the list since a moment later")
      const updatedAt = settled?.updatedAt ?? startedAt
      yield* equals(ids(yield* operations({ id: b, updatedSince: updatedAt })), "b", "recorded since its end")
      const after = DateTime.add(updatedAt, { millis: 1 })
      yield* equals(ids(yield* operations({ id: b, updatedSince: after })), "", "recorded since a moment after its end")
    }))
  },
  {
    name: "a guard that lets it pass changes nothing: the append answers the new version, and the view is there",
    run: Effect.scoped(Effect.gen(function*() {
      const lease = yield* hold(a)
      const answer = yield* Effect.either(append(lease, a, [], [requested, accepted], { guard: alone }))
      yield* equals(answer, Either.right(2), "the new version")
      yield* viewAgrees(a, [requested, accepted])
    }))
  },
  {
    name: "a guard that does not fails the append with its very error, and nothing is written",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(a, [requested])
      const lease = yield* hold(a)
      for (const events of [[accepted], []]) {
        const error = yield* fails(append(lease, a, [requested], events, { guard: denies }), "the append")
        yield* holds(error === denied, "the error is the guard's own", error)
      }
      yield* equals((yield* Mints.history(a)).length, 1, "the number of events")
      yield* viewAgrees(a, [requested])
      yield* fails(append(yield* hold(b), b, [], [requested], { guard: denies }), "the first append")
      yield* isUnwritten(b)
      yield* equals(yield* append(lease, a, [requested], [accepted]), 2, "the version after an append without it")
    }))
  },
  {
    name: "a guard sees what was appended before, each time anew",
    run: Effect.scoped(Effect.gen(function*() {
      const [ofA, ofB] = [yield* hold(a), yield* hold(b)]
      const { guard, last } = makeWatch()
      yield* append(ofA, a, [], [requested], { guard })
      yield* equals(last(), "", "at first")
      yield* append(ofB, b, [], [requested], { guard })
      yield* equals(last(), "a1", "after the first append")
      yield* append(ofA, a, [requested], [accepted, received], { guard })
      yield* equals(last(), "a1 b1", "after the second")
      yield* append(ofB, b, [requested], [Mints.timedOut], { guard })
      yield* equals(last(), "a3 b1", "after the third")
      yield* append(ofA, a, [requested, accepted, received], [Mints.completed], { guard })
      yield* equals(last(), "a3 b2", "after the fourth")
      yield* append(ofB, b, [requested, Mints.timedOut], [Mints.reconciled], { guard })
      yield* equals(last(), "b2", "once one of them has settled")
    }))
  },
  {
    name: "of operations that race for one place one gets it, and of the others nothing is written",
    run: Effect.scoped(Effect.gen(function*() {
      const racing = [a, b, c]
      const answers = yield* Effect.all(
        racing.map((id) =>
          Effect.flatMap(hold(id), (lease) => Effect.either(append(lease, id, [], [requested], { guard: alone })))
        ),
        { concurrency: "unbounded" }
      )
      for (const [index, id] of racing.entries()) {
        const answer = answers[index]
        if (answer?._tag === "Right") yield* viewAgrees(id, [requested])
        else {
          yield* holds(answer?.left === denied, "the others are told so by the guard", answer?.left)
          yield* isUnwritten(id)
        }
      }
      yield* equals(answers.filter(Either.isRight).length, 1, "the number of those that got through")
      yield* equals((yield* operations({ live: true })).length, 1, "the number of operations")
    }))
  },
  {
    name: "a guard is not asked when the append is refused for its lease or its version",
    run: Effect.gen(function*() {
      const { asked, guard } = makeWatch()
      const released = yield* Effect.scoped(hold(a))
      yield* Effect.scoped(Effect.gen(function*() {
        const lost = yield* fails(append(released, a, [], [requested], { guard }), "with a released lease")
        yield* equals(lost._tag, "LeaseLost", "the error")
        const lease = yield* hold(a)
        yield* append(lease, a, [], [requested])
        for (const before of [[], [requested, accepted]]) {
          const events = before.length === 0 ? [requested] : [received]
          const conflict = yield* fails(append(lease, a, before, events, { guard }), "at another version")
          yield* equals(conflict._tag, "VersionConflict", "the error")
        }
        yield* equals(asked.length, 0, "how often the guard was asked")
        yield* append(lease, a, [requested], [accepted], { guard })
        yield* equals(asked.length, 1, "how often it is asked when nothing else is in the way")
      }))
    })
  },
  {
    name: "a damaged view of an operation that is not settled stops appends with a guard, and no others",
    run: Effect.scoped(Effect.gen(function*() {
      yield* Mints.written(b, [requested])
      const control = yield* EventStoreControl
      yield* control.damageView({ type, id: b, state: "", version: 0 })
      const lease = yield* hold(a)
      const { asked, guard } = makeWatch()
      const error = yield* fails(append(lease, a, [], [requested], { guard }), "the append")
      yield* equals(error._tag === "StoreError" && error.reason, "Corrupt", "the error")
      yield* holds(error.message.includes(b), "the error names the operation", error.message)
      yield* equals(asked.length, 0, "how often the guard was asked")
      yield* isUnwritten(a)
      yield* append(lease, a, [], [requested])
      yield* viewAgrees(a, [requested])
    }))
  }
]
