/**
 * `ballast resume --json` by a user who has no rights but those that files give to everybody: root, which tests often run
 * as, ignores the modes of files. All code is loaded before, since it may stand where that user cannot read. Arguments:
 * databases, one after the other. After each document it says the exit code.
 */
import { Effect } from "effect"
import { createRequire } from "node:module"
import { main } from "../../../dist/cli/Cli.js"
import * as Status from "../../../dist/cli/Status.js"

const Sqlite = createRequire(import.meta.url)("better-sqlite3")
new Sqlite(":memory:").close()

const nobody = 65534
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(nobody)
  process.setuid(nobody)
}

for (const file of process.argv.slice(2)) {
  process.env.BALLAST_DATABASE = `sqlite:${file}`
  const status = Effect.runSync(Status.make)
  await Effect.runPromise(
    Effect.provideService(main(["node", "ballast", "resume", "--json"]), Status.Status, status)
  )
  console.log(Effect.runSync(status.get))
}
