/** A node that answers whatever a test wants it to, over real HTTP. */
import { it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Redacted, type Scope } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"

export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  | { readonly status: number; readonly body: string; readonly type?: string }
  | "hang"
  | "disconnect"

export interface Stub {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly url: string
  /** Methods asked, in order. */
  readonly asked: ReadonlyArray<string>
}

export const start = (reply: (method: string, params: ReadonlyArray<unknown>) => Reply) =>
  Effect.acquireRelease(
    Effect.async<Stub & { readonly close: () => void }>((resume) => {
      const asked: Array<string> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString())
          asked.push(method)
          const answer = reply(method, params)
          if (answer === "hang") return
          if (answer === "disconnect") return void request.socket.destroy()
          if ("status" in answer) {
            response.writeHead(answer.status, { "content-type": answer.type ?? "text/html", "retry-after": "1" })
            return void response.end(answer.body)
          }
          response.writeHead(200, { "content-type": "application/json" })
          response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }))
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, asked, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A test over real HTTP. That the next endpoint is asked is logged; not here. */
export const quietly = <A, E>(name: string, run: () => Effect.Effect<A, E, Scope.Scope>) =>
  it.scopedLive(name, () => Logger.withMinimumLogLevel(run(), LogLevel.None))

/** Nobody listens there. */
export const nowhere = "http://127.0.0.1:65534"

export const optionsOf = (
  [first, ...others]: readonly [string, ...ReadonlyArray<string>],
  options: Partial<EvmChain.Options> = {}
): EvmChain.Options => ({
  chainId: 8453,
  confirmations: 10,
  timeout: "5 seconds",
  endpoints: [RpcEndpoint.http(Redacted.make(first)), ...others.map((url) => RpcEndpoint.http(Redacted.make(url)))],
  ...options
})
