/**
 * What Alpaca and the issuer do with an accepted request. A mint: tokens on chain exactly once, then the books. A
 * redemption, whose tokens have come already: the books alone.
 */
import { Effect, Option, Ref, Schedule, type Scope } from "effect"
import * as Decimal from "../../domain/Decimal.ts"
import type { AlpacaLedger, TokenizationRequest } from "./AlpacaLedger.ts"
import { type MintScript, type Settings, shareDecimals } from "./AlpacaSettings.ts"
import * as Endings from "./Endings.ts"
import type { EquityIssuer } from "./EquityIssuer.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

export interface Settlement {
  /** Follows the settings of this moment, in the background. */
  readonly begin: (request: TokenizationRequest) => Effect.Effect<void>
  /**
   * Ends a pending request now, whatever the settings were when it came, and waits for the end. The first to end a
   * request decides how; whoever comes later waits for the same end. Of the script only `outcome` concerns a redemption.
   */
  readonly settle: (
    request: TokenizationRequest,
    script: Partial<MintScript>
  ) => Effect.Effect<void, LocalWorldError>
}

export const make = (options: {
  readonly ledger: AlpacaLedger
  readonly issuer: EquityIssuer
  readonly settings: Ref.Ref<Settings>
}): Effect.Effect<Settlement, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { issuer, ledger, settings } = options
    const scope = yield* Effect.scope
    const ends = yield* Endings.make

    const completeMint = (request: TokenizationRequest, script: MintScript) =>
      Effect.gen(function*() {
        const symbol = script.mintInstead ?? request.symbol
        const decimals = issuer.tokens[symbol]?.decimals ?? shareDecimals
        const fee = script.fee < request.quantity ? script.fee : request.quantity
        const signed = yield* issuer.prepareMint({
          requestId: request.id,
          symbol,
          to: request.wallet,
          amount: Decimal.rescaleFloor(request.quantity - fee, shareDecimals, decimals),
          isReverting: script.hash === "reverted"
        })
        const txHash = script.hash === "missing" ? Option.none() : Option.some(signed.hash)
        const report = ledger.complete(request.id, { txHash, fee: Option.some(fee) })
        // The same bytes again until the node has them: never a second mint.
        const send = Effect.retry(issuer.send(signed), Schedule.spaced("200 millis"))
        if (script.completedBeforeMillis > 0) {
          yield* report
          yield* Effect.sleep(script.completedBeforeMillis)
          yield* send
          return
        }
        const status = yield* send
        // A mint that failed against the issuer's will (a paused token): nothing was created, so shares go back.
        yield* status === "reverted" && script.hash !== "reverted" ? ledger.reject(request.id) : report
      })

    const settle: Settlement["settle"] = (request, changes) =>
      Effect.gen(function*() {
        const current = yield* Ref.get(settings)
        const { outcome } = { ...current[request.type], ...changes }
        const complete: Effect.Effect<unknown, LocalWorldError> = request.type === "mint"
          ? completeMint(request, { ...current.mint, ...changes })
          : ledger.complete(request.id)
        yield* ends.once(request.id, outcome === "reject" ? ledger.reject(request.id) : complete)
      })

    return {
      settle,
      begin: (request) =>
        Effect.gen(function*() {
          const script = (yield* Ref.get(settings))[request.type]
          if (script.outcome === "hold") return
          yield* Effect.sleep(script.delayMillis).pipe(
            Effect.zipRight(settle(request, script)),
            Effect.catchAll((error) => Effect.logError(`${request.type} request ${request.id} stays pending`, error)),
            Effect.interruptible,
            Effect.forkIn(scope)
          )
        })
    }
  })
