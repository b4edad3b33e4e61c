/** `tokenization` below the account's path (facts: external-apis.md 1.2 to 1.6). */
import { Either, Option } from "effect"
import type * as AlpacaLedger from "../../src/layers/local/AlpacaLedger.ts"
import * as AlpacaProblem from "../../src/layers/local/AlpacaProblem.ts"
import type { Endpoint, Wire } from "../../src/layers/local/AlpacaSettings.ts"
import { issuerName, networkName, readDraft } from "../../src/layers/local/AlpacaTokenizationRoutes.ts"
import * as AlpacaWire from "../../src/layers/local/AlpacaWire.ts"
import type { Dice } from "../Dice.ts"
import * as Ids from "../Ids.ts"
import * as Places from "../Places.ts"
import { type HttpAnswer, type HttpRequest, json } from "../Server.ts"
import type { Timeline } from "../Timeline.ts"
import * as Habits from "./Habits.ts"
import * as Lies from "./Lies.ts"
import type { Mood } from "./Mood.ts"
import type { Request, Symbol, Tokenization } from "./Tokenization.ts"

const symbols = ["AAPL", "TSLA"]
const isSymbol = (word: string): word is Symbol => symbols.includes(word)

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What was answered under a key. A refusal stands as well: an order that was late must not be taken after it. */
interface Kept {
  readonly body: string
  readonly answer: HttpAnswer
  readonly request: Request | undefined
}

export interface Desk {
  /** @param path what comes after `tokenization/` */
  readonly respond: (path: string, request: HttpRequest) => HttpAnswer
}

const told = (request: Request, now: number): AlpacaLedger.TokenizationRequest => {
  const { fee, hash, lies, status } = request
  const isTold = request.type === "redeem" || status === "completed"
  const named = request.type === "redeem" ? hash : Lies.hash(lies, hash, now)
  return {
    ...request,
    issuer: issuerName,
    network: networkName,
    clientRequestId: request.label,
    txHash: isTold ? Option.fromNullable(named) : Option.none(),
    fee: isTold && fee > 0n ? Option.some(fee) : Option.none()
  }
}

export const make = (options: {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly mood: () => Mood
  readonly tokenization: Tokenization
}): Desk => {
  const { dice, mood, timeline: { now }, tokenization } = options
  const keys = new Map<string, Kept>()
  const nonsense = AlpacaWire.foreignRows(now())
  const nobody = Ids.uuid(dice)

  const habits = (): Wire => Habits.tokenization(dice, mood())

  const render = (request: Request, endpoint: Endpoint, wire: Wire) => {
    const numbersIn = Habits.fitsNumber(request.quantity) ? wire.numbersIn : []
    const row = AlpacaWire.render(told(request, now()), { ...wire, numbersIn }, endpoint, `t${request.symbol}`, now())
    return { ...row, status: Lies.status(request.lies, request.status, now()) }
  }

  const refuse = ({ body, status }: AlpacaProblem.AlpacaProblem) => json(body, status)

  const refusal = (symbol: string): AlpacaProblem.AlpacaProblem => {
    const insufficient = `insufficient position for ${symbol}`
    switch (dice.below(5)) {
      case 0:
        return AlpacaProblem.malformed(insufficient)
      case 1:
        return AlpacaProblem.forbidden(insufficient)
      case 2:
        return AlpacaProblem.malformed("account is not authorized to mint")
      case 3:
        return AlpacaProblem.forbidden("account is not authorized to mint")
      default:
        return AlpacaProblem.invalid(`asset ${symbol} is not available`)
    }
  }

  const replay = ({ answer, body, request }: Kept, sent: string): HttpAnswer => {
    if (body !== sent) {
      return refuse(AlpacaProblem.invalid("Idempotency-Key was already used with a different request body"))
    }
    return request?.status === "rejected"
      ? refuse(AlpacaProblem.malformed("the request with this Idempotency-Key was rejected"))
      : { ...answer, headers: { ...answer.headers, "idempotent-replayed": "true" } }
  }

  const order = (body: string): Omit<Kept, "body"> => {
    const refused = (problem: AlpacaProblem.AlpacaProblem) => ({ answer: refuse(problem), request: undefined })
    const read = readDraft(body, symbols)
    if (Either.isLeft(read)) return refused(read.left)
    const { symbol } = read.right
    if (!isSymbol(symbol)) return refused(AlpacaProblem.invalid(`asset ${symbol} not found`))
    if (dice.chance(mood().refused)) return refused(refusal(symbol))
    const accepted = tokenization.accept({ ...read.right, symbol })
    if (Option.isNone(accepted)) {
      const status = dice.pick([AlpacaProblem.malformed, AlpacaProblem.forbidden])
      return refused(status(`insufficient position for ${symbol}`))
    }
    return { answer: json(render(accepted.value, "mint", habits())), request: accepted.value }
  }

  const mint = ({ body, headers }: HttpRequest): HttpAnswer => {
    const key = headers["idempotency-key"]
    const known = key === undefined ? undefined : keys.get(key)
    if (known !== undefined) return replay(known, body)
    const ordered = order(body)
    if (key !== undefined) keys.set(key, { ...ordered, body })
    return ordered.answer
  }

  const isShown = ({ lies }: Request) => now() >= lies.shownFrom
  const isListed = ({ lies }: Request) => now() >= lies.listedFrom
  const missing = () => refuse(AlpacaProblem.notFound("tokenization request not found"))

  const byId = (id: string): HttpAnswer => {
    if (!uuid.test(id)) return refuse(AlpacaProblem.invalid("tokenization_request_id is invalid"))
    const found = tokenization.requests().find((one) => one.id === id.toLowerCase())
    return found === undefined || !isShown(found) ? missing() : json(render(found, "request", habits()))
  }

  const byLabel = (label: string): HttpAnswer => {
    const found = tokenization.requests().findLast((one) =>
      one.type === "mint" && Option.contains(one.label, label) && isShown(one)
    )
    return found === undefined ? missing() : json(render(found, "label", habits()))
  }

  /** What somebody else asked for, who has the same wishes. */
  const twin = (row: Readonly<Record<string, unknown>>) => ({
    ...row,
    tokenization_request_id: nobody,
    client_request_id: `somebody else's ${nobody}`,
    wallet_address: Places.stranger,
    tx_hash: dice.pick([null, "", Places.vaultId])
  })

  const list = (query: URLSearchParams): HttpAnswer => {
    const [after, before] = ["after", "before"].map((name) => query.get(name)).map((text) =>
      text === null ? undefined : Date.parse(text)
    )
    const isWithin = (createdAt: number) => (after ?? -Infinity) < createdAt && createdAt < (before ?? Infinity)
    const has = (name: string, value: string) => [null, value].includes(query.get(name))
    const wire = habits()
    const rows = tokenization.requests().filter((one) =>
      isListed(one) && isWithin(one.createdAt) && has("type", one.type) && has("underlying_symbol", one.symbol) &&
      has("issuer", issuerName) && has("network", networkName) &&
      has("status", Lies.status(one.lies, one.status, now()))
    ).map((one) => render(one, "list", wire))
    if (!dice.chance(mood().foreign)) return json(Habits.ordered(dice, mood(), rows))
    const foreign = nonsense.filter((one) => isWithin(one.createdAt) && has("type", one.type)).map((
      { createdAt: _, ...row }
    ) => row)
    return json(Habits.ordered(dice, mood(), [...rows, ...rows.slice(-2).map(twin), ...foreign]))
  }

  return {
    respond: (path, request) => {
      const { searchParams } = request.url
      if (request.method === "POST") return path === "mint" ? mint(request) : missing()
      if (request.method !== "GET") return missing()
      if (path === "requests") return list(searchParams)
      if (path === "requests:by_client_request_id") return byLabel(searchParams.get("client_request_id") ?? "")
      return path.startsWith("requests/") ? byId(decodeURIComponent(path.slice("requests/".length))) : missing()
    }
  }
}
