import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { afterAll, describe, expect, it } from "vitest"
import * as Matrix from "../../simulation/matrix/Matrix.ts"

const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

/** Nothing is driven by these, so that nothing can be lost by them; but for the last one, which has tests of its own. */
const onlyLooking: Readonly<Record<string, string>> = {
  "BaseChain.code": "ballast check and the check at start",
  "EthereumChain.code": "ballast check and the check at start",
  "BaseChain.chainId": "ballast check",
  "EthereumChain.chainId": "ballast check",
  "EventStore.history": "ballast show",
  "EventStore.events": "whoever follows the log",
  "EventStore.integrity": "ballast verify",
  "EventStore.rebuildViews": "ballast verify --rebuild",
  "Leases.holder": "whoever wants to know",
  "Alerts.raised": "whoever reads alerts",
  "Erc20.balance": "the plan of --dry-run",
  "TransactionOutbox.fruitless": "ballast retry, of what was mined and moved nothing"
}

const called = new Set<string>()
const callable = new Set<string>()
const visited = { points: 0, runs: 0 }

/** All of it is `npm run simulate -- --matrix`. */
const explore = async (name: string, scenario: (typeof Matrix.workflows)[string], points: number) => {
  const report = await Matrix.explore(name, scenario, { folder, points, known: new Set(called) })
  for (const call of report.called) called.add(call)
  for (const call of report.callable) callable.add(call)
  visited.points += report.points.length
  visited.runs += report.runs
  expect(report.points.length).toBeGreaterThan(5)
  expect(report.differing).toEqual([])
  return report
}

describe("stopped before a call, after its effect, or with its answer lost, a workflow ends as if nothing had been", () => {
  it.each([["mint", 1], ["redemption", 1], ["USDC to Base", 6], ["USDC to Alpaca", 6]] as const)(
    "%s",
    async (name, every) => {
      const scenario = Matrix.workflows[name]
      if (scenario === undefined) throw new Error(`there is no workflow ${name}`)
      const { end } = await explore(name, scenario, every)
      expect(end).toMatch(/^(?:Completed|DepositConfirmed)$/)
    },
    180_000
  )

  it.each(Object.entries(Matrix.badDays))("%s", async (name, scenario) => {
    await explore(name, scenario, 90)
  }, 120_000)

  it("every method of every port is such a call", () => {
    const unvisited = [...callable].filter((call) => !called.has(call))
    expect(unvisited.filter((call) => onlyLooking[call] === undefined)).toEqual([])
    expect(Object.keys(onlyLooking).filter((call) => called.has(call))).toEqual([])
  })
})

afterAll(() => {
  process.stderr.write(`crash matrix: ${visited.points} points, ${visited.runs} runs\n`)
})
