/** An anvil chain on loopback, as a scoped resource: gone with its scope, and with this process however that ends. */
import { Duration, Effect, Schedule, Schema, type Scope } from "effect"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { describe, LocalWorldError } from "./LocalWorldError.ts"
import * as Supervisor from "./Supervisor.ts"

export interface Options {
  readonly chainId: number
  /** Blocks come at this interval and not otherwise, so that transactions wait in a mempool and confirmations come. */
  readonly blockTime: Duration.DurationInput
}

export interface Anvil {
  readonly chainId: number
  /** The node itself. What is handed to users is the proxy in front of it. */
  readonly url: string
  readonly pid: number
  /** Resolves with the circumstances when the node is gone. */
  readonly exited: Effect.Effect<string>
}

/** Recent states kept in memory. Without a limit a sandbox that runs for a day fills the disk. */
const keptStates = 1_024

const startTimeout = "30 seconds"

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" }

/**
 * The native binary. The package's own launcher is avoided: it is one more process, and it would survive a SIGKILL of
 * ours. Resolved from that package, since package managers need not hoist its optional dependencies.
 */
export const binary: Effect.Effect<string, LocalWorldError> = Effect.try({
  try: () => {
    const launcher = createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json")
    const name = process.platform === "win32" ? "anvil.exe" : "anvil"
    // Where its install script puts a binary when the optional dependency is absent.
    const downloaded = join(dirname(launcher), "..", "dist", name)
    if (existsSync(downloaded)) return downloaded
    const platform = `${process.platform}-${architectures[process.arch] ?? process.arch}`
    return createRequire(launcher).resolve(`@foundry-rs/anvil-${platform}/bin/${name}`)
  },
  catch: (cause) =>
    new LocalWorldError({
      reason: "AnvilMissing",
      detail: `no anvil binary for ${process.platform} ${process.arch} is installed`,
      cause
    })
})

const ChainIdAnswer = Schema.Struct({ result: Schema.String })

const chainId = (url: string) =>
  Effect.tryPromise((signal) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
      signal
    }).then((response) => response.json())
  ).pipe(
    Effect.flatMap(Schema.decodeUnknown(ChainIdAnswer)),
    Effect.map((answer) => Number(answer.result))
  )

export const make = (options: Options): Effect.Effect<Anvil, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const failed = (detail: string, cause?: unknown) =>
      new LocalWorldError({ reason: "AnvilFailed", detail: `anvil for chain ${options.chainId}: ${detail}`, cause })
    const command = yield* binary
    const child = yield* Supervisor.start(
      command,
      [
        // Port 0: the kernel picks a free one and anvil prints it, so that no two worlds race for a port.
        "--host=127.0.0.1",
        "--port=0",
        `--chain-id=${options.chainId}`,
        `--block-time=${Duration.toSeconds(options.blockTime)}`,
        "--accounts=1",
        `--prune-history=${keptStates}`
      ],
      /Listening on (127\.0\.0\.1:\d+)/
    ).pipe(
      Effect.mapError((detail) => failed(detail)),
      Effect.timeoutFail({ duration: startTimeout, onTimeout: () => failed(`not listening after ${startTimeout}`) })
    )
    const url = `http://${child.match}`
    const served = yield* chainId(url).pipe(
      Effect.retry(Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(250))),
      Effect.mapError((cause) => failed(`no answer from ${url}, ${describe(cause)}`, cause))
    )
    if (served !== options.chainId) return yield* failed(`it serves chain ${served}`)
    yield* child.exited.pipe(
      Effect.flatMap((detail) => Effect.logError(`anvil for chain ${options.chainId} is gone: ${detail}`)),
      Effect.forkScoped
    )
    return { chainId: options.chainId, url, pid: child.pid, exited: child.exited }
  })
