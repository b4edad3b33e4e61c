import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import * as Broken from "../../simulation/Broken.ts"
import * as Simulation from "../../simulation/Simulation.ts"

const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()
const script = fileURLToPath(new URL("../../scripts/simulate.mjs", import.meta.url))

const simulate = (...args: ReadonlyArray<string>) =>
  execFileSync(process.execPath, [script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

describe("simulation", () => {
  it("nothing happens twice, nothing is lost, and everything comes to an end", async () => {
    const seeds = Array.from({ length: 6 }, (_, at) => at + 1)
    const sum = { crashes: 0, faults: 0, operations: 0 }
    for (const seed of seeds) {
      const { crashes, faults, operations, violations } = await Simulation.run({ seed, folder })
      expect({ seed, violations }).toEqual({ seed, violations: [] })
      sum.crashes += crashes
      sum.faults += faults
      sum.operations += operations
    }
    expect(sum.crashes).toBeGreaterThan(2 * seeds.length)
    expect(sum.faults).toBeGreaterThan(5 * seeds.length)
    expect(sum.operations).toBeGreaterThan(seeds.length)
  }, 240_000)

  it("the same seed tells the same story, byte for byte, in whatever process", async () => {
    const { trace } = await Simulation.run({ seed: 3, folder, trace: true })
    const again = await Simulation.run({ seed: 3, folder, trace: true })
    const elsewhere = simulate("--seed", "3", "--trace")
    expect(trace.length).toBeGreaterThan(20)
    expect(again.trace).toEqual(trace)
    expect(elsewhere.trimEnd().split("\n")).toEqual(trace)
  }, 120_000)

  it("does not take what it does not understand", () => {
    expect(() => simulate("--broken", "nothing")).toThrow(/knows no "nothing"/)
    expect(() => simulate("--seeds", "many")).toThrow(/expects a whole number/)
  }, 60_000)
})

describe("a fault in the program is found", () => {
  it.each(Object.entries(Broken.all))("%s", async (_, { from, plant, within, without }) => {
    for (let seed = from; seed < from + within; seed++) {
      const { violations } = await Simulation.run({ seed, folder, plant })
      if (violations.length === 0) continue
      if (without !== undefined) {
        expect((await Simulation.run({ seed, folder, plant: without })).violations).toEqual([])
      }
      return
    }
    expect.fail(`none of ${within} seeds from ${from} on shows it`)
  }, 120_000)
})
