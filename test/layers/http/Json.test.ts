import { describe, expect, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import * as Json from "../../../src/layers/http/Json.ts"

describe("reads numbers as they were written", () => {
  const table: ReadonlyArray<readonly [string, unknown]> = [
    ["{\"qty\":0.10}", { qty: "0.10" }],
    ["{\"qty\":123456789012345678.123456789}", { qty: "123456789012345678.123456789" }],
    ["[1e-9,-1,1E+2,0]", ["1e-9", "-1", "1E+2", "0"]],
    ["12", "12"],
    ["{\"a 1\":\"b \\\" 2, 3\",\"c\\\\\":4}", { "a 1": "b \" 2, 3", "c\\": "4" }],
    ["{\"a\":\"\\u0031 \\n5\",\"b\":[true,null,{}]}", { a: "1 \n5", b: [true, null, {}] }]
  ]
  for (const [text, value] of table) it(text, () => expect(Json.parse(text)).toEqual(Either.right(value)))

  it("does not mend what is not JSON", () => {
    for (const text of ["", "01", "1.", "{\"a\":1", "{'a':1}", "nul", "<html>", "1 2", "[1,]", "\"a\nb\"", "+1"]) {
      expect(Json.parse(text), text).toEqual(Either.left("the body is not JSON"))
    }
  })

  it("changes nothing else", () => {
    const strings = FastCheck.jsonValue().map((value) =>
      JSON.parse(
        JSON.stringify(value),
        (_, inner: unknown) => typeof inner === "number" ? JSON.stringify(inner) : inner
      )
    )
    FastCheck.assert(FastCheck.property(strings, (value) => {
      expect(Json.parse(JSON.stringify(value))).toEqual(Either.right(value))
    }))
    FastCheck.assert(FastCheck.property(FastCheck.jsonValue(), (value) => {
      const expected: unknown = JSON.parse(
        JSON.stringify(value),
        (_, inner: unknown) => typeof inner === "number" ? JSON.stringify(inner) : inner
      )
      expect(Json.parse(JSON.stringify(value))).toEqual(Either.right(expected))
    }))
  })

  it("does not choke on a long string", () => {
    const long = "a\\n1".repeat(2_000_000)
    expect(Either.isRight(Json.parse(`["${long}",1]`))).toBe(true)
  })
})
