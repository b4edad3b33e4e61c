import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, Option, Schema } from "effect"
import * as Aggregate from "../../src/domain/Aggregate.ts"
import * as Decider from "../../src/domain/Decider.ts"
import * as EventCodec from "../../src/domain/EventCodec.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import { left, right } from "../support/spec.ts"

/**
 * An account whose deposits have been written in three shapes: version 1 {cents: 150}, version 2 {amount: "1.5"},
 * version 3 {amount: "1.5", currency: "USD"}. Closing never changed.
 */
const Deposited = Schema.TaggedStruct("Deposited", {
  amount: Schema.NumberFromString.pipe(Schema.positive()),
  currency: Schema.String
})
const Closed = Schema.TaggedStruct("Closed", { by: Schema.String })
const Event = Schema.Union(Deposited, Closed)
type Event = typeof Event.Type

const codec = EventCodec.make(Event, {
  Deposited: [
    (payload) => ({ amount: String(Number(payload["cents"]) / 100) }),
    (payload) => ({ ...payload, currency: "USD" })
  ]
})

const today: Event = Deposited.make({ amount: 1.5, currency: "USD" })

describe("EventCodec", () => {
  it("writes the type, today's version and the fields without the tag", () => {
    assert.deepStrictEqual(codec.encode(today), {
      type: "Deposited",
      version: 3,
      payload: { amount: "1.5", currency: "USD" }
    })
    assert.deepStrictEqual(codec.encode(Closed.make({ by: "me" })), {
      type: "Closed",
      version: 1,
      payload: { by: "me" }
    })
  })

  it.prop("reads what it wrote, also through JSON text", [Arbitrary.make(Event)], ([event]) => {
    const { payload, type, version } = codec.encode(event)
    assert.deepStrictEqual(right(codec.decode({ type, version, payload: JSON.parse(JSON.stringify(payload)) })), event)
  })

  for (
    const { payload, version } of [
      { version: 1, payload: { cents: 150 } },
      { version: 2, payload: { amount: "1.5" } },
      { version: 3, payload: { amount: "1.5", currency: "USD" } }
    ]
  ) {
    it(`lifts version ${version} to today's shape`, () =>
      assert.deepStrictEqual(right(codec.decode({ type: "Deposited", version, payload })), today))
  }

  it("refuses a version that only a newer release can read, and says so", () => {
    const error = left(codec.decode({ type: "Deposited", version: 4, payload: { amount: "1.5", currency: "USD" } }))
    assert.strictEqual(
      error.message,
      "event Deposited version 4 cannot be read: this release knows versions up to 3; upgrade Ballast"
    )
  })

  for (const version of [0, -1, 1.5, Number.NaN]) {
    it(`refuses version ${version}, which no release has written`, () =>
      assert.strictEqual(
        left(codec.decode({ type: "Deposited", version, payload: { cents: 150 } }))._tag,
        "UndecodableEvent"
      ))
  }

  for (const type of ["Withdrawn", "", "constructor", "toString", "__proto__"]) {
    it(`refuses an event of the unknown type ${JSON.stringify(type)}`, () =>
      assert.strictEqual(left(codec.decode({ type, version: 1, payload: { by: "me" } })).type, type))
  }

  for (const payload of [null, undefined, "text", 1, [], {}, { by: 1 }]) {
    it(`refuses the payload ${JSON.stringify(payload)}`, () =>
      assert.strictEqual(left(codec.decode({ type: "Closed", version: 1, payload }))._tag, "UndecodableEvent"))
  }

  for (const payload of [null, undefined, "text", []]) {
    it(`does not lift the payload ${JSON.stringify(payload)}`, () =>
      assert.strictEqual(left(codec.decode({ type: "Deposited", version: 1, payload }))._tag, "UndecodableEvent"))
  }

  it("does not let a payload choose another type", () =>
    assert.isTrue(
      Either.isLeft(
        codec.decode({
          type: "Closed",
          version: 1,
          payload: { ...codec.encode(today).payload as object, _tag: "Deposited" }
        })
      )
    ))
})

describe("Aggregate.fold", () => {
  const Open = Schema.TaggedStruct("Open", { balance: Schema.Number })
  const Shut = Schema.TaggedStruct("Shut", {})
  type State = typeof Open.Type | typeof Shut.Type
  const Deposit = Schema.TaggedStruct("Deposit", { amount: Schema.Number })
  type Transitions = { readonly Open: { readonly Deposited: "Open"; readonly Closed: "Shut" }; readonly Shut: {} }
  const decider = Decider.make<typeof Deposit.Type, State, Event, never, Transitions>({
    initial: Open.make({ balance: 0 }),
    decide: { Deposit: { Open: ({ amount }) => Either.right([Deposited.make({ amount, currency: "USD" })]) } },
    evolve: {
      Open: {
        Deposited: ({ balance }, { amount }) => Open.make({ balance: balance + amount }),
        Closed: () => Shut.make({})
      },
      Shut: {}
    }
  })
  const account = Aggregate.make({
    type: "Account",
    decider,
    codec,
    outcome: (state) => state._tag === "Open" ? Outcome.InProgress() : Outcome.Succeeded(),
    since: () => Option.none(),
    data: ({ _tag, ...data }) => data,
    restore: () => Either.left("not asked for here")
  })
  const closed = codec.encode(Closed.make({ by: "me" }))

  it("adds up a stream written by three releases", () =>
    assert.deepStrictEqual(
      right(account.fold([
        { type: "Deposited", version: 1, payload: { cents: 150 } },
        { type: "Deposited", version: 2, payload: { amount: "2" } },
        codec.encode(today)
      ])),
      { state: "Open", outcome: Outcome.InProgress(), data: { balance: 5 }, sent: [] }
    ))

  it("stops at the first event that cannot be read, and names its place", () => {
    const { cause, index } = left(
      account.fold([codec.encode(today), { type: "Nonsense", version: 1, payload: {} }, closed])
    )
    assert.strictEqual(index, 1)
    assert.strictEqual(cause._tag, "UndecodableEvent")
  })

  it("stops at the first event that cannot follow, and names its place", () => {
    const { cause, index } = left(account.fold([codec.encode(today), closed, closed]))
    assert.strictEqual(index, 2)
    assert.strictEqual(cause.message, "Closed cannot follow state Shut")
  })
})
