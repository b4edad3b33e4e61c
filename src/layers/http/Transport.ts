/** What is to be known of an HTTP exchange that brought no answer. Nothing of the request is kept: it bears the credentials. */
import type { HttpClientError } from "@effect/platform"
import { Data, Predicate } from "effect"
import { shown } from "../../domain/Printable.ts"

export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  /** `NotSent`: certainly not one byte of the request has left. */
  readonly reason: "NotSent" | "TimedOut" | "Broken" | "TooLarge"
  readonly detail: string
}> {}

/** The errors at the ends of a chain of causes; several when a host had several addresses. */
const leaves = (error: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (depth < 8 && Predicate.hasProperty(error, "errors") && Array.isArray(error.errors) && error.errors.length > 0) {
    return error.errors.flatMap((inner: unknown) => leaves(inner, depth + 1))
  }
  return depth < 8 && Predicate.hasProperty(error, "cause") && error.cause !== undefined
    ? leaves(error.cause, depth + 1)
    : [error]
}

const word = (error: unknown, property: "code" | "syscall" | "message"): string =>
  Predicate.hasProperty(error, property) && Predicate.isString(error[property]) ? error[property] : ""

/** A connection that was refused, or whose host has no address, has carried nothing. A reset one may have. */
const neverConnected = (error: unknown): boolean => {
  const code = word(error, "code")
  switch (word(error, "syscall")) {
    case "connect":
      return ["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"].includes(code)
    case "getaddrinfo":
      return code === "ENOTFOUND" || code === "EAI_AGAIN"
    default:
      return code === "UND_ERR_CONNECT_TIMEOUT"
  }
}

const describe = (error: unknown): string => {
  const code = word(error, "code")
  const message = word(error, "message")
  if (message === "") return code === "" ? shown(error) : code
  return code === "" || message.includes(code) ? message : `${code} ${message}`
}

export const fromHttpClientError = (error: HttpClientError.HttpClientError): NoAnswer => {
  if (error._tag === "ResponseError") {
    return new NoAnswer({
      reason: "Broken",
      detail: `the answer broke off: ${leaves(error.cause).map(describe).join("; ")}`
    })
  }
  const ends = leaves(error.cause)
  const notSent = error.reason !== "Transport" || ends.every(neverConnected)
  return new NoAnswer({
    reason: notSent ? "NotSent" : "Broken",
    detail: `${notSent ? "not sent" : "the connection failed"}: ${ends.map(describe).join("; ")}`
  })
}
