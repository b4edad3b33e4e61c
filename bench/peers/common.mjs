/** What the scripts of all peers share: what they are told, the outside world, and how they tell what came of it. */
import { readFileSync } from "node:fs"

/**
 * `mode` is `cold` (all workflows, from an empty store), `seed` (as many, each stopped in its middle, until the process is
 * killed) or `recover` (those end, in a new process).
 */
export const settings = JSON.parse(process.argv[2] ?? "{}")

/** What each step records: the very documents that Ballast records. */
const payloads = JSON.parse(readFileSync(settings.payloads, "utf8")).map(({ text }) => text)

export const steps = payloads.length

/** The world answers at once. */
export const asked = async (step) => JSON.parse(payloads[step])

const middle = steps / 2

/** Of a workflow that is to be found half done. */
export const stopsAt = (step) => settings.mode === "seed" && step === middle

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

export const until = async (condition) => {
  while (!await condition()) await sleep(10)
}

/** Every one of `workflows`, so many at once. */
export const each = async (workflow) => {
  let next = 0
  await Promise.all(Array.from({ length: Math.min(settings.concurrency, settings.workflows) }, async () => {
    while (next < settings.workflows) await workflow(next++)
  }))
}

/** The last word of a script: it ends here, as after a power cut where workflows are to be found half done. */
export const report = (result) =>
  process.stdout.write(`RESULT ${JSON.stringify(result)}\n`, () => {
    if (settings.mode === "seed") process.kill(process.pid, "SIGKILL")
    else process.exit(0)
  })

/** Steps a second of what `run` does, and what the store has grown by. */
export const measured = async (run, bytes) => {
  const before = await bytes()
  const started = performance.now()
  await run()
  const seconds = (performance.now() - started) / 1000
  report({
    stepsPerSecond: Math.round(settings.workflows * steps / seconds),
    bytesPerWorkflow: Math.round((await bytes() - before) / settings.workflows)
  })
}
