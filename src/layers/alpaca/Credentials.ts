/** How a request proves who sends it, and how nothing else ever tells. Source: external-apis 1.1. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Encoding, Redacted } from "effect"

export interface Credentials {
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
  /** `headers` are the two `APCA-*` of the Trading API, which production also takes; `basic` is what the Broker API documents. */
  readonly auth: "headers" | "basic"
}

const keyHeader = "apca-api-key-id"
const secretHeader = "apca-api-secret-key"

/** Kept out of spans and printed requests. `@effect/platform` knows the first of them only. */
export const headerNames: ReadonlyArray<string> = ["authorization", keyHeader, secretHeader]

export const sign = (
  { auth, key, secret }: Credentials
): (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest =>
  auth === "basic"
    ? HttpClientRequest.basicAuth(key, secret)
    : HttpClientRequest.setHeaders({ [keyHeader]: Redacted.value(key), [secretHeader]: Redacted.value(secret) })

/** A text without the credentials, should the other side, or a library that cannot send them, repeat them to us. */
export const scrubber = ({ key, secret }: Credentials): (text: string) => string => {
  const pair = Encoding.encodeBase64(`${Redacted.value(key)}:${Redacted.value(secret)}`)
  const plain = [Redacted.value(key), Redacted.value(secret), pair]
  const forms = plain.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])
  // The longest first, so that no rest of a longer one stays behind.
  const words = [...new Set(forms)].filter((word) => word !== "").toSorted((a, b) => b.length - a.length)
  return (text) => words.reduce((rest, word) => rest.replaceAll(word, "<redacted>"), text)
}
