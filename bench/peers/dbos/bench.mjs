/** DBOS over PostgreSQL, which commits to the disk before it answers. */
import { DBOS } from "@dbos-inc/dbos-sdk"
import { Client } from "pg"
import { asked, each, measured, report, settings, steps, stopsAt, until } from "../common.mjs"

const { mode, port, workflows } = settings
const database = "dbos"
const url = (name) => `postgresql://postgres@127.0.0.1:${port}/${name}`

const query = async (text, name = database) => {
  const client = new Client({ connectionString: url(name) })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

let halted = 0
const rebalance = DBOS.registerWorkflow(async (id) => {
  for (let step = 0; step < steps; step++) {
    if (stopsAt(step)) {
      halted++
      await new Promise(() => {})
    }
    await DBOS.runStep(() => asked(step), { name: `step${step}` })
  }
  return id
}, { name: "rebalance" })

if (mode !== "recover") {
  await query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, "postgres")
  await query(`CREATE DATABASE ${database}`, "postgres")
}
DBOS.setConfig({ name: "bench", systemDatabaseUrl: url(database), logLevel: "error", applicationVersion: "1" })
await DBOS.launch()

const start = (at) => DBOS.startWorkflow(rebalance, { workflowID: `workflow-${at}` })(`workflow-${at}`)

if (mode === "cold") {
  await measured(
    () => each(async (at) => (await start(at)).getResult()),
    async () => {
      await query("VACUUM FULL")
      const [{ bytes }] = await query(`SELECT pg_database_size('${database}') AS bytes`)
      return Number(bytes)
    }
  )
} else if (mode === "seed") {
  await each(start)
  await until(() => halted === workflows)
  report({})
} else {
  // The launch has begun with it.
  await until(async () => {
    const [{ done }] = await query("SELECT count(*) AS done FROM dbos.workflow_status WHERE status = 'SUCCESS'")
    return Number(done) === workflows
  })
  report({})
}
