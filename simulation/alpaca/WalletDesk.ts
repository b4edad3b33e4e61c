/** `wallets` below the account's path (facts: external-apis.md 2.1 to 2.4). */
import { Either, Option } from "effect"
import * as AlpacaProblem from "../../src/layers/local/AlpacaProblem.ts"
import { readWithdrawal } from "../../src/layers/local/AlpacaWalletBody.ts"
import type { Endpoint, Wire } from "../../src/layers/local/AlpacaWalletSettings.ts"
import * as AlpacaWalletWire from "../../src/layers/local/AlpacaWalletWire.ts"
import type { Dice } from "../Dice.ts"
import * as Ids from "../Ids.ts"
import * as Places from "../Places.ts"
import { type HttpAnswer, type HttpRequest, json } from "../Server.ts"
import type { Timeline } from "../Timeline.ts"
import * as Habits from "./Habits.ts"
import * as Lies from "./Lies.ts"
import type { Mood } from "./Mood.ts"
import type { Transfer, Wallet } from "./Wallet.ts"

/** What Alpaca lets go at least. */
const minimum = 50_000_000n

export interface Desk {
  /** @param path what comes after `wallets` */
  readonly respond: (path: string, request: HttpRequest) => HttpAnswer
}

export const make = (options: {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly mood: () => Mood
  readonly wallet: Wallet
}): Desk => {
  const { dice, mood, timeline: { now }, wallet } = options
  const born = now()
  const nonsense = AlpacaWalletWire.foreignTransfers(Places.wallet, born)
  const nobody = Ids.uuid(dice)
  const whitelisted = {
    id: Ids.uuid(dice),
    address: Places.wallet,
    asset: "USDC",
    chain: "ETH",
    status: "APPROVED",
    travelRuleInfo: { beneficiary_is_self_hosted: true, beneficiary_entity_name: "Ballast" },
    createdAt: born - 86_400_000
  }

  const refuse = ({ body, status }: AlpacaProblem.AlpacaProblem) => json(body, status)

  const render = (transfer: Transfer, endpoint: Endpoint, wire: Wire) => {
    const { amount, fee, hash, isGivenBack, lies } = transfer
    const named = transfer.direction === "INCOMING" ? hash : Lies.hash(lies, hash, now())
    const row = AlpacaWalletWire.renderTransfer(
      {
        ...transfer,
        txHash: Option.fromNullable(named),
        place: isGivenBack ? "returned" : transfer.isCredited || wallet.isPaid(transfer) ? "arrived" : "underway",
        arrived: transfer.isCredited ? amount - fee : 0n
      },
      { ...wire, numbersIn: Habits.fitsNumber(amount) ? wire.numbersIn : [] },
      endpoint,
      now()
    )
    return now() < lies.wordUntil ? { ...row, status: lies.word } : row
  }

  const refusal = (address: string): AlpacaProblem.AlpacaProblem => {
    const status = dice.pick([AlpacaProblem.walletError, AlpacaProblem.forbidden])
    switch (dice.below(3)) {
      case 0:
        return status("insufficient balance: 0 USDC available")
      case 1:
        return status(`address ${address} is not whitelisted`)
      default:
        return AlpacaProblem.travelRule("TRAVEL_RULE_ACTION_REQUIRED", "travel rule: tell who owns the address")
    }
  }

  const withdraw = ({ body }: HttpRequest): HttpAnswer => {
    const read = readWithdrawal(body)
    if (Either.isLeft(read)) return refuse(read.left)
    const { amount, to } = read.right
    if (amount < minimum) return refuse(AlpacaProblem.walletError("amount must be at least 50"))
    if (to !== Places.wallet) return refuse(AlpacaProblem.forbidden(`address ${to} is not whitelisted`))
    if (dice.chance(mood().refused)) return refuse(refusal(to))
    const transfer = wallet.withdraw(amount, Places.wallet)
    return transfer === undefined
      ? refuse(AlpacaProblem.forbidden("insufficient balance"))
      : json(render(transfer, "withdraw", Habits.wallets(dice, mood())))
  }

  const byId = (id: string): HttpAnswer => {
    const found = wallet.transfers().find((one) => one.id === id.toLowerCase())
    return found === undefined || now() < found.lies.shownFrom
      ? refuse(AlpacaProblem.notFound("transfer not found"))
      : json(render(found, "transfer", Habits.wallets(dice, mood())))
  }

  /** What could be mistaken for ours: the same amount, somewhere else, or the other way, or long ago. */
  const twins = (row: AlpacaWalletWire.Row): ReadonlyArray<AlpacaWalletWire.Row> => {
    const other = { ...row, id: nobody, tx_hash: Places.vaultId }
    return [
      { ...other, to_address: Places.stranger, tx_hash: dice.pick([null, "", Places.vaultId]) },
      { ...other, direction: "INCOMING", status: "COMPLETE" },
      { ...other, asset: dice.pick(["USDT", "ETH"]) },
      { ...other, chain: dice.pick(["SOL", "ARB"]) },
      { ...other, created_at: new Date(born - 86_400_000).toISOString() }
    ]
  }

  const list = (page: string | null): HttpAnswer => {
    const wire = Habits.wallets(dice, mood())
    const first = Number(page ?? "0")
    // Of a page that is asked for by a token nothing is shown twice, nor left out, whatever becomes visible meanwhile.
    const listed = wallet.transfers().map((transfer, number) => ({ transfer, number }))
      .filter(({ number, transfer }) => number >= first && now() >= transfer.lies.listedFrom)
    const isPaged = page !== null || dice.chance(mood().pages)
    const shown = isPaged ? listed.slice(0, Math.ceil(listed.length / 2)) : listed
    const rows = shown.map(({ transfer }) => render(transfer, "list", wire))
    const foreign = page === null && dice.chance(mood().foreign)
      ? [...nonsense, ...rows.slice(-1).flatMap(twins)]
      : []
    const transfers = Habits.ordered(dice, mood(), [...foreign, ...rows])
    if (!isPaged) return json(transfers)
    const next = listed.at(shown.length)
    return json({ transfers, next_page_token: next === undefined ? dice.pick([null, ""]) : String(next.number) })
  }

  const address = (query: URLSearchParams): HttpAnswer =>
    query.get("asset") === "USDC"
      ? json({ asset_id: nobody, address: Places.alpacaDeposit, created_at: new Date(born).toISOString() })
      : refuse(AlpacaProblem.invalid("no wallet for this asset"))

  const whitelists = (): HttpAnswer => {
    const row = AlpacaWalletWire.renderWhitelisted(whitelisted, Habits.wallets(dice, mood()))
    return json(dice.chance(mood().foreign) ? [...AlpacaWalletWire.foreignWhitelisted, row] : [row])
  }

  return {
    respond: (path, request) => {
      const { searchParams } = request.url
      if (path === "/transfers" && request.method === "POST") return withdraw(request)
      if (request.method !== "GET") return refuse(AlpacaProblem.notFound("not found"))
      if (path === "") return address(searchParams)
      if (path === "/transfers") return list(searchParams.get("page_token"))
      if (path === "/whitelists") return whitelists()
      return path.startsWith("/transfers/")
        ? byId(decodeURIComponent(path.slice("/transfers/".length)))
        : refuse(AlpacaProblem.notFound("not found"))
    }
  }
}
