import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc } from "effect"
import * as ClientRequestId from "../../src/domain/ClientRequestId.ts"
import { MintId } from "../../src/domain/OperationId.ts"

const id = MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")

describe("what a try of a mint is known by", () => {
  // Never change these: what a release has sent, every later one must find.
  it("is as ever", () => {
    assert.strictEqual(ClientRequestId.ofTry(id, 1), id)
    assert.strictEqual(ClientRequestId.ofTry(id, 2), "5d64862c-c8e3-8d14-ad9a-0da20690654c")
    assert.strictEqual(ClientRequestId.ofTry(id, 3), "add4bdb4-09b5-8365-a7ab-52e905da9e3d")
  })

  it.prop("is an id of its own for every try", [Arbitrary.make(MintId), fc.integer({ min: 2, max: 9_999 })], ([
    id,
    attempt
  ]) => {
    const key = ClientRequestId.ofTry(id, attempt)
    assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.strictEqual(new Set([id, key, ClientRequestId.ofTry(id, attempt + 1)]).size, 3)
  })
})
