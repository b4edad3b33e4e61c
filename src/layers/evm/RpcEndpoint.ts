/** One node that can be asked. */
import { Redacted } from "effect"
import * as Viem from "viem"
import * as Redaction from "./Redaction.ts"

export interface RpcEndpoint {
  /** How people know it: `https://host`. */
  readonly host: string
  readonly transport: Viem.Transport
  /** Makes a text of this endpoint fit to be shown. */
  readonly redact: (text: string) => string
}

/** A whole block's worth of logs is below 2 MB; beyond this the other side is not a node. */
const largestAnswer = 10 * 1024 * 1024

/** A JSON-RPC node behind a URL, which may contain an API key. */
export const http = (url: Redacted.Redacted<string>): RpcEndpoint => {
  const value = Redacted.value(url)
  return {
    host: Redaction.host(value),
    // Time and retries are Effect's: 0 means that viem sets no timer.
    transport: Viem.http(value, { batch: false, retryCount: 0, timeout: 0, maxResponseBodySize: largestAnswer }),
    redact: Redaction.make([value])
  }
}

/** Anything that viem can talk to, for example `custom` over a simulated node. */
export const fromTransport = (host: string, transport: Viem.Transport): RpcEndpoint => ({
  host,
  transport,
  redact: Redaction.make([])
})
