/** The ends of the network that the live layers hold: an `HttpClient`, and a transport of viem's. */
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Stream } from "effect"
import { custom, type Transport } from "viem"
import type { SimulatedChain } from "./chain/SimulatedChain.ts"
import type { Network, Victim } from "./Network.ts"
import type { HttpAnswer, HttpRequest, Server } from "./Server.ts"

/** What fetch says of it. */
const broken = {
  refused: { syscall: "connect", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
  reset: { syscall: "read", code: "ECONNRESET", message: "read ECONNRESET" }
}

const transportError = (how: "refused" | "reset") => Object.assign(new Error(broken[how].message), broken[how])

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? decoder.decode(body.body) : ""

const response = (request: HttpClientRequest.HttpClientRequest, { body, headers, status }: HttpAnswer) =>
  Object.defineProperty(
    HttpClientResponse.fromWeb(request, new Response(null, { status, headers: { ...headers } })),
    // Without the streams of the platform, which are slow and have a time of their own.
    "stream",
    { value: Stream.succeed(encoder.encode(body)) }
  )

const instead = {
  unavailable: { status: 503, headers: {}, body: "upstream connect error" },
  limited: { status: 429, headers: { "retry-after": "7" }, body: "{\"message\":\"too many requests\"}" },
  nonsense: { status: 200, headers: {}, body: "<html>maintenance</html>" }
}

/** What may be sent again without asking: what only reads, and what carries an idempotency key. */
const isRepeatable = ({ headers, method, url }: HttpRequest): boolean =>
  method === "GET" || headers["idempotency-key"] !== undefined || url.pathname.includes("reattest")

/** @param servers by host */
export const httpClient = (
  network: Network,
  victim: Victim,
  servers: Readonly<Record<string, { readonly name: string; readonly server: Server }>>
): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.async((resume) => {
      const found = servers[url.host]
      if (found === undefined) throw new Error(`nobody serves ${url.host} in this world`)
      const asked = { method: request.method, url, headers: request.headers, body: bodyOf(request) }
      network.exchange<HttpAnswer>(victim, {
        target: found.name,
        what: `${request.method} ${url.pathname}`,
        isRepeatable: isRepeatable(asked),
        perform: () => found.server.respond(asked),
        answer: (answer) => resume(Effect.succeed(response(request, answer))),
        broken: (how) =>
          resume(new HttpClientError.RequestError({ request, reason: "Transport", cause: transportError(how) })),
        instead: (what) => instead[what]
      })
    })
  )

type Spoken = { readonly result: unknown } | { readonly refusal: unknown }

const spoken = (ask: () => unknown): Spoken => {
  try {
    return { result: ask() }
  } catch (refusal) {
    return { refusal }
  }
}

const insteadOfNode = {
  unavailable: { refusal: { code: -32603, message: "service temporarily unavailable" } },
  limited: { refusal: { code: -32005, message: "rate limit exceeded" } },
  nonsense: { result: "<html>maintenance</html>" }
} satisfies Record<string, Spoken>

/** One node of a chain. */
export const node = (network: Network, victim: Victim, chain: SimulatedChain, number: number): Transport =>
  custom({
    request: ({ method, params }: { readonly method: string; readonly params?: ReadonlyArray<unknown> }) =>
      new Promise((resolve, reject) => {
        network.exchange<Spoken>(victim, {
          target: `node ${number} of ${chain.name}`,
          what: method,
          isRepeatable: true,
          perform: () => spoken(() => chain.request(number, method, params ?? [])),
          answer: (answer) => "result" in answer ? resolve(answer.result) : reject(answer.refusal),
          broken: (how) => reject(transportError(how)),
          instead: (what) => insteadOfNode[what]
        })
      })
  }, { retryCount: 0 })
