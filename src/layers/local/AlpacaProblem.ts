/** The errors that the local Alpaca answers (facts: external-apis.md 1.6, 2.2). */
import { HttpServerResponse } from "@effect/platform"
import { Data } from "effect"

export class AlpacaProblem extends Data.TaggedError("AlpacaProblem")<{
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}> {}

const problem = (status: number, code: number) => (message: string) =>
  new AlpacaProblem({ status, body: { code, message } })

export const malformed = problem(400, 40010000)
export const unauthorized = problem(401, 40110000)
export const forbidden = problem(403, 40310000)
export const notFound = problem(404, 40410000)
export const invalid = problem(422, 42210001)

/** Of the control API. */
export const conflict = problem(409, 409)
export const broken = problem(500, 500)

/** The wallets' own 400, which has no code. */
export const walletError = (message: string) => new AlpacaProblem({ status: 400, body: { message } })

/** 400: something about the owner of an address is missing or wrong. */
export const travelRule = (errorCode: string, message: string) =>
  new AlpacaProblem({
    status: 400,
    body: { error_code: errorCode, message, next_actions: ["update travel_rule_info of the whitelisted address"] }
  })

export const respond = ({ body, status }: AlpacaProblem): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(body, { status })
