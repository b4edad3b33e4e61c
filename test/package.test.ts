/** What an application may rely on when it installs Ballast: `npm run pack-test` does so. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

type Versions = Readonly<Record<string, string>>

interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly peerDependencies?: Versions
}

interface Manifest extends Locked {
  readonly version: string
  readonly dependencies: Versions
  readonly devDependencies: Versions
  readonly peerDependencies: Versions
}

const manifest: Manifest = JSON.parse(readFileSync("package.json", "utf8"))
const { packages }: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync("package-lock.json", "utf8")
)
const peers = Object.keys(manifest.peerDependencies)

/** Of `^0.52.1`: what no later version may change, and the least of the rest. */
const parts = (range: string) => {
  const [, major = "", minor = "", patch = ""] = range.match(/^\^(\d+)\.(\d+)\.(\d+)$/) ?? []
  return major === "0"
    ? { line: `0.${minor}`, least: [Number(patch)] }
    : { line: major, least: [Number(minor), Number(patch)] }
}

/** Whatever our own range admits, this one does too. */
const covers = (range: string, ours: string): boolean => {
  const [theirs, own] = [parts(range), parts(ours)]
  if (theirs.line === "" || theirs.line !== own.line) return false
  const differing = theirs.least.findIndex((least, index) => least !== own.least[index])
  return differing === -1 || (theirs.least[differing] ?? 0) < (own.least[differing] ?? 0)
}

describe("the package", () => {
  it("takes from the application what both must have only once, and is developed with the least of it", () => {
    expect(peers.toSorted()).toEqual(["@effect/platform", "@effect/sql", "effect"])
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      expect(range).toBe(`^${manifest.devDependencies[name]}`)
    }
  })

  it("pins all else", () => {
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  const installed = Object.entries(packages).flatMap(([path, locked]) =>
    path === "" || locked.dev ? [] : [{ name: path.replace(/^.*node_modules\//, ""), ...locked }]
  )

  it("leaves no package of Effect's to float, since a later one could ask for another effect", () => {
    const floating = installed.filter(({ name }) =>
      /^(@effect\/|effect$)/.test(name) && !peers.includes(name) && !(name in manifest.dependencies)
    )
    expect(floating.map(({ name }) => name)).toEqual([])
  })

  it("asks with all its dependencies for nothing but what its own peers admit", () => {
    const asked = installed.flatMap(({ name, peerDependencies = {} }) =>
      Object.entries(peerDependencies).flatMap(([peer, range]) => {
        const ours = manifest.peerDependencies[peer]
        return ours === undefined ? [] : [{ name, peer, range, isCovered: covers(range, ours) }]
      })
    )
    expect(asked.length).toBeGreaterThan(10)
    expect(asked.filter(({ isCovered }) => !isCovered)).toEqual([])
  })

  it("is what the lockfile says", () => {
    const root = packages[""]
    expect(root).toMatchObject({
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      peerDependencies: manifest.peerDependencies
    })
  })

  it("tells its version, which the changelog knows", () => {
    const { status, stdout } = spawnSync(process.execPath, ["dist/main.js", "--version"], { encoding: "utf8" })
    expect({ status, stdout: stdout.trim() }).toEqual({ status: 0, stdout: manifest.version })
    expect(readFileSync("CHANGELOG.md", "utf8")).toContain(`\n## ${manifest.version}\n`)
  })
})
