/** `/v1/accounts/{id}/wallets` (facts: external-apis.md 2.1 to 2.4). */
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Clock, Effect, Option, Ref } from "effect"
import type { Address } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { forbidden, invalid, notFound, travelRule, walletError } from "./AlpacaProblem.ts"
import * as AlpacaRoute from "./AlpacaRoute.ts"
import type { Settings } from "./AlpacaSettings.ts"
import { readAmount, readWhitelisting, readWithdrawal } from "./AlpacaWalletBody.ts"
import type { AlpacaWalletLedger, WalletTransfer, WithdrawalDraft } from "./AlpacaWalletLedger.ts"
import type { Endpoint } from "./AlpacaWalletSettings.ts"
import type { AlpacaWalletSettlement } from "./AlpacaWalletSettlement.ts"
import * as AlpacaWalletWire from "./AlpacaWalletWire.ts"
import type { AlpacaWhitelist } from "./AlpacaWhitelist.ts"

export interface Options {
  readonly desk: AlpacaRoute.Desk
  readonly ledger: AlpacaWalletLedger
  readonly settlement: AlpacaWalletSettlement
  readonly whitelist: AlpacaWhitelist
  readonly settings: Ref.Ref<Settings>
  /** Our wallet's. */
  readonly own: Address
  readonly depositAddress: Address
}

const assetId = "4b1d7a3e-0f52-4e7c-9c1a-6d2e8f304b59"

const text = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  (request) => Effect.mapError(request.text, () => walletError("request body format is invalid"))
)

export const make = ({ depositAddress, desk, ledger, own, settings, settlement, whitelist }: Options) =>
  Effect.gen(function*() {
    const foreignTransfers = AlpacaWalletWire.foreignTransfers(own, yield* Clock.currentTimeMillis)
    /** When the deposit address was first asked for, in unix milliseconds. */
    const opened = yield* Ref.make(Option.none<number>())
    const looks = yield* Ref.make<ReadonlyMap<string, number>>(new Map())
    const rules = Effect.map(Ref.get(settings), ({ wallets }) => wallets.rules)
    const wire = Effect.map(Ref.get(settings), ({ wallets }) => wallets.wire)

    const show = (transfer: WalletTransfer, endpoint: Endpoint) =>
      Effect.zipWith(
        wire,
        Clock.currentTimeMillis,
        (habits, now) => AlpacaWalletWire.renderTransfer(transfer, habits, endpoint, now)
      )

    const address = Effect.gen(function*() {
      const asked = yield* AlpacaRoute.query
      const asset = asked.get("asset")
      if (asset !== "USDC") return yield* invalid(asset === null ? "asset is required" : `no wallet for asset ${asset}`)
      if (![null, "ethereum"].includes(asked.get("network"))) {
        return yield* invalid(`network ${asked.get("network")} is not supported for USDC`)
      }
      const now = yield* Clock.currentTimeMillis
      const since = yield* Ref.updateAndGet(opened, Option.orElseSome(() => now))
      return HttpServerResponse.unsafeJson({
        asset_id: assetId,
        address: depositAddress,
        created_at: new Date(Option.getOrElse(since, () => now)).toISOString()
      })
    })

    const check = ({ amount, to }: WithdrawalDraft) =>
      Effect.gen(function*() {
        const { minimum, notWhitelistedStatus, travelRule: missing } = yield* rules
        if (amount < minimum) {
          return yield* walletError(`amount must be at least ${Decimal.print(minimum, Usdc.decimals)}`)
        }
        if (missing !== null) return yield* travelRule(missing, `travel rule: ${missing}`)
        if (!(yield* whitelist.isApproved(to))) {
          return yield* (notWhitelistedStatus === 400 ? walletError : forbidden)(`address ${to} is not whitelisted`)
        }
      })

    const withdraw = Effect.gen(function*() {
      const draft = yield* readWithdrawal(yield* text)
      yield* check(draft)
      const { insufficientBalanceStatus } = yield* rules
      const transfer = yield* Effect.catchTag(
        ledger.acceptWithdrawal(draft),
        "InsufficientBalance",
        ({ available }) =>
          (insufficientBalanceStatus === 400 ? walletError : forbidden)(
            `insufficient balance: ${Decimal.print(available, Usdc.decimals)} USDC available`
          )
      )
      yield* settlement.begin(transfer)
      return HttpServerResponse.unsafeJson(yield* show(transfer, "withdraw"))
    })

    /** Also counts how often this one was looked at. */
    const isHidden = ({ createdAt, id }: WalletTransfer) =>
      Effect.gen(function*() {
        const { hiddenMillis, hiddenReads } = yield* wire
        const now = yield* Clock.currentTimeMillis
        const earlier = yield* Ref.modify(looks, (all) => {
          const count = all.get(id) ?? 0
          return [count, new Map(all).set(id, count + 1)]
        })
        return now < createdAt + hiddenMillis || earlier < hiddenReads
      })

    const byId = Effect.gen(function*() {
      const { id = "" } = yield* HttpRouter.params
      const found = yield* ledger.transfer(id.toLowerCase())
      if (Option.isNone(found) || (yield* isHidden(found.value))) return yield* notFound("transfer not found")
      return HttpServerResponse.unsafeJson(yield* show(found.value, "transfer"))
    })

    const list = Effect.gen(function*() {
      const { hasForeignRows, listLagMillis } = yield* wire
      const now = yield* Clock.currentTimeMillis
      const listed = (yield* ledger.transfers).filter(({ createdAt }) => now >= createdAt + listLagMillis)
      const rows = yield* Effect.forEach(listed.toReversed(), (transfer) => show(transfer, "list"))
      return HttpServerResponse.unsafeJson([...rows, ...(hasForeignRows ? foreignTransfers : [])])
    })

    const whitelists = Effect.gen(function*() {
      const habits = yield* wire
      const rows = (yield* whitelist.all).map((entry) => AlpacaWalletWire.renderWhitelisted(entry, habits))
      return HttpServerResponse.unsafeJson([
        ...(habits.hasForeignRows ? AlpacaWalletWire.foreignWhitelisted : []),
        ...rows
      ])
    })

    const addWhitelisted = Effect.gen(function*() {
      const entry = yield* whitelist.add(yield* readWhitelisting(yield* text))
      const habits = yield* wire
      const row = AlpacaWalletWire.renderWhitelisted(entry, habits)
      return HttpServerResponse.unsafeJson(habits.whitelistsArray ? [row] : row)
    })

    const removeWhitelisted = Effect.gen(function*() {
      const { id = "" } = yield* HttpRouter.params
      if (!(yield* whitelist.remove(id))) return yield* notFound("whitelisted address not found")
      return HttpServerResponse.empty()
    })

    const estimate = Effect.gen(function*() {
      const asked = yield* AlpacaRoute.query
      if (asked.get("asset") !== "USDC") return yield* invalid("asset is invalid")
      yield* readAmount(asked.get("amount") ?? "")
      const { fee, networkFee } = (yield* Ref.get(settings)).wallets.withdraw
      return HttpServerResponse.unsafeJson({ fee: Decimal.print(fee + networkFee, Usdc.decimals) })
    })

    const transfers = "/wallets/transfers" as const
    const addresses = "/wallets/whitelists" as const
    return HttpRouter.fromIterable([
      AlpacaRoute.make(desk, { name: "wallets.address", method: "GET", path: "/wallets" }, address),
      AlpacaRoute.make(desk, { name: "wallets.transfers", method: "GET", path: transfers }, list),
      AlpacaRoute.make(desk, { name: "wallets.withdraw", method: "POST", path: transfers }, withdraw),
      AlpacaRoute.make(desk, { name: "wallets.transfer", method: "GET", path: `${transfers}/:id` }, byId),
      AlpacaRoute.make(desk, { name: "wallets.whitelists", method: "GET", path: addresses }, whitelists),
      AlpacaRoute.make(desk, { name: "wallets.whitelist", method: "POST", path: addresses }, addWhitelisted),
      AlpacaRoute.make(
        desk,
        { name: "wallets.unwhitelist", method: "DELETE", path: `${addresses}/:id` },
        removeWhitelisted
      ),
      AlpacaRoute.make(desk, { name: "wallets.fees", method: "GET", path: "/wallets/fees/estimate" }, estimate)
    ])
  })
