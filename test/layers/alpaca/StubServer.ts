/** A server on loopback that answers what it is told, in order, and keeps what it was sent. */
import { Deferred, Effect, type Scope } from "effect"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"

export interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Reply = (response: ServerResponse) => void

export interface Stub {
  readonly url: string
  readonly received: ReadonlyArray<Received>
  /** For the requests to come, one each. One that nobody foresaw is answered 599. */
  readonly replies: Array<Reply>
  /** Done when the first request has been read. */
  readonly reached: Deferred.Deferred<void>
}

export const reply =
  (status: number, body: string | Uint8Array = "", headers: Record<string, string> = {}): Reply => (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body)
  }

export const json = (value: unknown, status = 200): Reply => reply(status, JSON.stringify(value))

/** Alpaca's words for what it refuses. */
export const refusal = (status: number, message: string, headers: Record<string, string> = {}): Reply =>
  reply(status, JSON.stringify({ code: status * 100_000 + 10_000, message }), headers)

export const hangUp: Reply = (response) => response.socket?.destroy()
export const silence: Reply = () => {}

/** Announces more than it sends, then breaks. */
export const breakOff = (status: number, body: string): Reply => (response) => {
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length + 100 })
  response.write(body, () => response.socket?.destroy())
}

/** Never ends by itself. */
export const flood = (status: number, chunk: string): Reply => (response) => {
  response.writeHead(status, { "content-type": "application/json" })
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", more)
  }
  more()
}

export const make: Effect.Effect<Stub, never, Scope.Scope> = Effect.gen(function*() {
  const reached = yield* Deferred.make<void>()
  const received: Array<Received> = []
  const replies: Array<Reply> = []
  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const { headers, method, url } = request
      received.push({ method, url, headers, body: Buffer.concat(parts).toString() })
      Deferred.unsafeDone(reached, Effect.void)
      const next = replies.shift() ?? reply(599, "unforeseen")
      next(response)
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return { url: `http://127.0.0.1:${port}`, received, replies, reached }
})
