/** HTTP servers on 127.0.0.1, each on a port that the kernel picked. */
import { type HttpApp, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, type Scope } from "effect"
import { createServer, type Server } from "node:http"
import { LocalWorldError } from "./LocalWorldError.ts"

/** Longer than any pause of a client, so that it never meets a connection that we are about to close. */
const keepAliveMillis = 120_000

/** Serves until the scope closes, which breaks what is still open. Answers the URL. */
export const serve = (name: string, app: HttpApp.Default): Effect.Effect<string, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const nodeServer = yield* Effect.sync((): Server => createServer({ keepAliveTimeout: keepAliveMillis }))
    const server = yield* NodeHttpServer.make(() => nodeServer, { host: "127.0.0.1", port: 0 })
    yield* Effect.addFinalizer(() => Effect.sync(() => nodeServer.closeAllConnections()))
    yield* Effect.provideService(HttpServer.serveEffect(app), HttpServer.HttpServer, server)
    return HttpServer.formatAddress(server.address)
  }).pipe(
    Effect.mapError((cause) =>
      new LocalWorldError({ reason: "ServerFailed", detail: `the ${name} has no port on 127.0.0.1`, cause })
    )
  )
