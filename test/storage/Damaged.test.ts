/** Files that were cut, overwritten, or lost in part: what opens is a state that was, the rest is named by `verify`. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlTransactions from "../../src/layers/sql/SqlTransactions.ts"
import * as Mints from "../../src/layers/testing/contracts/EventStoreMints.ts"
import * as Verification from "../../src/managers/Verification.ts"
import { inProcess } from "../cli/InProcess.ts"
import * as Temporary from "../layers/sql/Temporary.ts"
import * as Tables from "./Tables.ts"

const ports = (file: string) => Layer.provideMerge(SqlTransactions.layer, Temporary.portsOver(file))

const pageSize = 4096
const frameSize = pageSize + 24

/** A database half of which is still in its log, and every state that it has been in since the log began. */
const life = Effect.gen(function*() {
  const folder = yield* Temporary.folder
  const file = path.join(folder, "life.db")
  const states: Array<string> = []
  const copy = (name: string) =>
    Effect.sync(() => {
      for (const part of ["", "-wal"]) fs.copyFileSync(file + part, path.join(folder, name) + part)
    })
  yield* Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const note = Effect.map(Tables.rows, (rows) => void states.push(JSON.stringify(rows)))
    yield* Mints.written(Mints.b, Mints.whole)
    yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`.unprepared
    yield* copy("before")
    yield* note
    const lease = yield* Mints.hold(Mints.a)
    yield* note
    for (const [, run] of yield* Tables.stepsOf(lease)) {
      yield* run
      yield* note
    }
    yield* copy("half")
    yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`.unprepared
    yield* copy("after")
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(ports(file), Logger.remove(Logger.defaultLogger))))
  return { states, path: (name: string) => path.join(folder, name), folder }
})
type Life = Effect.Effect.Success<typeof life>

let copies = 0

/** One of its images under a name of its own, after this has befallen it. */
const damaged = (life: Life, image: string, damage: (file: string) => void): string => {
  const file = path.join(life.folder, `damaged-${++copies}.db`)
  for (const part of ["", "-wal"]) fs.copyFileSync(life.path(image) + part, file + part)
  damage(file)
  return file
}

const overwrite = (file: string, offset: number, bytes: Uint8Array) => {
  const handle = fs.openSync(file, "r+")
  fs.writeSync(handle, bytes, 0, bytes.length, offset)
  fs.closeSync(handle)
}

/** Bytes that are none of SQLite's, the same on every run. */
const noise = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 167 + seed * 31 + 13) % 251)

/** The number of the state that this file opens in; it must agree with itself. */
const stateOf = (life: Life, file: string) =>
  Effect.gen(function*() {
    const state = life.states.indexOf(JSON.stringify(yield* Tables.rows))
    assert.isAtLeast(state, 0, "a state that was")
    assert.deepStrictEqual((yield* Verification.verify).faults, [])
    return state
  }).pipe(Effect.provide(ports(file)))

const verified = (file: string) =>
  Effect.map(inProcess(["verify", "--json"], { BALLAST_DATABASE: `sqlite:${file}` }), (ended) => ({
    ...ended,
    document: JSON.parse(ended.stdout) as { readonly faults?: ReadonlyArray<{ readonly detail: string }> }
  }))

describe("a log that is damaged", () => {
  it.scopedLive("opens in the last state that it still holds whole", () =>
    Effect.gen(function*() {
      const story = yield* life
      const last = story.states.length - 1
      const wal = `${story.path("half")}-wal`
      const { size } = fs.statSync(wal)
      // At the border between two frames, which are a page and 24 bytes, or somewhere in the middle of one.
      const frames = Array.from({ length: Math.ceil(size / frameSize / 2) }, (_, frame) => 32 + 2 * frame * frameSize)
      const offsets = frames.map((start, frame) => Math.min(size, start + (frame % 3) * (frame * 131 % frameSize)))
      let before = 0
      for (const offset of [0, 1, ...offsets, size]) {
        const cut = yield* stateOf(
          story,
          damaged(story, "half", (file) => fs.truncateSync(`${file}-wal`, offset))
        )
        assert.isAtLeast(cut, before, "the more is left the later")
        before = cut
        if (offset === size) break
        const spoilt = damaged(story, "half", (file) => overwrite(`${file}-wal`, offset, noise(20, offset)))
        assert.isAtMost(yield* stateOf(story, spoilt), cut, "nothing is read past what is spoilt")
      }
      assert.strictEqual(before, last, "whole it is the last state")
      assert.strictEqual(
        yield* stateOf(story, damaged(story, "half", (file) => fs.writeFileSync(`${file}-shm`, noise(32_768, 1)))),
        last,
        "its index is made anew"
      )
      const lost = damaged(story, "half", (file) => fs.rmSync(`${file}-wal`))
      assert.strictEqual(yield* stateOf(story, lost), 0, "without it there is what the database holds")
    }))
})

describe("a database that is damaged", () => {
  it.scopedLive("is named by verify, whichever page it is", () =>
    Effect.gen(function*() {
      const story = yield* life
      const pages = fs.statSync(story.path("after")).size / pageSize
      for (let page = 0; page < pages; page++) {
        const file = damaged(story, "after", (file) => overwrite(file, page * pageSize, noise(pageSize, page)))
        const { code, document, stderr, stdout } = yield* verified(file)
        if (page === 0) {
          assert.strictEqual(code, 2, "it cannot be known for a database")
          assert.include(stderr, "restore it from a backup")
        } else {
          assert.strictEqual(code, 1, `page ${page}: ${stdout} ${stderr}`)
          assert.isNotEmpty(document.faults, `page ${page}`)
        }
      }
    }))

  it.scopedLive("by a page as it was before, as a copy of a database in use has them, is named by verify", () =>
    Effect.gen(function*() {
      const story = yield* life
      const [before, after] = [fs.readFileSync(story.path("before")), fs.readFileSync(story.path("after"))]
      const stale = Array.from({ length: before.length / pageSize }, (_, page) => page).filter((page) => {
        const slice = [page * pageSize, (page + 1) * pageSize] as const
        return page > 0 && !before.subarray(...slice).equals(after.subarray(...slice))
      })
      assert.isAbove(stale.length, 5)
      let named = 0
      for (const page of stale) {
        const old = before.subarray(page * pageSize, (page + 1) * pageSize)
        const file = damaged(story, "after", (file) => overwrite(file, page * pageSize, old))
        const { code } = yield* verified(file)
        // A page may differ in what SQLite has deleted from it, and hold the same.
        if (code === 0) assert.strictEqual(yield* stateOf(story, file), story.states.length - 1, `page ${page}`)
        else named += 1
      }
      assert.isAtLeast(named, stale.length - 2)
    }))

  it.scopedLive("is named by verify when its end is cut off", () =>
    Effect.gen(function*() {
      const story = yield* life
      const { size } = fs.statSync(story.path("after"))
      for (const left of [size - pageSize, Math.floor(size / 2), pageSize * 3]) {
        const { code, document } = yield* verified(damaged(story, "after", (file) => fs.truncateSync(file, left)))
        assert.strictEqual(code, 1)
        assert.isNotEmpty(document.faults)
      }
    }))

  it.scopedLive("is refused as none where it is empty, or no database at all", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      for (
        const [content, words] of [["", "is empty"], [
          "BALLAST_DATABASE=ballast.db\n".repeat(500),
          "choose another path"
        ]]
      ) {
        fs.writeFileSync(file, content ?? "")
        const { code, stderr } = yield* inProcess(["verify"], { BALLAST_DATABASE: `sqlite:${file}` })
        assert.strictEqual(code, 2)
        assert.include(stderr, words ?? "")
        assert.strictEqual(fs.readFileSync(file, "utf8"), content)
      }
    }))
})
