/**
 * Another process that has a database for itself, until it is told on stdin to let go: path, and `write` (others can still
 * read) or `all`. Says `held` and `free`.
 */
import { createRequire } from "node:module"
import { createInterface } from "node:readline"

const [path, what] = process.argv.slice(2)
const Sqlite = createRequire(import.meta.url)("better-sqlite3")
const database = new Sqlite(path)
if (what === "all") database.pragma("locking_mode = EXCLUSIVE")
database.exec("BEGIN EXCLUSIVE")
if (what === "all") database.exec("DELETE FROM alerts")
console.log("held")

createInterface({ input: process.stdin }).once("line", () => {
  database.close()
  console.log("free")
  process.stdin.destroy()
})
