/** Shares that become tokens, and tokens that become shares: Alpaca's books and the issuer's work. */
import { Option } from "effect"
import { encodeFunctionData, type Hex, parseAbi } from "viem"
import * as Address from "../../src/domain/Address.ts"
import { rescaleFloor } from "../../src/domain/Decimal.ts"
import type { MintDraft } from "../../src/layers/local/AlpacaLedger.ts"
import { shareDecimals } from "../../src/layers/local/AlpacaSettings.ts"
import type { Dice } from "../Dice.ts"
import * as Ids from "../Ids.ts"
import type { Onlooker } from "../Onlooker.ts"
import * as Places from "../Places.ts"
import type { Timeline } from "../Timeline.ts"
import type { Waits } from "../Waits.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Lies from "./Lies.ts"
import * as Mood from "./Mood.ts"
import * as Payments from "./Payments.ts"

export type Symbol = keyof typeof Places.equities

export interface Request {
  readonly id: string
  readonly type: "mint" | "redeem"
  readonly symbol: Symbol
  /** In units of 1e-9 share. */
  readonly quantity: bigint
  readonly wallet: Address.Address
  readonly label: Option.Option<string>
  readonly issuerRequestId: string
  /** As Alpaca dates it, in unix milliseconds. */
  readonly createdAt: number
  updatedAt: number
  /** As Alpaca's books have it, which may be early. */
  status: "pending" | "completed" | "rejected"
  /** The transaction that brings tokens, once it was sent, or that brought them. */
  hash: Hex | undefined
  /** Shares that the issuer keeps. */
  fee: bigint
  /** Of somebody else, with our label: no share moves by it. */
  readonly isForeign: boolean
  readonly lies: Lies.Lies
}

export interface Redemption {
  readonly hash: Hex
  readonly symbol: Symbol
  /** In the token's units, as the chain shows it now. */
  readonly tokens: bigint
  readonly request: Request | undefined
  /** In units of 1e-9 share; 0 until then. */
  readonly credited: bigint
}

export interface Tokenization {
  /** Oldest first. */
  readonly requests: () => ReadonlyArray<Request>
  /** None: there are not so many shares. */
  readonly accept: (draft: MintDraft & { readonly symbol: Symbol }) => Option.Option<Request>
  /** In units of 1e-9 share, as all of these: ours to sell or to tokenize. */
  readonly shares: (symbol: Symbol) => bigint
  /** Taken for mints of which the chain shows no tokens yet. */
  readonly issuing: (symbol: Symbol) => bigint
  /** Kept by the issuer of mints that the chain shows. */
  readonly kept: (symbol: Symbol) => bigint
  readonly redemptions: () => ReadonlyArray<Redemption>
  /** Whether the chain shows the tokens of a mint now. */
  readonly isMinted: (mint: Request) => boolean
}

export interface Depths {
  /** Blocks of Base that hold tokens which have come, when the issuer tells Alpaca of them. */
  readonly detection: number
  /** And when Alpaca gives shares for them: more than ever are reorganised. */
  readonly redemption: number
}

const abi = parseAbi(["function mint(address to, uint256 amount)"])

const symbols = ["AAPL", "TSLA"] as const

/** Blocks of Base that hold the tokens before the issuer reports them. */
const reported = 3

export const make = (options: {
  readonly timeline: Timeline
  readonly waits: Waits
  readonly dice: Dice
  readonly mood: () => Mood.Mood
  readonly base: Onlooker
  readonly shares: Readonly<Record<Symbol, bigint>>
  readonly depths: Depths
}): Tokenization => {
  const { base, depths, dice, mood, timeline: { now }, waits } = options
  const available: Record<Symbol, bigint> = { ...options.shares }
  const requests: Array<Request> = []
  const payments = Payments.make(base, waits)

  const open = (
    asked: Pick<Request, "type" | "symbol" | "quantity" | "wallet" | "label" | "hash" | "isForeign">,
    own: Dice
  ) => {
    const id = Ids.uuid(own)
    const { invisibleFor, skew } = mood()
    const createdAt = now() + own.between(-skew, skew)
    const request: Request = {
      ...asked,
      id,
      issuerRequestId: Ids.uuid(own),
      createdAt,
      updatedAt: createdAt,
      status: "pending",
      fee: 0n,
      lies: Lies.make(own, mood(), { id, now: now(), unlistedFor: invisibleFor })
    }
    requests.push(request)
    return request
  }

  const end = (request: Request, status: Request["status"]) => {
    if (request.status !== "pending") return
    request.status = status
    request.updatedAt = now()
  }

  const issue = (mint: Request, own: Dice) => {
    const { early, fee, lieFor, rejected } = mood()
    if (own.chance(rejected)) {
      available[mint.symbol] += mint.quantity
      return end(mint, "rejected")
    }
    if (own.chance(fee)) mint.fee = mint.quantity / BigInt(own.between(100, 2000))
    const { decimals, token } = Places.equities[mint.symbol]
    const amount = rescaleFloor(mint.quantity - mint.fee, shareDecimals, decimals)
    const isEarly = own.chance(early)
    const send = () =>
      payments.send({
        call: {
          from: Places.issuer,
          to: token,
          data: encodeFunctionData({ abi, functionName: "mint", args: [mint.wallet, amount] })
        },
        depth: reported,
        onSent: (hash) => {
          mint.hash = hash
          Lies.sent(mint.lies, own, mood(), now())
          if (isEarly) end(mint, "completed")
        },
        onSettled: () => end(mint, "completed")
      })
    if (!isEarly || own.chance(0.5)) return send()
    end(mint, "completed")
    waits.after(own.below(lieFor + 1), send)
  }

  /** The label is not unique, and the newest that bears it is what a look by the label shows. */
  const relabel = (mint: Request, own: Dice) => {
    const foreign = open({
      ...mint,
      symbol: own.pick(symbols),
      quantity: mint.quantity + BigInt(own.between(1, 1_000_000_000)),
      wallet: own.pick([mint.wallet, Places.stranger]),
      hash: undefined,
      isForeign: true
    }, own)
    foreign.status = own.pick(["pending", "completed", "rejected"])
    // Only once ours is to be found behind it: before that nobody could tell that there is one.
    foreign.lies.shownFrom = Math.max(foreign.lies.shownFrom, mint.lies.shownFrom, mint.lies.listedFrom)
    foreign.lies.listedFrom = foreign.lies.shownFrom
  }

  const credited = new Map<Arrivals.Arrival, { request: Request | undefined; shares: bigint }>()

  const quantityOf = (symbol: Symbol, tokens: bigint) =>
    rescaleFloor(tokens, Places.equities[symbol].decimals, shareDecimals)

  const symbolOf = ({ token }: Arrivals.Arrival): Symbol => token === Places.equities.AAPL.token ? "AAPL" : "TSLA"

  const detect = (arrival: Arrivals.Arrival, own: Dice): void => {
    const tokens = arrivals.amount(arrival, depths.detection)
    // Reorganised away meanwhile.
    if (tokens === 0n) return arrivals.when(arrival, depths.detection, () => detect(arrival, own))
    const symbol = symbolOf(arrival)
    const quantity = quantityOf(symbol, tokens)
    if (quantity === 0n) return
    const request = open({
      type: "redeem",
      symbol,
      quantity,
      wallet: arrival.from,
      label: Option.none(),
      hash: arrival.hash,
      isForeign: false
    }, own)
    const redemption: { request: Request | undefined; shares: bigint } = { request, shares: 0n }
    credited.set(arrival, redemption)
    waits.after(Mood.duration(own, mood()), () =>
      arrivals.when(arrival, depths.redemption, () => {
        redemption.shares = quantity
        available[symbol] += quantity
        end(request, "completed")
      }))
  }

  const arrivals = Arrivals.make(base, {
    to: Places.redemptionWallet,
    tokens: symbols.map((symbol) => Places.equities[symbol].token),
    isOurs: (from) => from === Places.wallet,
    onArrival: (arrival) => {
      credited.set(arrival, { request: undefined, shares: 0n })
      const own = dice.fork(`redemption ${credited.size}`)
      arrivals.when(
        arrival,
        depths.detection,
        () => waits.after(Mood.duration(own, mood()), () => detect(arrival, own))
      )
    }
  })

  const isMinted = ({ hash }: Request) => payments.isMined(hash)
  const mintsOf = (wanted: Symbol) =>
    requests.filter(({ isForeign, symbol, type }) => type === "mint" && !isForeign && symbol === wanted)
  const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((one, other) => one + other, 0n)

  return {
    requests: () => requests,
    accept: (draft) => {
      const { clientRequestId: label, quantity, symbol } = draft
      if (available[symbol] < quantity) return Option.none()
      available[symbol] -= quantity
      const own = dice.fork(`mint ${requests.length}`)
      const wallet = Address.make(draft.wallet)
      const mint = open({ type: "mint", symbol, quantity, wallet, label, hash: undefined, isForeign: false }, own)
      waits.after(Mood.duration(own, mood()), () => issue(mint, own))
      if (Option.isSome(label) && own.chance(mood().relabelled)) {
        waits.after(own.below(mood().usual), () => relabel(mint, own))
      }
      return Option.some(mint)
    },
    shares: (symbol) => available[symbol],
    issuing: (symbol) =>
      sum(
        mintsOf(symbol).filter((mint) => mint.status !== "rejected" && !isMinted(mint)).map(({ quantity }) => quantity)
      ),
    kept: (symbol) => sum(mintsOf(symbol).filter(isMinted).map(({ fee }) => fee)),
    redemptions: () =>
      [...credited].map(([arrival, { request, shares }]) => ({
        hash: arrival.hash,
        symbol: symbolOf(arrival),
        tokens: arrivals.amount(arrival, 1),
        request,
        credited: shares
      })),
    isMinted
  }
}
