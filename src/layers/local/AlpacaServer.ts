/** Alpaca's Broker API for one account, on loopback. */
import { type HttpApp, HttpRouter, type HttpServerError, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Clock, Effect, Option, Ref, type Scope } from "effect"
import * as AlpacaLedger from "./AlpacaLedger.ts"
import { notFound, respond } from "./AlpacaProblem.ts"
import * as AlpacaRoute from "./AlpacaRoute.ts"
import * as AlpacaSettings from "./AlpacaSettings.ts"
import * as AlpacaTokenizationRoutes from "./AlpacaTokenizationRoutes.ts"
import * as AlpacaTokens from "./AlpacaTokens.ts"
import * as AlpacaWalletRoutes from "./AlpacaWalletRoutes.ts"
import * as AlpacaWallets from "./AlpacaWallets.ts"
import type * as ControlJson from "./ControlJson.ts"
import * as ControlRoutes from "./ControlRoutes.ts"
import * as Counts from "./Counts.ts"
import type { EquityIssuer } from "./EquityIssuer.ts"
import * as Faults from "./Faults.ts"
import { LocalWorldError } from "./LocalWorldError.ts"
import * as Loopback from "./Loopback.ts"
import * as Settlement from "./Settlement.ts"

/** The local Alpaca, seen from behind its counter. */
export interface AlpacaServer {
  readonly url: string
  readonly credentials: AlpacaRoute.Credentials
  /**
   * By route: `POST mint`, `GET requests`, `GET request`, `GET requests:by_client_request_id`, `wallets.address`,
   * `wallets.transfers` (the list), `wallets.transfer`, `wallets.withdraw`, `wallets.whitelists` (the list),
   * `wallets.whitelist`, `wallets.unwhitelist`, `wallets.fees`, `oauth.token`.
   */
  readonly counts: Counts.Counts
  readonly faults: Faults.Faults
  readonly ledger: AlpacaLedger.AlpacaLedger
  readonly wallets: AlpacaWallets.AlpacaWallets
  /** Everything that truly happened, as `GET /_world/ledger` tells it. */
  readonly history: Effect.Effect<ControlJson.Ledger>
  readonly settings: Effect.Effect<AlpacaSettings.Settings>
  /** Concerns requests that are accepted later, and every answer from now on. */
  readonly change: (patch: AlpacaSettings.Patch) => Effect.Effect<void>
  /** The issuer tells of tokens that it received. The request that this makes follows the settings. */
  readonly redeem: (draft: AlpacaLedger.RedeemDraft) => Effect.Effect<AlpacaLedger.TokenizationRequest>
  /**
   * Ends a pending request now and waits for it. Nothing happens to one that is over. Of the script only `outcome`
   * concerns a redemption.
   */
  readonly settle: (id: string, script: Partial<AlpacaSettings.MintScript>) => Effect.Effect<void, LocalWorldError>
}

export interface Options extends AlpacaLedger.Opening {
  readonly credentials: AlpacaRoute.Credentials
  readonly issuer: EquityIssuer
  readonly settings: AlpacaSettings.Settings
  /** Default none: nothing can be withdrawn. */
  readonly wallets?: AlpacaWallets.Options
  /** The other servers of the world, for the control API. */
  readonly others: Readonly<Record<string, { readonly counts: Counts.Counts; readonly faults: Faults.Faults }>>
}

const minute = 60_000

/** The documented headers, for one fixed window per minute. */
const makeRateLimit = (settings: Ref.Ref<AlpacaSettings.Settings>) =>
  Effect.map(Ref.make({ until: 0, used: 0 }), (window) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const { wire } = yield* Ref.get(settings)
      const { until, used } = yield* Ref.updateAndGet(window, (old) =>
        now < old.until ? { ...old, used: old.used + 1 } : { until: now + minute, used: 1 })
      return {
        "x-ratelimit-limit": String(wire.rateLimit),
        "x-ratelimit-remaining": String(Math.max(0, wire.rateLimit - used)),
        "x-ratelimit-reset": String(Math.ceil(until / 1000))
      }
    }))

const orNotFound = <R>(app: HttpApp.Default<HttpServerError.RouteNotFound, R>) =>
  Effect.catchTag(app, "RouteNotFound", () => Effect.succeed(respond(notFound("endpoint not found"))))

export const make = (options: Options): Effect.Effect<AlpacaServer, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const { credentials, issuer, others } = options
    const settings = yield* Ref.make(options.settings)
    const ledger = yield* AlpacaLedger.make(options)
    const settlement = yield* Settlement.make({ ledger, issuer, settings })
    const counts = yield* Counts.make
    const faults = yield* Faults.make
    const tokens = yield* AlpacaTokens.make({ ...credentials, settings })
    const desk = { credentials, tokens, counts, faults }
    const wallets = yield* AlpacaWallets.make(options.wallets ?? AlpacaWallets.none, settings)

    const rateLimit = yield* makeRateLimit(settings)
    const api = yield* HttpRouter.toHttpApp(HttpRouter.concatAll(
      yield* AlpacaTokenizationRoutes.make({ desk, ledger, issuer, settlement, settings }),
      yield* AlpacaWalletRoutes.make({ ...wallets, desk, settings }),
      HttpRouter.fromIterable([
        AlpacaRoute.open(desk, { name: "oauth.token", method: "POST", path: "/v1/oauth2/token" }, tokens.issue)
      ])
    ))
    const control = yield* HttpRouter.toHttpApp(
      ControlRoutes.make({
        servers: { alpaca: { counts, faults }, ...others },
        ledger,
        issuer,
        settlement,
        settings,
        wallets
      })
    )

    const app = Effect.gen(function*() {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      if (url.startsWith("/_world/")) return yield* orNotFound(control)
      if (yield* faults.isDown) return yield* Faults.drop
      const limits = yield* rateLimit
      const response = yield* orNotFound(api)
      // A fault may have set one of them already.
      return HttpServerResponse.setHeaders(response, { ...limits, ...response.headers })
    })

    return {
      url: yield* Loopback.serve("local Alpaca", app),
      credentials,
      counts,
      faults,
      ledger,
      wallets,
      // A node that does not answer has no history to tell: the world is broken.
      history: Effect.orDie(ControlRoutes.readLedger({ issuer, ledger, wallets })),
      settings: Ref.get(settings),
      change: (patch) => Ref.update(settings, (old) => AlpacaSettings.patch(old, patch)),
      redeem: (draft) => Effect.tap(ledger.acceptRedemption(draft), settlement.begin),
      settle: (id, script) =>
        Effect.flatMap(
          ledger.request(id),
          Option.match({
            onNone: () =>
              new LocalWorldError({ reason: "InvalidOptions", detail: `there is no tokenization request ${id}` }),
            onSome: (request) => request.status === "pending" ? settlement.settle(request, script) : Effect.void
          })
        )
    }
  })
