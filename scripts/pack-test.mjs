// @ts-check
/**
 * What an application gets: packs, installs the tarball with its peers into an empty project, and type-checks, runs and
 * tests there what lies in `examples`. It takes `dist` as it is. `--short` runs of it the bot and its test alone, and no
 * demo. `--scripts` lets the packages' install scripts run, which compile SQLite where no binary of it can be had: two
 * minutes.
 */
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    scripts: { type: "boolean", default: false }
  }
})
const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const folder = mkdtempSync(join(tmpdir(), "ballast-pack-"))
const app = join(folder, "app")

/** What is started and killed leaves its temporary files here too. */
const temporary = join(folder, "tmp")
mkdirSync(temporary)

/** Of the environment of `npm run` nothing is passed on: it would tell the npm in there where its project is. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(npm_|BALLAST_|INIT_CWD$)/.test(key))),
  TMPDIR: temporary
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set()

/** @type {(child: import("node:child_process").ChildProcess, signal: NodeJS.Signals) => void} */
const kill = (child, signal) => {
  try {
    // With all that it has started.
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It has ended.
  }
}

const clean = () => {
  for (const child of children) kill(child, "SIGKILL")
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

for (const [signal, code] of /** @type {const} */ ([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]])) {
  process.once(signal, () => {
    clean()
    process.exit(code)
  })
}

/** @type {(command: string, args: ReadonlyArray<string>, cwd: string, env?: NodeJS.ProcessEnv) => import("node:child_process").ChildProcess} */
const start = (command, args, cwd, env) => {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  children.add(child)
  child.once("close", () => children.delete(child))
  return child
}

const limit = 5 * 60_000

/**
 * What a command prints on stdout; of one that fails, everything.
 * @type {(command: string, args: ReadonlyArray<string>, cwd: string, env?: NodeJS.ProcessEnv) => Promise<string>}
 */
const run = (command, args, cwd, env) =>
  new Promise((resolve, reject) => {
    const child = start(command, args, cwd, env)
    let stdout = ""
    let all = ""
    child.stdout?.on("data", (data) => {
      stdout += data
      all += data
    })
    child.stderr?.on("data", (data) => all += data)
    const timer = globalThis.setTimeout(() => kill(child, "SIGKILL"), limit)
    child.once("error", reject)
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      if (code === 0) return resolve(stdout)
      reject(new Error(`${[command, ...args].join(" ")} ended with ${code ?? signal}\n${all}`))
    })
  })

/** @type {(condition: boolean, message: string) => void} */
const must = (condition, message) => {
  if (!condition) throw new Error(message)
}

/** @type {<A>(name: string, work: () => Promise<A>) => Promise<A>} */
const step = async (name, work) => {
  const from = performance.now()
  const result = await work()
  process.stdout.write(`${((performance.now() - from) / 1000).toFixed(1).padStart(6)} s  ${name}\n`)
  return result
}

const pack = async () => {
  const [packed] = JSON.parse(
    await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root)
  )
  const wanted =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|(docs|examples)\/.*|contracts\/\w+\.sol|dist\/bundle\/(LICENSES\.txt|\w+\.json)|dist\/.*\.(js|d\.ts))$/
  /** @type {ReadonlyArray<string>} */
  const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path)
  const strange = files.filter((file) => !wanted.test(file) || /^dist\/(cli\/|bundle\/meta\.json)/.test(file))
  must(strange.length === 0, `the package holds what nobody needs: ${strange.join(", ")}`)
  for (const file of ["LICENSE", "CHANGELOG.md", "dist/main.js", "dist/index.d.ts", "contracts/Usdc.sol"]) {
    must(files.includes(file), `the package lacks ${file}`)
  }
  return join(folder, packed.filename)
}

/** @type {(tarball: string) => Promise<void>} */
const install = async (tarball) => {
  mkdirSync(app)
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }))
  const peers = Object.entries(manifest.peerDependencies).map(([name, range]) => `${name}@${range}`)
  const tools = ["typescript", "@types/node", "vitest", "@effect/vitest"]
    .map((name) => `${name}@${manifest.devDependencies[name]}`)
  const scripts = values.scripts ? [] : ["--ignore-scripts"]
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", ...scripts, tarball, ...peers, ...tools]
  await run("npm", args, app)
  const native = "node_modules/better-sqlite3/build"
  // Compiled once, here, from the same version.
  if (!values.scripts) cpSync(join(root, native), join(app, native), { recursive: true })
}

/** Every installed copy of what has to be there once: two would not know each other's services and fibers. */
const countCopies = async () => {
  /** @type {Map<string, Array<string>>} */
  const copies = new Map()
  for (const file of readdirSync(join(app, "node_modules"), { encoding: "utf8", recursive: true })) {
    const name = file.match(/(?:^|node_modules\/)((?:@effect\/[^/]+|effect))\/package\.json$/)?.[1]
    if (name !== undefined) copies.set(name, [...copies.get(name) ?? [], file])
  }
  for (const name of Object.keys(manifest.peerDependencies)) must(copies.has(name), `${name} is not installed`)
  for (const [name, files] of copies) must(files.length === 1, `several copies of ${name}: ${files.join(", ")}`)
  await run("npm", ["ls", "--all"], app)
}

/** The programs that the documents show: those of them that are tests are run as well. */
const writeDocumented = () => {
  for (const document of ["README", "docs/guide"]) {
    const text = readFileSync(join(root, `${document}.md`), "utf8")
    for (const [index, [, program = ""]] of [...text.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      const kind = program.includes("@effect/vitest") ? ".test" : ""
      writeFileSync(join(app, `${document.replace("docs/", "")}-${index + 1}${kind}.ts`), program)
    }
  }
}

const writeExamples = () => {
  const own = join(root, "examples")
  for (const file of readdirSync(own)) if (file.endsWith(".ts")) cpSync(join(own, file), join(app, file))
  writeDocumented()
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    rewriteRelativeImportExtensions: true,
    outDir: "built",
    skipLibCheck: true
  }
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
  // Our own declarations, by themselves: those of the test runner do not pass.
  mkdirSync(join(app, "entries"))
  writeFileSync(
    join(app, "entries", "entries.ts"),
    `export * as _ from "ballast"\nexport * as __ from "ballast/testing"\n`
  )
  writeFileSync(
    join(app, "entries", "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { skipLibCheck: false, noEmit: true },
      include: ["."]
    })
  )
}

const typeCheck = async () => {
  await run("npx", ["--no", "--", "tsc"], app)
  await run("npx", ["--no", "--", "tsc", "-p", "entries"], app)
}

/** The environment that points the example at a local world, which runs until it has ended. */
const sandbox = () =>
  new Promise(
    (
      /** @type {(found: { child: import("node:child_process").ChildProcess, env: NodeJS.ProcessEnv }) => void} */ resolve,
      reject
    ) => {
      const child = start("npx", ["--no", "--", "ballast", "sandbox", "--json"], app)
      let stdout = ""
      let stderr = ""
      child.stderr?.on("data", (data) => stderr += data)
      child.stdout?.on("data", (data) => {
        stdout += data
        try {
          resolve({ child, env: JSON.parse(stdout) })
        } catch {
          // The document is not all there.
        }
      })
      child.once("close", () => reject(new Error(`ballast sandbox has ended\n${stderr}`)))
    }
  )

/** @type {(env: NodeJS.ProcessEnv) => Promise<boolean>} */
const hasSucceeded = async (env) => {
  try {
    /** @type {ReadonlyArray<{ succeeded: boolean }>} */
    const operations = JSON.parse(await run("npx", ["--no", "--", "ballast", "list", "--json"], app, env))
    return operations.some(({ succeeded }) => succeeded)
  } catch {
    // There is no database yet.
    return false
  }
}

/** Until it has brought an operation to a good end; then it is told to stop, and must. */
const bot = async () => {
  const { child: world, env } = await sandbox()
  try {
    // The vault of the sandbox holds 5000 USDC.
    const child = start("node", ["built/bot.js"], app, { ...env, BOT_TARGET_USDC: "6500", BOT_EVERY: "1 second" })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => said += data)
    const ended = new Promise((resolve) => child.once("close", resolve))
    const until = Date.now() + 120_000
    while (!await hasSucceeded(env)) {
      must(Date.now() < until && (child.exitCode ?? 0) === 0, `bot.ts brings nothing to a good end\n${said}`)
      await setTimeout(1000)
    }
    kill(child, "SIGTERM")
    must(await Promise.race([ended, setTimeout(20_000, "late")]) !== "late", `bot.ts does not stop\n${said}`)
  } finally {
    kill(world, "SIGTERM")
  }
}

const demo = async () => {
  const { balanced, workflows } = JSON.parse(await run("npx", ["--no", "--", "ballast", "demo", "--json"], app))
  must(balanced === true && workflows.length === 4, "the demo does not add up")
}

const version = async () => {
  const told = (await run("npx", ["--no", "--", "ballast", "--version"], app)).trim()
  must(told === manifest.version, `--version tells ${told}`)
}

try {
  const tarball = await step("pack", pack)
  await step(values.scripts ? "install, with scripts" : "install", () => install(tarball))
  await step("one copy of each @effect package", countCopies)
  writeExamples()
  await step("ballast --version", version)
  // The demo compiles the contracts that the others find compiled.
  await Promise.all([
    ...(values.short ? [] : [step("ballast demo", demo)]),
    step("type-check the examples and our declarations", typeCheck)
  ])
  const tests = values.short ? ["bot.test.ts"] : readdirSync(app).filter((file) => file.endsWith(".test.ts"))
  await Promise.all([
    step("run bot.ts against ballast sandbox", bot),
    step(
      `run ${tests.join(", ")}`,
      () => run("npx", ["--no", "--", "vitest", "run", "--testTimeout=60000", ...tests], app)
    )
  ])
} catch (error) {
  process.stderr.write(`pack-test: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  clean()
}
