import { describe, expect, it } from "@effect/vitest"
import { Option } from "effect"
import * as AlpacaErrors from "../../../src/layers/alpaca/AlpacaErrors.ts"
import type { AlpacaError } from "../../../src/services/AlpacaError.ts"

type Reason = AlpacaError["reason"]

describe("what an answer says about an order, and about a read", () => {
  const table: ReadonlyArray<readonly [status: number, message: string, write: Reason, read: Reason]> = [
    [400, "request body format is invalid", "InvalidRequest", "InvalidRequest"],
    [400, "qty must not have more than 9 decimal places", "InvalidRequest", "InvalidRequest"],
    [400, "Idempotency-Key must be 1 to 128 printable characters", "InvalidRequest", "InvalidRequest"],
    [400, "account is not authorized to mint", "InvalidRequest", "InvalidRequest"],
    [400, "insufficient position for AAPL", "InsufficientPosition", "InvalidRequest"],
    [400, "Insufficient qty available", "InsufficientPosition", "InvalidRequest"],
    [400, "no open position in AAPL", "InsufficientPosition", "InvalidRequest"],
    [400, "the original request was rejected", "Rejected", "InvalidRequest"],
    [401, "request is not authorized", "Unauthenticated", "Unauthenticated"],
    [401, "", "Unauthenticated", "Unauthenticated"],
    [403, "insufficient position for AAPL", "InsufficientPosition", "Forbidden"],
    [403, "account is not accessible", "Forbidden", "Forbidden"],
    [403, "insufficient permissions", "Forbidden", "Forbidden"],
    [403, "Insufficient scope: tokenization", "Forbidden", "Forbidden"],
    [422, "underlying_symbol is required", "InvalidRequest", "InvalidRequest"],
    [422, "Idempotency-Key was already used with a different request body", "Mismatch", "InvalidRequest"],
    [429, "rate limit exceeded", "RateLimited", "RateLimited"],
    [404, "endpoint not found", "OutcomeUnknown", "Unavailable"],
    [405, "method not allowed", "OutcomeUnknown", "Unavailable"],
    [408, "request timeout", "OutcomeUnknown", "Unavailable"],
    [409, "conflict", "OutcomeUnknown", "Unavailable"],
    [301, "moved", "OutcomeUnknown", "Unavailable"],
    [307, "insufficient position", "OutcomeUnknown", "Unavailable"],
    [500, "insufficient position", "OutcomeUnknown", "Unavailable"],
    [502, "bad gateway", "OutcomeUnknown", "Unavailable"],
    [503, "rejected", "OutcomeUnknown", "Unavailable"],
    [504, "", "OutcomeUnknown", "Unavailable"],
    [599, "", "OutcomeUnknown", "Unavailable"]
  ]
  for (const [status, message, write, read] of table) {
    it(`${status} ${JSON.stringify(message)}: ${write}, ${read}`, () => {
      const refusal = { status, code: Option.none(), message }
      expect([
        AlpacaErrors.classify("write", refusal).reason,
        AlpacaErrors.classify("read", refusal).reason
      ]).toEqual([write, read])
    })
  }

  it("the detail has the status, the code and the words", () => {
    const refusal = AlpacaErrors.refusal(403, "{\"code\":40310000,\"message\":\"insufficient position for AAPL\"}")
    expect(AlpacaErrors.classify("write", refusal).detail).toBe("403 40310000: insufficient position for AAPL")
  })

  it("a used key is explained, since Alpaca's words may not", () => {
    const { detail } = AlpacaErrors.classify(
      "write",
      AlpacaErrors.refusal(422, "{\"message\":\"idempotency mismatch\"}")
    )
    expect(detail).toBe("this Idempotency-Key was used before with another body (422: idempotency mismatch)")
  })
})

describe("the body of a refusal", () => {
  const none = Option.none()
  const table: ReadonlyArray<readonly [body: string, code: Option.Option<string>, message: string]> = [
    ["{\"code\":40010000,\"message\":\"no\"}", Option.some("40010000"), "no"],
    ["{\"code\":\"40010000\",\"message\":\"no\"}", Option.some("40010000"), "no"],
    ["{\"message\":\"no\"}", none, "no"],
    ["{\"code\":40010000}", Option.some("40010000"), ""],
    ["{\"error\":\"no\"}", none, "{\"error\":\"no\"}"],
    ["{\"message\":{\"a\":1}}", none, "{\"message\":{\"a\":1}}"],
    ["[]", none, "[]"],
    ["null", none, "null"],
    ["<html>no</html>", none, "<html>no</html>"],
    ["", none, ""]
  ]
  for (const [body, code, message] of table) {
    it(JSON.stringify(body), () => {
      expect(AlpacaErrors.refusal(400, body)).toEqual({ status: 400, code, message })
    })
  }

  it("only a 404 with Alpaca's code says that there is no such thing", () => {
    const says = (status: number, body: string) => AlpacaErrors.isNotFound(AlpacaErrors.refusal(status, body))
    expect(says(404, "{\"code\":40410000,\"message\":\"request not found\"}")).toBe(true)
    expect(says(404, "{\"message\":\"no Route matched with those values\"}")).toBe(false)
    expect(says(404, "<html>404 Not Found</html>")).toBe(false)
    expect(says(404, "{\"code\":50010000,\"message\":\"upstream failed\"}")).toBe(false)
    expect(says(404, "")).toBe(false)
    expect(says(500, "{\"code\":40410000}")).toBe(false)
  })
})

describe("words for a log", () => {
  const print = AlpacaErrors.printable((text) => text.replaceAll("hush", "<redacted>"))

  it("have no control characters and no line breaks", () => {
    expect(print(" one\n\ttwo\u0000\u001b[31m\u200bthree\u2028four ")).toBe("one two[31mthree four")
  })
  it("lose a secret that was whole only before, or is only after", () => {
    expect(AlpacaErrors.printable((text) => text.replaceAll("hu\nsh", "<redacted>"))("a hu\nsh b")).toBe(
      "a <redacted> b"
    )
    expect(print("a hu\u0007sh b")).toBe("a <redacted> b")
  })
  it("are not long", () => {
    expect(print("x".repeat(500))).toBe("x".repeat(500))
    expect(print("x".repeat(501))).toBe(`${"x".repeat(497)}...`)
  })
  it("lose a secret before they are cut", () => {
    expect(print(`${"x".repeat(495)}hush`)).not.toContain("hu")
  })
})
