/** Databases that may not be written, or that somebody else has: a clear word, nothing half done, and then it goes on. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Mints from "../../src/layers/testing/contracts/EventStoreMints.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import { inProcess } from "../cli/InProcess.ts"
import { minimal } from "../layers/Configuration.ts"
import * as Temporary from "../layers/sql/Temporary.ts"
import * as Lock from "./Lock.ts"
import * as Tables from "./Tables.ts"
import { resumed } from "./Unprivileged.ts"

/** A configuration that is complete, of a world in which nobody is at home. */
const complete = {
  ...minimal,
  BALLAST_ALPACA_BASE_URL: "http://127.0.0.1:1",
  BALLAST_ETHEREUM_RPC_URL: "http://127.0.0.1:1/quite-a-secret",
  BALLAST_BASE_RPC_URL: "http://127.0.0.1:1/quite-a-secret"
}

/** The append that every case tries. */
const appended = Effect.scoped(
  Effect.flatMap(Mints.hold(Mints.b), (lease) => Mints.append(lease, Mints.b, [], [Mints.requested]))
)

const refusedAs = (reason: StoreError["reason"], ...words: ReadonlyArray<string>) => (error: unknown): StoreError => {
  if (!(error instanceof StoreError)) return assert.fail(String(error))
  assert.strictEqual(error.reason, reason)
  for (const word of words) assert.include(error.message, word)
  return error
}

/** A database with one mint in it. */
const database = Effect.gen(function*() {
  const file = yield* Temporary.file
  yield* Effect.provide(Mints.written(Mints.a, [Mints.requested]), Temporary.portsOver(file))
  return file
})

describe("a database that another process has for itself", () => {
  it.scoped("to write: appends wait for some seconds, then say who is in the way, and go on when it has let go", () =>
    Effect.gen(function*() {
      const file = yield* database
      yield* Effect.gen(function*() {
        const lock = yield* Lock.held(file, "write")
        const before = yield* Tables.rows
        const waiting = yield* Effect.fork(Effect.flip(appended))
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual((yield* waiting.poll)._tag, "None", "it is patient")
        yield* TestClock.adjust("2 seconds")
        const error = refusedAs("Busy", Mints.b, "another process writes to it or holds it")(yield* Fiber.join(waiting))
        assert.strictEqual(error.kind, "transient")
        assert.deepStrictEqual(yield* Tables.rows, before)
        const reading = yield* inProcess(["list", "--json"], { BALLAST_DATABASE: `sqlite:${file}` })
        assert.strictEqual(reading.code, 0, "who only looks needs no lock")
        yield* lock.free
        assert.strictEqual(yield* appended, 1)
      }).pipe(Effect.provide(Temporary.portsOver(file)))
    }))

  it.scoped("altogether: no command opens it, and exit code 3 says that it is worth a later try", () =>
    Effect.gen(function*() {
      const file = yield* database
      const lock = yield* Lock.held(file, "all")
      const environment = { ...complete, BALLAST_DATABASE: `sqlite:${file}` }
      for (const command of ["list", "resume"]) {
        const running = yield* Effect.fork(inProcess([command, "--json"], environment))
        while ((yield* running.poll)._tag === "None") {
          // What it asks of chains that are not there takes the time of the machine.
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          yield* TestClock.adjust("1 second")
        }
        const { code, stderr, stdout } = yield* Fiber.join(running)
        assert.strictEqual(code, 3, stderr)
        assert.include(stderr, "another process writes to it or holds it")
        assert.include(stdout, `"reason":"Busy"`)
      }
      yield* lock.free
      assert.strictEqual((yield* inProcess(["list"], environment)).code, 0)
    }))
})

describe("a database file that goes away while it is open", () => {
  const ways: Readonly<Record<string, (file: string) => void>> = {
    "moved": (file) => fs.renameSync(file, `${file}.moved`),
    "deleted": (file) => fs.rmSync(file),
    "replaced by another": (file) => {
      fs.copyFileSync(file, `${file}.copy`)
      fs.renameSync(`${file}.copy`, file)
    }
  }
  for (const [how, away] of Object.entries(ways)) {
    it.scoped(`${how}: nothing is acknowledged that nobody will ever find`, () =>
      Effect.gen(function*() {
        const file = yield* database
        yield* Effect.gen(function*() {
          const before = yield* Tables.rows
          away(file)
          refusedAs("Unavailable", file, "moved, deleted or replaced", "put it back")(yield* Effect.flip(appended))
          assert.deepStrictEqual(yield* Tables.rows, before)
          if (how !== "moved") return
          fs.renameSync(`${file}.moved`, file)
          assert.strictEqual(yield* appended, 1, "it is back")
        }).pipe(Effect.provide(Temporary.portsOver(file)))
      }))
  }
})

describe("a database that may not be written", () => {
  it.scoped("by a connection that has become read-only: nothing is written, and then it is", () =>
    Effect.gen(function*() {
      const file = yield* database
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const before = yield* Tables.rows
        yield* sql`PRAGMA query_only = 1`.unprepared
        refusedAs("Unavailable", "SQLITE_READONLY", "writable for this user")(yield* Effect.flip(appended))
        assert.deepStrictEqual(yield* Tables.rows, before)
        yield* sql`PRAGMA query_only = 0`.unprepared
        assert.strictEqual(yield* appended, 1)
      }).pipe(Effect.provide(Temporary.portsOver(file)))
    }))

  /** What keeps a user out, and what he is told of it. */
  const obstacles: Readonly<Record<string, readonly [raise: (file: string) => void, about: (file: string) => string]>> =
    {
      "the file is read-only": [(file) => fs.chmodSync(file, 0o400), (file) => file],
      "its folder is read-only": [(file) => fs.chmodSync(path.dirname(file), 0o500), path.dirname],
      "its log is read-only": [(file) => {
        fs.writeFileSync(`${file}-wal`, "", { mode: 0o400 })
        if (process.getuid?.() === 0) fs.chownSync(`${file}-wal`, 65534, 65534)
      }, (file) => `${file}-wal`]
    }
  it.scopedLive(`by this user: exit code 2 before anything is sent, naming what is in the way`, () =>
    Effect.gen(function*() {
      const files: Array<string> = []
      for (const [raise] of Object.values(obstacles)) {
        const file = yield* database
        if (process.getuid?.() === 0) {
          for (const part of [path.dirname(file), file]) fs.chownSync(part, 65534, 65534)
        }
        raise(file)
        files.push(file)
      }
      const told = yield* resumed(files, complete)
      for (const file of files) fs.chmodSync(path.dirname(file), 0o700)
      for (const [index, [what, [, about]]] of Object.entries(obstacles).entries()) {
        const { code, document } = told[index] ?? assert.fail(what)
        assert.strictEqual(code, "2", `${what}: ${document}`)
        const way = `'${about(files[index] ?? "")}'`
        for (const word of ["BALLAST_DATABASE", "must be readable and writable", way, "Nothing was sent"]) {
          assert.include(document, word, what)
        }
      }
    }))
})
