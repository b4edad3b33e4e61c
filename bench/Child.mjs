/** One task in a process of its own, so that its start and its memory are its own. Prints what came of it as JSON. */
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import * as Steps from "./Steps.mjs"

const peak = Effect.sync(() => process.resourceUsage().maxRSS / 1024)

const tasks = {
  halfDone: (file) => Steps.halfDone(file),
  waiting: (file) => {
    // As `ballast run` does.
    setFlagsFromString("--heap-growing-percent=20")
    return Steps.waiting(file, peak)
  },
  recover: (file, concurrency) => Steps.recover(file, { concurrency: Number(concurrency) }),
  start: (file) => Steps.start(file),
  steps: (file, workflows, concurrency) =>
    Steps.ours(file, { workflows: Number(workflows), concurrency: Number(concurrency) })
}

const [task, ...args] = process.argv.slice(2)
console.log(JSON.stringify(await Effect.runPromise(tasks[task](...args))))
