/**
 * What others make of the same work: eight steps a workflow with the payloads that Ballast records, on the disk before they
 * count. Each peer is installed in a folder of its own when it is first asked for, and is alone on the machine while it
 * runs: on this machine's loopback, with its data in a folder that goes with it.
 */
import { Data, Effect, Either, Schedule } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"

/** Why a peer has no numbers. */
class Unavailable extends Data.TaggedError("Unavailable") {}

const home = (name) => path.join(import.meta.dirname, "peers", name)

/** Longer than the slowest of them takes for a thousand workflows. */
const patience = "5 minutes"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-peer-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Some that nobody has, all of them at once so that they differ. */
const freePorts = (count) =>
  Effect.promise(async () => {
    const servers = Array.from({ length: count }, () => createServer())
    await Promise.all(servers.map((server) => new Promise((open) => server.listen(0, "127.0.0.1", open))))
    const ports = servers.map((server) => server.address().port)
    await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    return ports
  })

const ended = (child) => child.exitCode !== null || child.signalCode !== null || child.pid === undefined

/** Asked first by `signal`, which ends what it has started too. */
const stop = (child, signal) =>
  Effect.async((resume) => {
    if (ended(child)) return resume(Effect.void)
    const force = setTimeout(() => child.kill("SIGKILL"), 10_000)
    child.once("exit", () => {
      clearTimeout(force)
      resume(Effect.void)
    })
    child.kill(signal)
  })

/** A program that lives as long as the scope, and the last of what it says, for the case that it fails. */
const started = (command, args, { signal = "SIGKILL", ...options } = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
      const process = { child, said: "" }
      const listen = (part) => process.said = (process.said + part).slice(-4000)
      child.stdout.on("data", listen)
      child.stderr.on("data", listen)
      child.on("error", ({ message }) => listen(message))
      return process
    }),
    ({ child }) => stop(child, signal)
  )

/** The error, if there is one in it; what follows it is where it was thrown. */
const lastWords = (said) => {
  const lines = said.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("at "))
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "it said nothing"
}

/** Runs a program to its end. */
const finished = (what, command, args, options) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* started(command, args, options)
    yield* Effect.async((resume) => {
      process.child.once("close", () => resume(Effect.void))
      process.child.once("error", () => resume(Effect.void))
    })
    if (process.child.exitCode !== 0) {
      return yield* new Unavailable({ reason: `${what}: ${lastWords(process.said)}` })
    }
  }))

/** Exactly what its package.json names, and again when that has changed. */
const install = (name) => {
  const modified = (file) => statSync(path.join(home(name), file), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (modified("node_modules/.package-lock.json") >= modified("package.json")) return Effect.void
  return Effect.zipRight(
    Effect.sync(() => process.stderr.write(`installing ${name} into bench/peers, which may take minutes\n`)),
    finished(
      "cannot be installed",
      "npm",
      ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
      // One of the packages would report its installation.
      { cwd: home(name), env: { ...process.env, SCARF_ANALYTICS: "false" }, shell: process.platform === "win32" }
    )
  )
}

/** One run of a peer's script: what it reports, and the milliseconds from its start until then. */
const script = (name, settings) =>
  Effect.scoped(Effect.gen(function*() {
    const begun = performance.now()
    const process = yield* started(globalThis.process.execPath, ["bench.mjs", JSON.stringify(settings)], {
      cwd: home(name)
    })
    return yield* Effect.async((resume) => {
      let printed = ""
      process.child.stdout.on("data", (part) => {
        printed += part
        const result = /^RESULT (.*)\n/m.exec(printed)?.[1]
        if (result !== undefined) {
          resume(Effect.succeed({ ...JSON.parse(result), millis: Math.round(performance.now() - begun) }))
        }
      })
      process.child.once("close", () =>
        resume(new Unavailable({ reason: `${settings.mode} failed: ${lastWords(process.said)}` })))
    })
  })).pipe(
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () =>
        new Unavailable({ reason: `${settings.mode} takes longer than ${patience}` })
    })
  )

const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where Debian keeps it, which leaves it off the path. */
const debian = "/usr/lib/postgresql"

const postgresPrograms = Effect.suspend(() => {
  const versions = statSync(debian, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(debian) : []
  const folders = [
    ...(process.env.PATH ?? "").split(path.delimiter),
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => path.join(debian, version, "bin"))
  ]
  const found = folders.find((folder) => ["initdb", "postgres"].every((name) => isProgram(path.join(folder, name))))
  return found === undefined
    ? new Unavailable({ reason: "cannot be started: no postgres found" })
    : Effect.succeed({ initdb: path.join(found, "initdb"), postgres: path.join(found, "postgres") })
})

/** PostgreSQL refuses to be root. */
const unprivileged = () => {
  if (process.getuid?.() !== 0) return {}
  const id = (kind, user) => {
    const { status, stdout } = spawnSync("id", [kind, user], { encoding: "utf8" })
    return status === 0 ? Number(stdout) : undefined
  }
  const user = ["postgres", "nobody"].find((user) => id("-u", user) !== undefined)
  return user === undefined ? {} : { uid: id("-u", user), gid: id("-g", user) }
}

const listens = (port) =>
  Effect.async((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resume(Effect.void))
    socket.once("error", (error) => resume(Effect.fail(error)))
    return Effect.sync(() => socket.destroy())
  })

/** As it comes: each commit is on the disk before it is confirmed. */
const postgres = Effect.gen(function*() {
  const programs = yield* postgresPrograms
  const data = yield* folder
  const user = unprivileged()
  if (user.uid !== undefined) chownSync(data, user.uid, user.gid)
  const options = { ...user, cwd: data }
  yield* finished(
    "cannot be started",
    programs.initdb,
    ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale"],
    options
  )
  const [port] = yield* freePorts(1)
  const server = yield* started(
    programs.postgres,
    ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    { ...options, signal: "SIGINT" }
  )
  yield* listens(port).pipe(
    Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.intersect(Schedule.recurs(400)))),
    Effect.catchAll(() => new Unavailable({ reason: `cannot be started: ${lastWords(server.said)}` }))
  )
  return { port }
})

const restateServer = ({ admin, folder, ingress, node }) =>
  Effect.gen(function*() {
    const { server } = yield* Effect.try({
      try: () => {
        const target = `restate-server-${process.platform}-${process.arch}`
        const server = path.join(home("restate"), "node_modules", "@restatedev", target, "bin", "restate-server")
        accessSync(server, constants.X_OK)
        return { server }
      },
      catch: () =>
        new Unavailable({ reason: `cannot be started: no server for ${process.platform} on ${process.arch}` })
    })
    const listening = ["--listen-mode", "tcp", "--bind-ip", "127.0.0.1"]
    const quiet = ["--log-filter", "warn", "--no-logo"]
    return yield* started(server, ["--base-dir", folder, "--node-name", "bench", ...listening, ...quiet], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        DO_NOT_TRACK: "1",
        RESTATE_DISABLE_TELEMETRY: "true",
        RESTATE_BIND_PORT: String(node),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_INGRESS__BIND_PORT: String(ingress)
      }
    })
  })

/** Once more from a store of its own, until each workflow is half done. Then the milliseconds until all have ended. */
const peers = {
  dbos: (cold, half) =>
    Effect.gen(function*() {
      const place = yield* postgres
      const { millis: _, ...measured } = yield* script("dbos", { ...cold, ...place, mode: "cold" })
      yield* script("dbos", { ...half, ...place, mode: "seed" })
      const { millis } = yield* script("dbos", { ...half, ...place, mode: "recover" })
      return { ...measured, recoverMillis: millis }
    }),
  restate: (cold, half) => {
    const placed = Effect.gen(function*() {
      const [admin, ingress, node, service] = yield* freePorts(4)
      return { admin, ingress, node, service, folder: yield* folder }
    })
    const served = (place, settings) =>
      Effect.scoped(Effect.gen(function*() {
        const begun = performance.now()
        yield* restateServer(place)
        const result = yield* script("restate", { ...settings, ...place })
        return { ...result, millis: Math.round(performance.now() - begun) }
      }))
    return Effect.gen(function*() {
      const { millis: _, ...measured } = yield* Effect.flatMap(
        placed,
        (place) => served(place, { ...cold, mode: "cold" })
      )
      const place = yield* placed
      // The server dies with its service, and starts again with it.
      yield* served(place, { ...half, mode: "seed" })
      const { millis } = yield* served(place, { ...half, mode: "recover" })
      return { ...measured, recoverMillis: millis }
    })
  },
  "effect-workflow": (cold, half) =>
    Effect.gen(function*() {
      const place = { folder: yield* folder }
      const { millis: _, ...measured } = yield* script("effect-workflow", { ...cold, ...place, mode: "cold" })
      yield* script("effect-workflow", { ...half, ...place, mode: "seed" })
      const { millis } = yield* script("effect-workflow", { ...half, ...place, mode: "recover" })
      return { ...measured, recoverMillis: millis }
    })
}

export const names = Object.keys(peers)

/** Ctrl-C ends what was started and removes its data before it ends this process. */
const orSignal = (effect) => {
  const signalled = Effect.async((resume) => {
    const heard = (signal) => resume(Effect.succeed(Either.left(signal)))
    const signals = ["SIGINT", "SIGTERM"]
    for (const signal of signals) process.on(signal, heard)
    return Effect.sync(() => {
      for (const signal of signals) process.off(signal, heard)
    })
  })
  return Effect.raceFirst(Effect.map(effect, Either.right), signalled).pipe(
    Effect.flatMap(Either.match({
      onLeft: (signal) => Effect.sync(() => process.exit(signal === "SIGINT" ? 130 : 143)),
      onRight: Effect.succeed
    }))
  )
}

/**
 * @param payloads what the steps of one workflow record, each `{ type, text }`
 * @param halfDone how many there are to recover
 */
export const run = (name, { concurrency, halfDone = 1000, payloads, workflows }) =>
  Effect.gen(function*() {
    yield* install(name)
    const file = path.join(yield* folder, "payloads.json")
    writeFileSync(file, JSON.stringify(payloads))
    const common = { payloads: file, concurrency }
    return yield* peers[name]({ ...common, workflows }, { ...common, workflows: halfDone })
  }).pipe(
    Effect.scoped,
    Effect.catchTag("Unavailable", ({ reason }) => Effect.succeed({ unavailable: reason })),
    orSignal
  )
