/** How the routes of the control API, `/_world/...`, read what they are sent and answer. */
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Schema } from "effect"
import { broken as brokenProblem, invalid } from "./AlpacaProblem.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

/** Strict, so that a misspelt field of a script is no silent nothing. */
export const body = <A, I>(schema: Schema.Schema<A, I>) =>
  HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap((request) => request.text),
    Effect.flatMap(Schema.decode(Schema.parseJson(schema), { onExcessProperty: "error" })),
    Effect.mapError((cause) => invalid(cause.message))
  )

export const json = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Effect.orDie(Effect.map(Schema.encode(schema)(value), (encoded) => HttpServerResponse.unsafeJson(encoded)))

/** 500: the world itself failed. */
export const broken = ({ message }: LocalWorldError) => brokenProblem(message)
