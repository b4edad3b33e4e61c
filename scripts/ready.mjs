// @ts-check
/**
 * Makes a checkout ready to run: installs when `node_modules` is missing or older than the lockfile, compiles when
 * `dist` was not built from the sources as they are. It runs before anything is installed, so it needs Node alone, and
 * it speaks on stderr, because stdout belongs to the command that follows.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const lockfile = "package-lock.json"
const installed = "node_modules/.package-lock.json"
const lock = "node_modules/.ready-lock"
const stamp = ".built-from"
const bundle = "scripts/bundle.mjs"

/** @param {string} line */
const say = (line) => process.stderr.write(`ballast: ${line}\n`)

/** @param {string} file */
const read = (file) => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/** @param {string} file */
const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** @type {(command: string, args: ReadonlyArray<string>, options?: { readonly shell: boolean }) => boolean} */
const succeeds = (command, args, options) =>
  spawnSync(command, args, { ...options, stdio: ["ignore", 2, 2] }).status === 0

const checkNode = () => {
  const { engines } = JSON.parse(read("package.json"))
  const [major, minor] = engines.node.match(/\d+/g).map(Number)
  const [actualMajor = 0, actualMinor = 0] = process.versions.node.split(".").map(Number)
  if (actualMajor < major || actualMajor === major && actualMinor < minor) {
    throw new Error(`needs Node ${engines.node}, this is ${process.versions.node}`)
  }
}

const isInstalled = () => modified(installed) >= modified(lockfile)

const install = () => {
  say("installing dependencies, about a minute the first time")
  // The checkout stays as it is (--no-save), and NODE_ENV=production does not hide the compiler.
  const args = ["install", "--no-save", "--include=dev", "--loglevel=error"]
  if (!succeeds("npm", args, { shell: process.platform === "win32" })) {
    rmSync(installed, { force: true })
    throw new Error("npm install failed")
  }
  const time = new Date(Math.ceil(Math.max(Date.now(), modified(lockfile))))
  utimesSync(installed, time, time)
}

/** Names and times of all that the compiler reads: a file that goes, or comes back older, counts like one that is edited. */
const sources = () =>
  ["package.json", "tsconfig.json", "tsconfig.build.json", bundle]
    .concat(readdirSync("src", { encoding: "utf8", recursive: true }).toSorted().map((file) => join("src", file)))
    .map((file) => `${file} ${modified(file)}\n`)
    .join("")

const isBuilt = () => read(join("dist", stamp)) === sources()

const build = () => {
  say("compiling, a few seconds")
  const from = sources()
  const next = "dist.next"
  rmSync(next, { recursive: true, force: true })
  try {
    const args = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", next]
    if (!succeeds(process.execPath, args)) throw new Error("the sources do not compile")
    if (!succeeds(process.execPath, [bundle, next])) throw new Error("the command line cannot be bundled")
    writeFileSync(join(next, stamp), from)
    rmSync("dist", { recursive: true, force: true })
    renameSync(next, "dist")
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
}

/** @param {number} pid */
const isAlive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const takeLock = () => {
  try {
    mkdirSync("node_modules", { recursive: true })
    writeFileSync(lock, String(process.pid), { flag: "wx" })
    return true
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  }
}

/** One at a time: `npm start` and `npm test` may be typed into two terminals of a fresh clone. */
const alone = async (/** @type {() => void} */ work) => {
  for (let waiting = false; !takeLock(); await setTimeout(100)) {
    const owner = Number(read(lock))
    if (!isAlive(owner)) {
      rmSync(lock, { force: true })
    } else if (!waiting) {
      waiting = true
      say(`waiting for process ${owner} to install and compile (if it does neither, delete ${lock})`)
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { force: true })
  }
}

try {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)))
  checkNode()
  if (!isInstalled() || !isBuilt()) {
    await alone(() => {
      if (!isInstalled()) install()
      if (!isBuilt()) build()
    })
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
