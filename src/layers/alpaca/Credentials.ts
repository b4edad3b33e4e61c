/** How a request proves who sends it, and how nothing else ever tells. Source: external-apis 1.1. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Encoding, Redacted } from "effect"

export interface Credentials {
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
  /**
   * `headers` are the two `APCA-*` of the Trading API, which production also takes; `basic` is what the Broker API documents.
   * With a `tokenUrl` the two are a client's id and secret, for which an access token is given there.
   */
  readonly auth: "headers" | "basic" | { readonly tokenUrl: string }
}

const keyHeader = "apca-api-key-id"
const secretHeader = "apca-api-secret-key"

/** Kept out of spans and printed requests. `@effect/platform` knows the first of them only. */
export const headerNames: ReadonlyArray<string> = ["authorization", keyHeader, secretHeader]

export type Sign = (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest

/** By the key and the secret themselves. */
export const sign = (auth: "headers" | "basic", { key, secret }: Pick<Credentials, "key" | "secret">): Sign =>
  auth === "basic"
    ? HttpClientRequest.basicAuth(key, secret)
    : HttpClientRequest.setHeaders({ [keyHeader]: Redacted.value(key), [secretHeader]: Redacted.value(secret) })

export const bearer = (token: Redacted.Redacted): Sign => HttpClientRequest.bearerToken(token)

/**
 * A text without the credentials, should the other side, or a library that cannot send them, repeat them to us.
 *
 * @param tokens those that were given so far
 */
export const scrubber = (
  { key, secret }: Pick<Credentials, "key" | "secret">,
  tokens: () => ReadonlyArray<string>
): (text: string) => string => {
  const pair = Encoding.encodeBase64(`${Redacted.value(key)}:${Redacted.value(secret)}`)
  const plain = [Redacted.value(key), Redacted.value(secret), pair]
  const forms = (text: string) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    // As in the form by which a token is asked for.
    new URLSearchParams({ "": text }).toString().slice(1)
  ]
  return (text) => {
    // The longest first, so that no rest of a longer one stays behind.
    const words = [...new Set([...plain, ...tokens()].flatMap(forms))]
      .filter((word) => word !== "")
      .toSorted((a, b) => b.length - a.length)
    return words.reduce((rest, word) => rest.replaceAll(word, "<redacted>"), text)
  }
}
