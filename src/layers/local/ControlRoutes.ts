/**
 * `/_world/...` on the local Alpaca: lets a test that runs `ballast` as a child process look into the world and script
 * it. No credentials, loopback only, never counted, never struck by a fault.
 */
import { HttpRouter, HttpServerResponse } from "@effect/platform"
import { Effect, Option, Record, Ref } from "effect"
import type { AlpacaLedger, TokenizationRequest } from "./AlpacaLedger.ts"
import { conflict, notFound, respond } from "./AlpacaProblem.ts"
import * as AlpacaSettings from "./AlpacaSettings.ts"
import type { WalletTransfer } from "./AlpacaWalletLedger.ts"
import type { AlpacaWallets } from "./AlpacaWallets.ts"
import { body, broken, json } from "./ControlExchange.ts"
import * as ControlJson from "./ControlJson.ts"
import type { Counts } from "./Counts.ts"
import type { EquityIssuer } from "./EquityIssuer.ts"
import type { Faults } from "./Faults.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import type { Settlement } from "./Settlement.ts"

export interface Options {
  /** By the name that the control API calls them. */
  readonly servers: Readonly<Record<string, { readonly counts: Counts; readonly faults: Faults }>>
  readonly ledger: AlpacaLedger
  readonly issuer: EquityIssuer
  readonly settlement: Settlement
  readonly settings: Ref.Ref<AlpacaSettings.Settings>
  readonly wallets: AlpacaWallets
}

const view = (request: TokenizationRequest): ControlJson.Request => ({
  id: request.id,
  type: request.type,
  status: request.status,
  symbol: request.symbol,
  quantity: request.quantity,
  wallet: request.wallet,
  clientRequestId: Option.getOrNull(request.clientRequestId),
  issuerRequestId: request.issuerRequestId,
  txHash: Option.getOrNull(request.txHash),
  fee: Option.getOrNull(request.fee)
})

const viewTransfer = ({ createdAt: _, txHash, ...transfer }: WalletTransfer): ControlJson.Transfer => ({
  ...transfer,
  txHash: Option.getOrNull(txHash)
})

/** Everything that truly happened, as one value. */
export const readLedger = (
  { issuer, ledger, wallets }: Pick<Options, "issuer" | "ledger" | "wallets">
): Effect.Effect<ControlJson.Ledger, LocalWorldError> =>
  Effect.gen(function*() {
    const requests = yield* ledger.requests
    const labels = requests.filter(({ type }) => type === "mint").flatMap(({ clientRequestId }) =>
      Option.toArray(clientRequestId)
    )
    return {
      shares: yield* ledger.positions,
      requests: requests.map(view),
      mintsByClientRequestId: Object.fromEntries(
        labels.map((label) => [label, labels.filter((other) => other === label).length])
      ),
      issuerTransactions: yield* issuer.transactions,
      redemptionTransfers: yield* issuer.redemptionTransfers(),
      wallets: {
        books: yield* wallets.ledger.books,
        transfers: (yield* wallets.ledger.transfers).map(viewTransfer),
        payments: yield* wallets.bank.payments,
        receipts: yield* wallets.bank.received(wallets.depositAddress)
      }
    }
  })

export const make = ({ issuer, ledger, servers, settings, settlement, wallets }: Options) => {
  const server = (name: string) =>
    Effect.mapError(
      Record.get(servers, name),
      () => notFound(`no server ${name}; there are ${Object.keys(servers).join(", ")}`)
    )

  const endRequest = Effect.gen(function*() {
    const { id = "" } = yield* HttpRouter.params
    const request = yield* Effect.mapError(Effect.flatten(ledger.request(id)), () => notFound(`no request ${id}`))
    const { status, ...script } = request.type === "mint"
      ? yield* body(ControlJson.EndMint)
      : yield* body(ControlJson.EndRedemption)
    if (request.status === "pending") {
      yield* settlement.settle(request, { ...script, outcome: status === "completed" ? "complete" : "reject" }).pipe(
        Effect.mapError(broken)
      )
    }
    const ended = yield* Effect.orDie(Effect.flatten(ledger.request(id)))
    if (ended.status !== status) {
      return yield* conflict(`request ${id} is already ${ended.status}`)
    }
    return yield* json(ControlJson.Request, view(ended))
  })

  const endTransfer = Effect.gen(function*() {
    const { id = "" } = yield* HttpRouter.params
    const transfer = Effect.mapError(Effect.flatten(wallets.ledger.transfer(id)), () => notFound(`no transfer ${id}`))
    const { place, status } = yield* transfer
    const script = yield* body(ControlJson.EndTransfer)
    if (place !== "underway") return yield* conflict(`transfer ${id} is over: ${status}, the money has ${place}`)
    const act = script.outcome === "hold" ? wallets.hold(id) : wallets.settle(id, script)
    yield* Effect.mapError(act, broken)
    return yield* json(ControlJson.Transfer, viewTransfer(yield* transfer))
  })

  const changeToken = Effect.gen(function*() {
    const { symbol = "" } = yield* HttpRouter.params
    if (!Record.has(issuer.tokens, symbol)) return yield* notFound(`there is no token of ${symbol}`)
    const change = yield* body(ControlJson.ChangeToken)
    yield* Effect.mapError(issuer.setPaused(symbol, change.paused), broken)
    return yield* json(ControlJson.ChangeToken, change)
  })

  const addFault = Effect.gen(function*() {
    const { server: name, ...rule } = yield* body(ControlJson.AddFault)
    const { faults } = yield* server(name)
    return yield* json(ControlJson.FaultAdded, { server: name, id: yield* faults.add(rule) })
  })

  const removeFault = Effect.gen(function*() {
    const { id = "", server: name = "" } = yield* HttpRouter.params
    const { faults } = yield* server(name)
    if (!(yield* faults.remove(Number(id)))) return yield* notFound(`no fault ${id} at ${name}`)
    return HttpServerResponse.empty()
  })

  const patchSettings = Effect.gen(function*() {
    const changes = yield* body(AlpacaSettings.Patch)
    const changed = yield* Ref.updateAndGet(settings, (old) => AlpacaSettings.patch(old, changes))
    return yield* json(AlpacaSettings.Settings, changed)
  })

  return HttpRouter.empty.pipe(
    HttpRouter.get(
      "/_world/ledger",
      Effect.flatMap(
        Effect.mapError(readLedger({ issuer, ledger, wallets }), broken),
        (value) => json(ControlJson.Ledger, value)
      )
    ),
    HttpRouter.get(
      "/_world/counts",
      Effect.flatMap(
        Effect.all(Record.map(servers, ({ counts }) => counts.all)),
        (value) => json(ControlJson.Counts, value)
      )
    ),
    HttpRouter.get(
      "/_world/faults",
      Effect.map(
        Effect.all(Record.map(servers, ({ faults }) => faults.pending)),
        (all) => HttpServerResponse.unsafeJson(all)
      )
    ),
    HttpRouter.post("/_world/faults", addFault),
    HttpRouter.del(
      "/_world/faults",
      Effect.as(
        Effect.forEach(Object.values(servers), ({ faults }) => faults.clear, { discard: true }),
        HttpServerResponse.empty()
      )
    ),
    HttpRouter.del("/_world/faults/:server/:id", removeFault),
    HttpRouter.post("/_world/requests/:id", endRequest),
    HttpRouter.post("/_world/transfers/:id", endTransfer),
    HttpRouter.post("/_world/tokens/:symbol", changeToken),
    HttpRouter.get(
      "/_world/settings",
      Effect.flatMap(Ref.get(settings), (value) => json(AlpacaSettings.Settings, value))
    ),
    HttpRouter.post("/_world/settings", patchSettings),
    HttpRouter.catchTag("AlpacaProblem", (problem) => Effect.succeed(respond(problem)))
  )
}
