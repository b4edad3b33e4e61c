/** Circle's attestation API for both chains, on loopback (facts: external-apis.md 3.8). */
import {
  type HttpApp,
  type HttpMethod,
  HttpRouter,
  type HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { Clock, DateTime, Effect, Option, Ref, Schema, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { type Hex, numberToHex } from "viem"
import { ofBytes } from "../../domain/Hex.ts"
import type { ChainName } from "../../services/Chain.ts"
import type * as Chain from "./Chain.ts"
import * as CircleAttestations from "./CircleAttestations.ts"
import * as CircleControl from "./CircleControl.ts"
import * as CircleSettings from "./CircleSettings.ts"
import * as CircleWire from "./CircleWire.ts"
import * as Counts from "./Counts.ts"
import * as Faults from "./Faults.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import * as Loopback from "./Loopback.ts"
import { domains } from "./UsdcDeployment.ts"
import type * as UsdcLedger from "./UsdcLedger.ts"

/** The local Circle, seen from behind its counter. */
export interface CircleServer {
  readonly url: string
  /** By route: `circle.messages`, `circle.reattest`, `circle.fees`, `circle.allowance`, `circle.publicKeys`. */
  readonly counts: Counts.Counts
  readonly faults: Faults.Faults
  readonly settings: Effect.Effect<CircleSettings.Settings>
  /** Concerns every answer from now on; what is signed stays signed. */
  readonly change: (patch: CircleSettings.Patch) => Effect.Effect<void>
  /** Mints the burns of a transaction from a stranger's wallet, whatever is told of them. Answers how many there were. */
  readonly mintAsStranger: CircleAttestations.CircleAttestations["mintAsStranger"]
  /** All USDC of the world, as `GET /_world/ledger` tells it. */
  readonly history: Effect.Effect<UsdcLedger.Ledger>
}

export interface Options extends Omit<CircleControl.Options, "attestations" | "settings"> {
  readonly chains: Readonly<Record<ChainName, Chain.Chain>>
  readonly settings: CircleSettings.Settings
}

const refuse = (status: number, error: string) => HttpServerResponse.unsafeJson({ code: status, error }, { status })
const notFound = refuse(404, "Message not found")

const second = 1_000

/** What Circle does to whom asks too often. False: refused. */
const makeGate = (settings: Ref.Ref<CircleSettings.Settings>) =>
  Effect.map(
    Ref.make({ until: 0, used: 0, blockedUntil: 0 }),
    (window) =>
      Effect.gen(function*() {
        const { wire: { rateLimit } } = yield* Ref.get(settings)
        if (rateLimit === null) return true
        const now = yield* Clock.currentTimeMillis
        return yield* Ref.modify(window, (old) => {
          if (now < old.blockedUntil) return [false, old]
          const next = now < old.until ? { ...old, used: old.used + 1 } : { ...old, until: now + second, used: 1 }
          return next.used > rateLimit.perSecond
            ? [false, { ...next, blockedUntil: now + rateLimit.blockedMillis }]
            : [true, next]
        })
      })
  )

const Bytes32 = ofBytes(32)
const isBytes32 = Schema.is(Bytes32)

/** Circle takes a nonce as it gives it. */
const nonceIn = (text: string): Option.Option<Hex> => {
  if (isBytes32(text)) return Option.some(text.toLowerCase()).pipe(Option.filter(isBytes32))
  return /^[0-9]{1,78}$/.test(text) && BigInt(text) < 2n ** 256n
    ? Option.some(numberToHex(BigInt(text), { size: 32 }))
    : Option.none()
}

const chainOf = (domain: string | undefined): Option.Option<ChainName> => {
  if (domain === String(domains.ethereum)) return Option.some("ethereum")
  return domain === String(domains.base) ? Option.some("base") : Option.none()
}

const orNotFound = <R>(app: HttpApp.Default<HttpServerError.RouteNotFound, R>) =>
  Effect.catchTag(app, "RouteNotFound", () => Effect.succeed(refuse(404, "Not found")))

export const make = (options: Options): Effect.Effect<CircleServer, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const { cctp, chains } = options
    const settings = yield* Ref.make(options.settings)
    const attestations = yield* CircleAttestations.make({ cctp, chains, settings })
    const counts = yield* Counts.make
    const faults = yield* Faults.make
    const isWelcome = yield* makeGate(settings)

    const route = <R>(
      name: string,
      method: HttpMethod.HttpMethod,
      path: `/${string}`,
      handler: Effect.Effect<HttpServerResponse.HttpServerResponse, LocalWorldError, R>
    ) =>
      HttpRouter.makeRoute(
        method,
        path,
        Effect.gen(function*() {
          const { url } = yield* HttpServerRequest.HttpServerRequest
          yield* counts.hit(name)
          const exchange = Effect.gen(function*() {
            if (!(yield* isWelcome)) return refuse(429, "Too many requests")
            return yield* handler
          }).pipe(Effect.catchAll(({ message }) => Effect.succeed(refuse(500, message))))
          return yield* Faults.inject(yield* faults.take({ name, input: url }), exchange)
        }),
        // What a server has begun it finishes, also when the client hangs up.
        { uninterruptible: true }
      )

    const messages = Effect.gen(function*() {
      const { domain } = yield* HttpRouter.params
      const { nonce, transactionHash } = yield* HttpServerRequest.ParsedSearchParams
      const source = chainOf(domain)
      if (Option.isNone(source)) return refuse(400, "Invalid sourceDomainId")
      const find = typeof transactionHash === "string"
        ? isBytes32(transactionHash)
          ? Option.some(attestations.inTransaction(source.value, transactionHash))
          : Option.none()
        : typeof nonce === "string"
        ? Option.map(nonceIn(nonce), (nonce) => attestations.withNonce(source.value, nonce))
        : Option.none()
      if (Option.isNone(find)) return refuse(400, "Either transactionHash or nonce must be given")
      const found = yield* find.value
      if (Option.isNone(found)) return notFound
      const { wire } = yield* Ref.get(settings)
      return HttpServerResponse.unsafeJson(yield* CircleWire.messages(cctp, found.value, wire))
    })

    const reattest = Effect.gen(function*() {
      const { nonce = "" } = yield* HttpRouter.params
      const parsed = nonceIn(nonce)
      if (Option.isNone(parsed)) return refuse(400, "Invalid nonce")
      switch (yield* attestations.reattest(parsed.value)) {
        case "unknown":
          return notFound
        case "refused":
          return refuse(400, "Message is not eligible for re-attestation")
        case "accepted":
          return HttpServerResponse.unsafeJson({ message: "Re-attestation requested", nonce })
      }
    })

    const fees = Effect.gen(function*() {
      const { destination, source } = yield* HttpRouter.params
      if (Option.isNone(chainOf(source)) || Option.isNone(chainOf(destination)) || source === destination) {
        return refuse(400, "Invalid domain")
      }
      return HttpServerResponse.unsafeJson(CircleWire.fees((yield* Ref.get(settings)).attesting))
    })

    const allowance = Effect.gen(function*() {
      const now = DateTime.formatIso(yield* DateTime.now)
      return HttpServerResponse.unsafeJson(CircleWire.allowance((yield* Ref.get(settings)).attesting, now))
    })

    const publicKeys = Effect.sync(() => HttpServerResponse.unsafeJson(CircleWire.publicKeys(cctp)))

    const api = yield* HttpRouter.toHttpApp(HttpRouter.fromIterable([
      route("circle.messages", "GET", "/v2/messages/:domain", messages),
      route("circle.reattest", "POST", "/v2/reattest/:nonce", reattest),
      route("circle.fees", "GET", "/v2/burn/USDC/fees/:source/:destination", fees),
      route("circle.allowance", "GET", "/v2/fastBurn/USDC/allowance", allowance),
      route("circle.publicKeys", "GET", "/v2/publicKeys", publicKeys)
    ]))
    const control = yield* HttpRouter.toHttpApp(CircleControl.make({ ...options, attestations, settings }))

    const app = Effect.gen(function*() {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      if (url.startsWith("/_world/")) return yield* orNotFound(control)
      if (yield* faults.isDown) return yield* Faults.drop
      return HttpServerResponse.setHeader(yield* orNotFound(api), "x-request-id", randomUUID())
    })

    return {
      url: yield* Loopback.serve("local Circle", app),
      counts,
      faults,
      settings: Ref.get(settings),
      change: (patch) => Ref.update(settings, (old) => CircleSettings.patch(old, patch)),
      mintAsStranger: attestations.mintAsStranger,
      // A node that does not answer has no history to tell: the world is broken.
      history: Effect.orDie(options.ledger)
    }
  })
