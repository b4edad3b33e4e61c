/** A server of the simulated world: no network, no time of its own. The effect has happened when it has answered. */

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Server {
  readonly respond: (request: HttpRequest) => HttpAnswer
}

const headers = { "content-type": "application/json" }

export const json = (value: unknown, status = 200): HttpAnswer => ({ status, headers, body: JSON.stringify(value) })
