/** What callers of the local Alpaca's wallets send, checked as the real one does (facts: external-apis.md 2.2, 2.3). */
import { Either, Predicate } from "effect"
import { type Address, isAddress } from "viem"
import * as Usdc from "../../domain/Usdc.ts"
import { type AlpacaProblem, travelRule, walletError } from "./AlpacaProblem.ts"
import { decodeBody } from "./AlpacaRoute.ts"
import type { WithdrawalDraft } from "./AlpacaWalletLedger.ts"
import { checkOwner, type WhitelistDraft } from "./AlpacaWhitelist.ts"

const chains = ["SOL", "ETH", "BTC", "XRP", "ARB"]
const assets = ["BTC", "ETH", "SOL", "USDC", "USDT", "XRP"]

type Body = Readonly<Record<string, unknown>>

const refuse = (message: string) => Either.left(walletError(message))

const field = (body: Body, name: string): Either.Either<string, AlpacaProblem> => {
  const value = body[name]
  return typeof value === "string" && value !== "" ? Either.right(value) : refuse(`${name} is required`)
}

/** More than nothing, in units of 1e-6 USDC. */
export const readAmount = (text: string): Either.Either<bigint, AlpacaProblem> =>
  Either.flatMap(
    Either.mapLeft(Usdc.parse(text), ({ reason }) =>
      walletError(
        reason === "TooManyDecimals" ? "amount must not have more than 6 decimal places" : "amount is invalid"
      )),
    (units) => units > 0n ? Either.right(units) : refuse("amount must be greater than 0")
  )

const readTarget = (
  text: string
): Either.Either<Body & { readonly address: Address; readonly asset: string; readonly chain: string }, AlpacaProblem> =>
  Either.gen(function*() {
    const body = yield* Either.mapLeft(decodeBody(text), () => walletError("request body format is invalid"))
    const asset = yield* field(body, "asset")
    const address = yield* field(body, "address")
    const chain = body["chain"] ?? "ETH"
    if (!assets.includes(asset)) return yield* refuse(`asset ${asset} is not supported`)
    if (typeof chain !== "string" || !chains.includes(chain)) {
      return yield* refuse(`chain must be one of ${chains.join(", ")}`)
    }
    // viem takes an address in lower case for valid; Alpaca does not.
    if (!isAddress(address) || address === address.toLowerCase()) {
      return yield* refuse("address is invalid: not a checksummed address")
    }
    return { ...body, address, asset, chain }
  })

export const readWithdrawal = (text: string): Either.Either<WithdrawalDraft, AlpacaProblem> =>
  Either.gen(function*() {
    const body = yield* readTarget(text)
    const amount = yield* Either.flatMap(field(body, "amount"), readAmount)
    if (body.asset !== "USDC" || body.chain !== "ETH") {
      return yield* refuse(`${body.asset} cannot be withdrawn on ${body.chain}`)
    }
    return { amount, to: body.address }
  })

export const readWhitelisting = (text: string): Either.Either<WhitelistDraft, AlpacaProblem> =>
  Either.gen(function*() {
    const { address, asset, chain, ...body } = yield* readTarget(text)
    const info = body["travel_rule_info"]
    if (!Predicate.isRecord(info)) return yield* Either.left(travelRule("INVALID_DATA", "travel_rule_info is required"))
    yield* checkOwner(info)
    return { address, asset, chain, travelRuleInfo: info }
  })
