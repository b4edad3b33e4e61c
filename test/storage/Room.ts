/**
 * A disk that is full, for this process: no file may grow beyond a size. The kernel says so as it says that a disk is full,
 * in the middle of whatever is being written. Node ignores the signal that comes with it.
 */
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"

const prlimit = (...args: ReadonlyArray<string>): string | undefined => {
  const { status, stdout } = spawnSync("prlimit", ["--pid", String(process.pid), ...args], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : undefined
}

const before = prlimit("--fsize", "--output", "SOFT", "--noheadings")

/** There is a prlimit on Linux only. */
export const isLimitable = before !== undefined

/** From now on no file of this process can be written beyond so many bytes. */
export const atMost = (bytes: number): Effect.Effect<void> => Effect.sync(() => void prlimit(`--fsize=${bytes}:`))

/** From now on the log of this database cannot grow. */
export const none = (file: string): Effect.Effect<void> => Effect.suspend(() => atMost(fs.statSync(`${file}-wal`).size))

/** As it was. */
export const enough: Effect.Effect<void> = Effect.sync(() => void prlimit(`--fsize=${before}:`))

/** Without room meanwhile, whatever comes of it. */
export const without = (file: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(none(file), effect).pipe(Effect.ensuring(enough))
