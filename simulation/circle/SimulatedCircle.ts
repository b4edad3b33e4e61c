/** Circle's attestation API in the simulated world, and the strangers that mint what it has signed. */
import { type Hex, numberToHex } from "viem"
import * as Abi from "../../src/layers/cctp/Abi.ts"
import type { ChainName } from "../../src/services/Chain.ts"
import type { Dice } from "../Dice.ts"
import type { Onlooker } from "../Onlooker.ts"
import { type HttpAnswer, type HttpRequest, json, type Server } from "../Server.ts"
import type { Timeline } from "../Timeline.ts"
import * as Waits from "../Waits.ts"
import * as Burns from "./Burns.ts"
import type { Mood } from "./Mood.ts"
import * as Offers from "./Offers.ts"
import * as Wire from "./Wire.ts"

export { calm, type Mood, wild } from "./Mood.ts"

export interface Options {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly mood: Mood
  readonly chains: Readonly<Record<ChainName, Onlooker>>
  readonly depths?: Burns.Depths
}

export interface Message {
  readonly nonce: Hex
  readonly source: ChainName
  readonly sourceTx: Hex
  /** In units of 1e-6 USDC, as the fee, which is in it. */
  readonly amount: bigint
  readonly fee: bigint
  readonly attested: boolean
}

export interface SimulatedCircle extends Server {
  readonly setMood: (mood: Mood) => void
  /** In the order in which Circle saw them; also those that were reorganised away and have not come back. */
  readonly messages: () => ReadonlyArray<Message>
}

const defaultDepths: Burns.Depths = { fast: { ethereum: 3, base: 10 }, standard: { ethereum: 64, base: 400 } }

const refuse = (status: number, error: string): HttpAnswer => json({ code: status, error }, status)
const notFound = refuse(404, "Message not found")

const chainOf = (domain: string | undefined): ChainName | undefined =>
  domain === String(Abi.domains.ethereum) ? "ethereum" : domain === String(Abi.domains.base) ? "base" : undefined

const isHash = (text: string): text is Hex => /^0x[0-9a-fA-F]{64}$/.test(text)

/** Circle takes a nonce as it gives it. */
const nonceIn = (text: string | undefined): Hex | undefined => {
  if (text === undefined || !/^(?:0x[0-9a-fA-F]{64}|[0-9]{1,77})$/.test(text)) return undefined
  return numberToHex(BigInt(text), { size: 32 })
}

export const make = (options: Options): SimulatedCircle => {
  const { chains, depths = defaultDepths, dice, timeline } = options
  let current = options.mood
  const mood = () => current
  const waits = Waits.make(timeline)
  const offers = Offers.make({ timeline, mood, dice: dice.fork("offers") })
  const burns = Burns.make({ timeline, waits, mood, offers, chains, depths, dice: dice.fork("burns") })
  const wording = dice.fork("wording")
  const wire = Wire.make(wording)

  const messages = (domain: string | undefined, query: URLSearchParams): HttpAnswer => {
    const source = chainOf(domain)
    if (source === undefined) return refuse(400, "Invalid sourceDomainId")
    const hash = query.get("transactionHash")
    if (hash === null || !isHash(hash)) return refuse(400, "transactionHash must be given")
    const found = burns.inTransaction(source, hash)
    if (found === undefined) return notFound
    const habits = { isQuirky: wording.chance(mood().quirks), now: timeline.now() }
    return json({ messages: found.flatMap((burn) => wire.rows(burn, habits)) })
  }

  const reattest = (text: string | undefined): HttpAnswer => {
    const nonce = nonceIn(text)
    if (nonce === undefined) return refuse(400, "Invalid nonce")
    const burn = burns.withNonce(nonce)
    if (burn === undefined || burn.step !== "signed") return notFound
    return burns.renew(burn) === "accepted"
      ? json({ message: "Re-attestation requested", nonce: text })
      : refuse(400, "Message is not eligible for re-attestation")
  }

  const respond = ({ method, url }: HttpRequest): HttpAnswer => {
    const [version, ...path] = url.pathname.slice(1).split("/")
    const [noun, second, third, fourth, fifth] = path
    if (version !== "v2") return refuse(404, "Not found")
    if (method === "POST") return noun === "reattest" ? reattest(second) : refuse(404, "Not found")
    if (method !== "GET") return refuse(404, "Not found")
    if (noun === "messages") return messages(second, url.searchParams)
    if (path.slice(0, 3).join("/") === "burn/USDC/fees") {
      return chainOf(fourth) === undefined || chainOf(fifth) === undefined || fourth === fifth
        ? refuse(400, "Invalid domain")
        : json(Wire.fees(offers.fee()))
    }
    return noun === "fastBurn" && second === "USDC" && third === "allowance"
      ? json(Wire.allowance(offers.allowance(), timeline.now()))
      : refuse(404, "Not found")
  }

  return {
    respond,
    setMood: (mood) => {
      current = mood
      burns.hurry(timeline.now() + mood.longest)
      waits.hurry(mood.longest)
    },
    messages: () =>
      burns.all().map(({ amount, fee, hash, nonce, source, step }) => ({
        nonce,
        source,
        sourceTx: hash,
        amount,
        fee,
        attested: step === "signed"
      }))
  }
}
