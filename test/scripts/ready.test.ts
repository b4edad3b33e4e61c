import { execFile, spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"

/** Plays npm: writes the lockfile of node_modules, older than it should be, and a compiler that copies. */
const npm = `#!/bin/sh
echo npm >> calls
echo "added 1 package"
test ! -e slow || sleep 0.2
mkdir -p node_modules/typescript/bin
cp tsc node_modules/typescript/bin/tsc
touch node_modules/.package-lock.json
test ! -e failing-script || exit 1
touch -t 200001010000 node_modules/.package-lock.json
`

const tsc = `
const { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } = require("node:fs")
const out = process.argv[process.argv.indexOf("--outDir") + 1]
appendFileSync("calls", "tsc\\n")
console.log("compiled")
mkdirSync(out)
for (const file of readdirSync("src")) writeFileSync(out + "/" + file.replace(".ts", ".js"), "")
process.exit(existsSync("src/broken.ts") ? 1 : 0)
`

const clones = mkdtempSync(join(tmpdir(), "ballast-ready-"))
afterAll(() => rmSync(clones, { recursive: true }))

/** A fresh clone, its npm a stub. */
const clone = () => {
  const root = mkdtempSync(join(clones, "clone-"))
  const path = (file: string) => join(root, file)
  const write = (file: string, text = "") => writeFileSync(path(file), text)
  for (const folder of ["scripts", "src", "bin"]) mkdirSync(path(folder))
  cpSync("scripts/ready.mjs", path("scripts/ready.mjs"))
  write("package.json", `{ "type": "module", "engines": { "node": ">=20.19" } }`)
  for (const file of ["package-lock.json", "tsconfig.json", "tsconfig.build.json", "src/main.ts"]) write(file)
  write("scripts/bundle.mjs")
  write("tsc", tsc)
  write("bin/npm", npm)
  chmodSync(path("bin/npm"), 0o755)
  return {
    path,
    write,
    /** As if edited a minute from now, so that no test depends on the resolution of the file system's clock. */
    touch: (file: string) => utimesSync(path(file), Date.now() / 1000 + 60, Date.now() / 1000 + 60),
    compiled: () => existsSync(path("dist/main.js")),
    /** The commands that it ran, and what it printed. */
    ready: (options: { readonly node?: ReadonlyArray<string>; readonly onStderr?: () => void } = {}) =>
      new Promise<{ calls: string; status: number; stdout: string; stderr: string }>((resolve) => {
        rmSync(path("calls"), { force: true })
        const args = [...options.node ?? [], path("scripts/ready.mjs")]
        const env = { ...process.env, PATH: path("bin") + delimiter + process.env["PATH"] }
        const child = execFile(process.execPath, args, { env }, (_, stdout, stderr) => {
          const calls = existsSync(path("calls")) ? readFileSync(path("calls"), "utf8").trim().split("\n") : []
          resolve({ calls: calls.join(" "), status: child.exitCode ?? -1, stdout, stderr })
        })
        child.stderr?.once("data", () => options.onStderr?.())
      })
  }
}

const readyClone = async () => {
  const checkout = clone()
  await checkout.ready()
  return checkout
}

describe.concurrent("ready", () => {
  it("installs and compiles a fresh clone, and keeps stdout clean", async () => {
    const { compiled, ready } = clone()
    const first = await ready()
    expect(first).toMatchObject({ calls: "npm tsc", status: 0, stdout: "" })
    expect(first.stderr).toMatch(/installing.*\n(.*\n)*.*compiling/)
    expect(compiled()).toBe(true)
  })

  it("does nothing the second time", async () => {
    const { ready } = await readyClone()
    expect(await ready()).toEqual({ calls: "", status: 0, stdout: "", stderr: "" })
  })

  it("installs again when the lockfile is newer", async () => {
    const { ready, touch } = await readyClone()
    touch("package-lock.json")
    expect(await ready()).toMatchObject({ calls: "npm", status: 0 })
    expect(await ready()).toMatchObject({ calls: "" })
  })

  it("compiles again when anything that the compiler reads is newer", async () => {
    const { ready, touch } = await readyClone()
    for (const file of ["src/main.ts", "tsconfig.json", "tsconfig.build.json", "package.json"]) {
      touch(file)
      expect(await ready(), file).toMatchObject({ calls: "tsc", status: 0 })
    }
    expect(await ready()).toMatchObject({ calls: "" })
  })

  it("drops from dist what is deleted from src", async () => {
    const { path, ready, write } = clone()
    write("src/old.ts")
    await ready()
    rmSync(path("src/old.ts"))
    expect(await ready()).toMatchObject({ calls: "tsc" })
    expect(existsSync(path("dist/old.js"))).toBe(false)
  })

  it("tries again after a failed compilation, and keeps the dist that worked", async () => {
    const { compiled, path, ready, write } = await readyClone()
    write("src/broken.ts")
    expect(await ready()).toMatchObject({ calls: "tsc", status: 1, stderr: expect.stringContaining("do not compile") })
    expect(compiled()).toBe(true)
    expect([existsSync(path("dist/broken.js")), existsSync(path("dist.next"))]).toEqual([false, false])
    expect(await ready()).toMatchObject({ calls: "tsc", status: 1 })
    rmSync(path("src/broken.ts"))
    expect(await ready()).toMatchObject({ status: 0 })
  })

  it("compiles over what a killed run left behind", async () => {
    const { path, ready } = await readyClone()
    rmSync(path("dist/.built-from"))
    mkdirSync(path("dist.next"))
    expect(await ready()).toMatchObject({ calls: "tsc", status: 0 })
  })

  it("tries again after a failed installation", async () => {
    const { path, ready, write } = clone()
    write("failing-script")
    expect(await ready()).toMatchObject({
      calls: "npm",
      status: 1,
      stderr: expect.stringContaining("npm install failed")
    })
    rmSync(path("failing-script"))
    expect(await ready()).toMatchObject({ calls: "npm tsc", status: 0 })
  })

  it("refuses an old Node before it does anything", async () => {
    const { ready } = clone()
    const old = `data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.18.3"}})`
    const { stderr, ...rest } = await ready({ node: ["--import", old] })
    expect(rest).toEqual({ calls: "", status: 1, stdout: "" })
    expect(stderr).toContain("needs Node >=20.19, this is 20.18.3")
  })

  it("does the work once when two start together", async () => {
    const { compiled, ready, write } = clone()
    write("slow")
    const [one, two] = await Promise.all([ready(), ready()])
    expect([one.status, two.status, one.calls]).toEqual([0, 0, "npm tsc"])
    expect(compiled()).toBe(true)
  })

  it("is not held up by a process that died at work", async () => {
    const { path, ready, write } = clone()
    mkdirSync(path("node_modules"))
    write("node_modules/.ready-lock", String(spawnSync(process.execPath, ["--version"]).pid))
    expect(await ready()).toMatchObject({ calls: "npm tsc", status: 0 })
    expect(existsSync(path("node_modules/.ready-lock"))).toBe(false)
  })

  it("waits for a process that is at work, and says so", async () => {
    const { path, ready, write } = clone()
    mkdirSync(path("node_modules"))
    write("node_modules/.ready-lock", String(process.pid))
    const { calls, stderr } = await ready({ onStderr: () => rmSync(path("node_modules/.ready-lock")) })
    expect(stderr).toMatch(`ballast: waiting for process ${process.pid}`)
    expect(calls).toBe("npm tsc")
  })
})
