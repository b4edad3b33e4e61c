import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Logger, LogLevel, Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Anvil from "../../../src/layers/local/Anvil.ts"
import * as Supervisor from "../../../src/layers/local/Supervisor.ts"
import { rpc, until } from "./Client.ts"

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const gone = (pid: number) => until(Effect.sync(() => isAlive(pid)), (alive) => !alive)

const options: Anvil.Options = { chainId: 8453, blockTime: "100 millis" }
const node = process.execPath

describe("Anvil", () => {
  it.scopedLive("serves its chain id, and blocks come at the interval without transactions", () =>
    Effect.gen(function*() {
      const anvil = yield* Anvil.make(options)
      expect((yield* rpc(anvil.url, "eth_chainId")).body["result"]).toBe("0x2105")
      yield* until(rpc(anvil.url, "eth_blockNumber"), ({ body }) => Number(body["result"]) >= 3)
    }))

  it.live("is gone when its scope is closed", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { pid } = yield* Scope.extend(Anvil.make(options), scope)
      expect(isAlive(pid)).toBe(true)
      yield* Scope.close(scope, Exit.void)
      expect(isAlive(pid)).toBe(false)
    }))

  it.live("is gone when the process that started it is killed with SIGKILL", () =>
    Effect.gen(function*() {
      const binary = yield* Anvil.binary
      const pattern = "Listening on (\\S+)"
      const parent = spawn(node, [
        "-e",
        `require("node:child_process").spawn(process.execPath, ${
          JSON.stringify(["-e", Supervisor.source, "--", pattern, binary, "--port=0"])
        }, { stdio: ["pipe", "inherit", "ignore"], detached: true }); setInterval(() => {}, 1000)`
      ], { stdio: ["ignore", "pipe", "inherit"] })
      const line = yield* Effect.promise<string>(() =>
        new Promise((resolve) => createInterface({ input: parent.stdout }).once("line", resolve))
      )
      const { pid } = JSON.parse(line)
      expect(isAlive(pid)).toBe(true)
      parent.kill("SIGKILL")
      yield* gone(pid)
    }))

  it.scopedLive("reports that the node died", () =>
    Effect.gen(function*() {
      const anvil = yield* Anvil.make(options)
      process.kill(anvil.pid, "SIGKILL")
      expect(yield* Effect.timeout(anvil.exited, "5 seconds")).toContain("SIGKILL")
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))
})

describe("Supervisor", () => {
  it.live("kills a child that ignores SIGTERM", () =>
    Effect.gen(function*() {
      const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up 1')"
      const { pid } = yield* Effect.scoped(Supervisor.start(node, ["-e", stubborn], /up (\d)/))
      expect(isAlive(pid)).toBe(false)
    }))

  it.scopedLive("fails with what the child said when it leaves before it is ready", () =>
    Effect.gen(function*() {
      const detail = yield* Effect.flip(
        Supervisor.start(node, ["-e", "console.error('no memory'); process.exit(3)"], /up (\d)/)
      )
      expect(detail).toContain("code 3")
      expect(detail).toContain("no memory")
    }))

  it.scopedLive("fails when there is no such program", () =>
    Effect.gen(function*() {
      const detail = yield* Effect.flip(Supervisor.start("/nonexistent/anvil", [], /up (\d)/))
      expect(detail).toContain("ENOENT")
    }))
})
