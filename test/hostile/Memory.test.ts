/** Answers of a hundred megabytes, without an end, of another length than they say, or packed: cut off, and told. */
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { Effect, type Layer, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"
import { afterAll, beforeAll, expect, vi } from "vitest"
import * as Address from "../../src/domain/Address.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as AlpacaTokenizationLive from "../../src/layers/alpaca/AlpacaTokenization.ts"
import * as AlpacaWalletLive from "../../src/layers/alpaca/AlpacaWallet.ts"
import * as OAuth from "../../src/layers/alpaca/OAuth.ts"
import * as CircleClient from "../../src/layers/cctp/CircleClient.ts"
import * as EvmChain from "../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../src/layers/evm/RpcEndpoint.ts"
import { AlpacaTokenization } from "../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../src/services/AlpacaWallet.ts"
import { requestId } from "../layers/alpaca/Live.ts"
import { judge } from "./Judgement.ts"

/** For all of it together: a few answers of the largest kind. One that is read to its end takes more. */
const bound = 192 * 1024 * 1024

let server: ChildProcess | undefined
let url = ""

beforeAll(async () => {
  server = spawn(process.execPath, [path.join(import.meta.dirname, "programs/Flood.mjs")], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const [port] = await once(server.stdout ?? server, "data")
  url = `http://127.0.0.1:${String(port).trim()}`
})
afterAll(() => void server?.stdin?.end())

const config = (baseUrl: string) => ({
  baseUrl,
  accountId: "904837e3",
  key: Redacted.make("PKTESTKEY0123456789"),
  secret: Redacted.make("s3cr3t-of-the-broker"),
  auth: "headers" as const,
  timeout: "20 seconds" as const
})
const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const txHash = TxHash.make(`0x${"ab".repeat(32)}`)

type Call = (url: string) => Effect.Effect<unknown, { readonly message: string }, HttpClient.HttpClient>

const calls: Readonly<Record<string, Call>> = {
  "Alpaca, an object": (url) =>
    Effect.provide(
      Effect.flatMap(AlpacaTokenization, (alpaca) => alpaca.getRequest(requestId)),
      AlpacaTokenizationLive.layer(config(url))
    ),
  "Alpaca, a list": (url) =>
    Effect.provide(
      Effect.flatMap(AlpacaWallet, (wallet) => wallet.whitelisting(address)),
      AlpacaWalletLive.layer(config(url))
    ),
  OAuth: (url) =>
    Effect.flatMap(
      OAuth.make({ ...config(url), tokenUrl: url }),
      ({ token }) => token
    ),
  Circle: (url) =>
    Effect.scoped(Effect.flatMap(
      CircleClient.make({ apiUrl: url, timeout: "20 seconds" }),
      (circle) => circle.messages("base", txHash)
    )),
  // It knows of no client: its own is `fetch`.
  "a node": (url) =>
    EvmChain.make("base", {
      endpoints: [RpcEndpoint.http(Redacted.make(url))],
      chainId: 8453,
      confirmations: 1,
      timeout: "20 seconds"
    }).block
}

const clients: Readonly<Record<string, Layer.Layer<HttpClient.HttpClient>>> = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici
}

/** High water since the process began, so that nothing that was let go in between is missed. */
const most = () => process.resourceUsage().maxRSS * 1024

describe("is cut off", () => {
  let before = 0
  beforeAll(() => {
    before = most()
  })

  for (const [client, layer] of Object.entries(clients)) {
    for (const [name, call] of Object.entries(calls)) {
      // What the command line uses is `fetch`; another application may bring another one.
      if (client === "undici" && name !== "Alpaca, an object") continue
      it(`${name}, by ${client}`, async () => {
        for (const way of ["hundred/200", "hundred/500", "endless/200", "lying/200", "bomb/200", "bomb/400"]) {
          expect(await judge(Effect.provide(call(`${url}/${way}`), layer), () => false), way).toBe("failure")
        }
        expect(most() - before, "bytes").toBeLessThan(bound)
      })
    }
  }

  it("and hung up on", () =>
    vi.waitFor(async () => expect(await (await fetch(`${url}/open`)).text()).toBe("0"), { timeout: 10_000 }))
})
