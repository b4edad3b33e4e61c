/** The errors that the local Alpaca answers, `{code, message}` (facts: external-apis.md 1.6). */
import { HttpServerResponse } from "@effect/platform"
import { Data } from "effect"

export class AlpacaProblem extends Data.TaggedError("AlpacaProblem")<{
  readonly status: number
  readonly code: number
  readonly text: string
}> {}

const problem = (status: number, code: number) => (text: string) => new AlpacaProblem({ status, code, text })

export const malformed = problem(400, 40010000)
export const unauthorized = problem(401, 40110000)
export const forbidden = problem(403, 40310000)
export const notFound = problem(404, 40410000)
export const invalid = problem(422, 42210001)

export const respond = ({ code, status, text }: AlpacaProblem): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson({ code, message: text }, { status })
