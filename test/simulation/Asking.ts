/** The live clients in front of a simulated server: nothing between them. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import * as Places from "../../simulation/Places.ts"
import type { Server } from "../../simulation/Server.ts"
import type { RunningTimeline } from "../../simulation/Timeline.ts"

export const http = (server: Server): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.sync(() => {
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const answer = server.respond({ method: request.method, url, headers: request.headers, body })
        return HttpClientResponse.fromWeb(
          request,
          new Response(answer.body, { status: answer.status, headers: { ...answer.headers } })
        )
      })
    )
  )

export const alpacaConfig = {
  baseUrl: Places.alpacaUrl,
  accountId: Places.account,
  key: Redacted.make("key"),
  secret: Redacted.make("secret"),
  auth: "headers",
  timeout: "5 seconds"
} as const

export const pass = (timeline: RunningTimeline, millis: number): void => {
  const end = timeline.now() + millis
  timeline.after(millis, () => undefined)
  while (timeline.now() < end) timeline.next()
}
