/** The local world as a process of its own, and commands beside it: each is what a shell would have started. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import path from "node:path"
import { createInterface } from "node:readline"

const ballast = path.join(import.meta.dirname, "..", "dist", "main.js")

const pace = {
  BALLAST_LOG_FORMAT: "json",
  // Nothing is to end by its deadline here, on however busy a machine.
  BALLAST_HTTP_TIMEOUT: "20 seconds",
  BALLAST_POLL_TIMEOUT: "20 minutes",
  BALLAST_ATTESTATION_TIMEOUT: "20 minutes",
  BALLAST_WITHDRAWAL_SETTLING_TIME: "6 seconds",
  BALLAST_POLL_INTERVAL: "150 millis",
  BALLAST_ATTESTATION_POLL_INTERVAL: "150 millis",
  BALLAST_BASE_CONFIRMATIONS: "2"
}

/** Of a log on stderr so many of the last characters are kept, for the story. */
const kept = 4000

/** A command that runs. `ended` answers its exit code, or null if it was killed, and what it printed. */
const started = (environment) => (...args) => {
  const child = spawn(process.execPath, [ballast, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const out = { stdout: "", stderr: "" }
  child.stdout.on("data", (part) => out.stdout += part)
  child.stderr.on("data", (part) => out.stderr = (out.stderr + part).slice(-kept))
  const begun = performance.now()
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...out, millis: performance.now() - begun }))
  })
  return { ended, kill: () => child.kill("SIGKILL") }
}

/** One after the other, as the file has them. Empty before there is such an operation. */
const eventsOf = (file) => (id) =>
  SqliteClient.make({ filename: file, readonly: true, disableWAL: true }).pipe(
    Effect.flatMap((sql) => sql`SELECT event_type AS type FROM events WHERE aggregate_id = ${id} ORDER BY sequence`),
    Effect.map((rows) => rows.map(({ type }) => type)),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.sandbox,
    Effect.orElseSucceed(() => []),
    Effect.runPromise
  )

/** What has an effect outside. Its answer comes late, so that many kills fall between an effect and its record. */
const effects = [
  ["alpaca", "POST mint"],
  ["alpaca", "wallets.withdraw"],
  ["ethereum", "eth_sendRawTransaction"],
  ["base", "eth_sendRawTransaction"]
]
const late = { _tag: "DelayAfter", millis: 400 }

const json = async (url, body) => {
  const headers = { "content-type": "application/json" }
  const answer = await fetch(url, body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  return answer.json()
}

const balanceOf = "0x70a08231"

/** Starts it, and answers how it is used. It ends with this process, or by `stop`. */
export const start = async () => {
  const child = spawn(process.execPath, [ballast, "sandbox", "--json"], { stdio: ["ignore", "pipe", "inherit"] })
  process.once("exit", () => child.kill("SIGTERM"))
  const died = new Promise((_, reject) => child.once("exit", () => reject(new Error("the sandbox has ended"))))
  died.catch(() => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await Promise.race([lines.next(), died])
  const environment = { ...JSON.parse(first.value), ...pace }
  const { AAPL } = JSON.parse(environment.BALLAST_EQUITIES)
  const owner = environment.BALLAST_VAULT_OWNER
  for (const [server, on] of effects) {
    await json(`${environment.BALLAST_ALPACA_BASE_URL}/_world/faults`, { server, on, fault: late, times: "forever" })
  }

  return {
    start: started(environment),
    eventsOf: eventsOf(environment.BALLAST_DATABASE.replace("sqlite:", "")),
    /** What truly happened: at the broker, and to USDC. */
    ledger: async () => ({
      broker: await json(`${environment.BALLAST_ALPACA_BASE_URL}/_world/ledger`),
      usdc: await json(`${environment.BALLAST_CCTP_API_URL}/_world/ledger`)
    }),
    /** In our wallet on Base, in the token's smallest unit. */
    tokens: async () => {
      const call = { to: AAPL.token, data: `${balanceOf}${owner.slice(2).toLowerCase().padStart(64, "0")}` }
      const asked = { jsonrpc: "2.0", id: 1, method: "eth_call", params: [call, "latest"] }
      return BigInt((await json(environment.BALLAST_BASE_RPC_URL, asked)).result)
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", resolve)
        child.kill("SIGTERM")
      })
  }
}
