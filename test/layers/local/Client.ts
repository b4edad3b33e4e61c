/** A plain HTTP client for the tests, independent of Ballast's own. */
import { Effect, Option, Schedule, Schema } from "effect"
import { Hex } from "../../../src/domain/Hex.ts"
import type { World } from "../../../src/layers/local/LocalWorld.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Empty unless it is a JSON object. */
  readonly body: Row
  /** Empty unless it is a JSON array. */
  readonly rows: ReadonlyArray<Row>
}

export type Row = Readonly<Record<string, unknown>>

export interface Call {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** A string is sent as it is. */
  readonly body?: unknown
}

const Row = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const decode = Schema.decodeOption(Schema.parseJson(Schema.Union(Schema.Array(Row), Row)))

const json = (received: string): Pick<Answer, "body" | "rows"> => {
  const rows: ReadonlyArray<Row> = Option.toArray(decode(received)).flat()
  return { body: rows[0] ?? {}, rows }
}

/** A field that must be a string. */
export const text = (row: Row, field: string) => Schema.decodeUnknownSync(Schema.String)(row[field])

export const hex = (row: Row, field: string) => Schema.decodeUnknownSync(Hex)(row[field])

/** Looks again until it is so, within bounds. */
export const until = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (seen: A) => boolean) =>
  look.pipe(
    Effect.filterOrFail(isSo, () => "not yet"),
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.timeout("10 seconds")
  )

/** Fails with the transport's error when the connection breaks. */
export const call = (url: string, { body, headers = {}, method = "GET" }: Call = {}) =>
  Effect.tryPromise(async (signal): Promise<Answer> => {
    const response = await fetch(url, {
      method,
      headers: { "content-type": "application/json", ...headers },
      signal,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    const received = await response.text()
    return { status: response.status, headers: response.headers, text: received, ...json(received) }
  })

/** The account's tokenization path with `tail`. */
export const path = ({ alpaca }: World, tail: string) =>
  `${alpaca.url}/v1/accounts/${alpaca.credentials.accountId}/tokenization${tail}`

export const authentic = ({ alpaca }: Pick<World, "alpaca">) => ({
  "apca-api-key-id": alpaca.credentials.apiKey,
  "apca-api-secret-key": alpaca.credentials.apiSecret
})

export const get = (world: World, tail: string) => call(path(world, tail), { headers: authentic(world) })

export const mintBody = (world: World, fields: Record<string, unknown> = {}) => ({
  underlying_symbol: "AAPL",
  qty: "1.5",
  issuer: "st0x",
  network: "base",
  wallet_address: world.wallet.address,
  ...fields
})

export const mint = (world: World, fields: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  call(path(world, "/mint"), {
    method: "POST",
    headers: { ...authentic(world), ...headers },
    body: mintBody(world, fields)
  })

export const control = (world: Pick<World, "alpaca">, method: string, tail: string, body?: unknown) =>
  call(`${world.alpaca.url}/_world${tail}`, { method, body })

export const rpc = (url: string, method: string, params: ReadonlyArray<unknown> = []) =>
  call(url, { method: "POST", body: { jsonrpc: "2.0", id: 7, method, params } })

/** A mint that must be accepted. Answers its id. */
export const minted = (world: World, fields: Record<string, unknown> = {}) =>
  Effect.map(mint(world, fields), ({ body }) => text(body, "tokenization_request_id"))

/** The request once it is over. */
export const ended = (world: World, id: string) =>
  Effect.map(
    until(get(world, `/requests/${id}`), ({ body }) => body["status"] === "completed" || body["status"] === "rejected"),
    ({ body }) => body
  )

export const change = (world: Pick<World, "alpaca">, settings: object) => control(world, "POST", "/settings", settings)
