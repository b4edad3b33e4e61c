/** Takes a lease, says with which token, and holds it until it is killed: path, name. */
import { Effect, Layer } from "effect"
import * as Database from "../../../../src/layers/sql/Database.ts"
import * as SqlLeases from "../../../../src/layers/sql/SqlLeases.ts"
import { Leases } from "../../../../src/services/Leases.ts"

const [path = "", name = ""] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const leases = yield* Leases
  const { token } = yield* leases.hold(name)
  process.stdout.write(`${token}\n`)
  return yield* Effect.never
})

const layer = SqlLeases.layer({ duration: "1 hour" }).pipe(
  Layer.provide(Database.layer({ path, durability: "full", create: true }))
)

await Effect.runPromise(Effect.scoped(Effect.provide(program, layer)))
