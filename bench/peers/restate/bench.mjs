/** Restate: the service and its client in this process, the server beside it, which syncs its log before it answers. */
import { readdirSync, statSync } from "node:fs"
import http2 from "node:http2"
import { join } from "node:path"
import { asked, each, measured, report, settings, sleep, steps, stopsAt, until } from "../common.mjs"

/** The SDK takes it for granted; Node has it since 22. */
Promise.withResolvers ??= () => {
  let resolve
  let reject
  const promise = new Promise((...both) => [resolve, reject] = both)
  return { promise, resolve, reject }
}
const restate = await import("@restatedev/restate-sdk")

const { admin, folder, ingress, mode, service, workflows } = settings
const local = (port) => `http://127.0.0.1:${port}`

let halted = 0
const finished = new Set()
const rebalance = restate.workflow({
  name: "Rebalance",
  handlers: {
    run: async (context) => {
      for (let step = 0; step < steps; step++) {
        if (stopsAt(step) && context.key !== "first") {
          halted++
          await new Promise(() => {})
        }
        await context.run(`step${step}`, () => asked(step))
      }
      finished.add(context.key)
      return context.key
    }
  }
})
http2.createServer(restate.createEndpointHandler({ services: [rebalance], logger: () => {} })).listen(
  service,
  "127.0.0.1"
)

const post = async (url, body) => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`)
}
const call = (key, how = "") => post(`${local(ingress)}/Rebalance/${key}/run${how}`, {})

const answers = async (url) => {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

const bytes = async () => {
  // It writes on for a moment.
  await sleep(1000)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { name, parentPath, path }) => sum + statSync(join(parentPath ?? path, name)).size, 0)
}

if (mode === "recover") {
  // The server calls again by itself.
  await until(() => finished.size === workflows)
  report({})
} else {
  await until(async () => await answers(`${local(admin)}/health`) && await answers(`${local(ingress)}/restate/health`))
  await post(`${local(admin)}/deployments`, { uri: local(service) })
  // Who leads is settled some time after the health is good.
  await until(() => call("first").then(() => true, () => false))
  if (mode === "cold") {
    await measured(() => each((at) => call(`workflow-${at}`)), bytes)
  } else {
    await each((at) => call(`workflow-${at}`, "/send"))
    await until(() => halted >= workflows)
    report({})
  }
}
