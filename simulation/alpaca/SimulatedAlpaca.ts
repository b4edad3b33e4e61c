/** Alpaca's Broker API for one account, its custody and the issuer of the tokens, in the simulated world. */
import { Option } from "effect"
import type { Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import * as AlpacaProblem from "../../src/layers/local/AlpacaProblem.ts"
import type { Dice } from "../Dice.ts"
import type { Onlooker } from "../Onlooker.ts"
import * as Places from "../Places.ts"
import { type HttpRequest, json, type Server } from "../Server.ts"
import type { Timeline } from "../Timeline.ts"
import * as Waits from "../Waits.ts"
import * as Lies from "./Lies.ts"
import type { Mood } from "./Mood.ts"
import * as Tokenization from "./Tokenization.ts"
import * as TokenizationDesk from "./TokenizationDesk.ts"
import * as Wallet from "./Wallet.ts"
import * as WalletDesk from "./WalletDesk.ts"

export { calm, type Mood, wild } from "./Mood.ts"

export interface Options {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly mood: Mood
  /** Its custody must hold the USDC that are withdrawn. */
  readonly ethereum: Onlooker
  readonly base: Onlooker
  /** Ours at first, in units of 1e-9 share. */
  readonly shares: Readonly<Record<Tokenization.Symbol, bigint>>
  /** Ours at first, in units of 1e-6 USDC. */
  readonly usdc: bigint
  /** In blocks; more than ever are reorganised where shares or USDC are given for what came. */
  readonly depths?: Tokenization.Depths & Wallet.Depths
}

export interface Mint {
  readonly clientRequestId: string | undefined
  readonly id: string
  readonly symbol: Tokenization.Symbol
  /** In units of 1e-9 share, as the fee. */
  readonly quantity: bigint
  readonly fee: bigint
  readonly wallet: Address
  /** `pending`: the shares are gone, and no tokens are there yet. What Alpaca says may be something else. */
  readonly status: "pending" | "minted" | "rejected"
  readonly txHash: Hex | undefined
}

export interface Withdrawal {
  readonly id: string
  /** In units of 1e-6 USDC, and so much of it is not paid out. */
  readonly amount: bigint
  readonly fees: bigint
  readonly address: Address
  /** What Alpaca says. */
  readonly status: Wallet.Transfer["status"]
  readonly hash: Hex | undefined
  /** By the chain of this moment. */
  readonly paid: boolean
  readonly givenBack: boolean
}

export interface Deposit {
  readonly id: string
  readonly hash: Hex | undefined
  readonly from: Address
  readonly amount: bigint
  readonly fees: bigint
  readonly credited: boolean
}

/**
 * Every unit is in one of these places. Of the shares that were there at first: `shares + issuing + kept`, and what was minted
 * less what was redeemed. Of the USDC: `usdc + inTransit + arriving + kept`, and what was paid less what has come.
 */
export interface SimulatedAlpaca
  extends
    Server,
    Pick<Tokenization.Tokenization, "shares" | "issuing" | "redemptions">,
    Pick<Wallet.Wallet, "usdc" | "inTransit" | "arriving">
{
  readonly setMood: (mood: Mood) => void
  readonly sharesKept: Tokenization.Tokenization["kept"]
  readonly usdcKept: Wallet.Wallet["kept"]
  readonly mints: () => ReadonlyArray<Mint>
  readonly withdrawals: () => ReadonlyArray<Withdrawal>
  readonly deposits: () => ReadonlyArray<Deposit>
}

const defaultDepths = { detection: 3, redemption: 12, listing: 3, deposit: 12 }

const root = `/v1/accounts/${Places.account}/`

const refuse = ({ body, status }: AlpacaProblem.AlpacaProblem) => json(body, status)

const isAuthentic = (headers: HttpRequest["headers"]): boolean =>
  headers["apca-api-key-id"] === "key" && headers["apca-api-secret-key"] === "secret"

export const make = (options: Options): SimulatedAlpaca => {
  const { base, depths = defaultDepths, dice, ethereum, timeline } = options
  let current = options.mood
  const mood = () => current
  const waits = Waits.make(timeline)
  const shared = { timeline, waits, mood, depths }
  const tokenization = Tokenization.make({
    ...shared,
    base,
    shares: options.shares,
    dice: dice.fork("tokenization")
  })
  const wallet = Wallet.make({ ...shared, ethereum, usdc: options.usdc, dice: dice.fork("wallet") })
  const tokenizationDesk = TokenizationDesk.make({
    timeline,
    mood,
    tokenization,
    dice: dice.fork("tokenization desk")
  })
  const walletDesk = WalletDesk.make({ timeline, mood, wallet, dice: dice.fork("wallet desk") })

  return {
    respond: (request) => {
      const { pathname } = request.url
      if (!isAuthentic(request.headers)) return refuse(AlpacaProblem.unauthorized("request is not authorized"))
      if (!pathname.startsWith(root)) {
        return refuse(AlpacaProblem.forbidden("account is not accessible with these credentials"))
      }
      const path = pathname.slice(root.length)
      if (path.startsWith("tokenization/")) {
        return tokenizationDesk.respond(path.slice("tokenization/".length), request)
      }
      return path === "wallets" || path.startsWith("wallets/")
        ? walletDesk.respond(path.slice("wallets".length), request)
        : refuse(AlpacaProblem.notFound("not found"))
    },
    setMood: (mood) => {
      current = mood
      const latest = timeline.now() + mood.longest
      for (const { lies } of [...tokenization.requests(), ...wallet.transfers()]) Lies.hurry(lies, latest)
      waits.hurry(mood.longest)
    },
    shares: tokenization.shares,
    issuing: tokenization.issuing,
    sharesKept: tokenization.kept,
    redemptions: tokenization.redemptions,
    usdc: wallet.usdc,
    inTransit: wallet.inTransit,
    arriving: wallet.arriving,
    usdcKept: wallet.kept,
    mints: () =>
      tokenization.requests().filter(({ isForeign, type }) => type === "mint" && !isForeign).map((mint) => ({
        clientRequestId: Option.getOrUndefined(mint.label),
        id: mint.id,
        symbol: mint.symbol,
        quantity: mint.quantity,
        fee: mint.fee,
        wallet: mint.wallet,
        status: mint.status === "rejected" ? "rejected" : tokenization.isMinted(mint) ? "minted" : "pending",
        txHash: mint.hash
      })),
    withdrawals: () =>
      wallet.transfers().filter(({ direction }) => direction === "OUTGOING").map((one) => ({
        id: one.id,
        amount: one.amount,
        fees: one.fee + one.networkFee,
        address: one.to,
        status: one.status,
        hash: one.hash,
        paid: wallet.isPaid(one),
        givenBack: one.isGivenBack
      })),
    deposits: () =>
      wallet.transfers().filter(({ direction }) => direction === "INCOMING").map((one) => ({
        id: one.id,
        hash: one.hash,
        from: one.from,
        amount: one.amount,
        fees: one.fee,
        credited: one.isCredited
      }))
  }
}
