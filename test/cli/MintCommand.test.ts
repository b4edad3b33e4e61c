import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Child from "./Child.ts"
import * as Sandbox from "./Sandbox.ts"

layer(Sandbox.layer(2), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
  describe.concurrent("mint", () => {
    it.scoped("x", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const order = Sandbox.order()
        const run = yield* sandbox.ballast(order.args)
        console.log(run, yield* Sandbox.effectsOf(sandbox.world, order), yield* Sandbox.eventsOf(sandbox, order))
        expect(run.code).toBe(0)
      }))
    it.scoped("y", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        console.log("y starts", Date.now())
        const run = yield* sandbox.ballast(["verify", "--json"])
        console.log(run, Date.now())
      }))
  })
})
