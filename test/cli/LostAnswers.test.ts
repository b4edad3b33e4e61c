/** What a mint does when the answer to its order is lost, broken or a refusal for now: there is one request in the end. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { mintOf, Sandbox, sandbox, truth } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

const answers: Readonly<Record<string, Fault>> = {
  "the connection breaks after the order was taken": { _tag: "DropAfter" },
  "the connection breaks before": { _tag: "DropBefore" },
  "500 after the order was taken": { _tag: "FailAfter", status: 500 },
  "503 before": { _tag: "FailBefore", status: 503 },
  "429": { _tag: "RateLimited", retryAfter: 1, resetAfter: 1 },
  "a broken body": { _tag: "WrongBody", body: "Truncated", status: undefined },
  "a page of a gateway": { _tag: "WrongBody", body: "Html", status: undefined }
}

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("the answer to the order", (it) => {
  for (const [what, fault] of Object.entries(answers)) {
    it.scoped(what, () =>
      Effect.gen(function*() {
        const { environment, world } = yield* Sandbox
        const id = randomUUID()
        yield* world.alpaca.faults.add({ on: "POST mint", fault })
        const ended = yield* inProcess([...mintOf(id), "--json"], environment)
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
        assert.lengthOf(yield* world.alpaca.faults.pending, 0, "the fault has happened")
      }))
  }
})
