import { assert, it } from "@effect/vitest"
import { Option } from "effect"

it("deep equality tells Some from None, wherever they are", () => {
  assert.notDeepEqual<unknown>(Option.some(1), Option.none())
  assert.notDeepEqual<unknown>({ in: [Option.none()] }, { in: [Option.some(undefined)] })
  assert.notDeepEqual(Option.some(1), Option.some(2))
  assert.deepStrictEqual(Option.some({ a: 1 }), Option.some({ a: 1 }))
  assert.deepStrictEqual({ in: Option.none() }, { in: Option.none() })
})
