import { Effect, Option } from "effect"
import * as Live from "../../layers/Live.ts"
import * as Verification from "../../managers/Verification.ts"
import { EventStore } from "../../services/EventStore.ts"
import * as Looking from "../Looking.ts"
import * as Output from "../Output.ts"
import * as Status from "../Status.ts"
import type { Common } from "../Typed.ts"

export const run = (typed: Common & { readonly rebuild: boolean }) =>
  Looking.withLogAndChains(
    typed.config,
    (chains) =>
      Effect.gen(function*() {
        const store = yield* EventStore
        if (typed.rebuild) {
          yield* Effect.flatMap(store.rebuildViews, (views) => Output.note(`${views} views written again`))
        }
        const recorded = yield* Verification.verify
        const asked = yield* Option.match(chains, {
          onNone: () => Effect.succeed([]),
          onSome: (chains) => Effect.provide(Verification.onChain, Live.chains(chains))
        })
        yield* report(typed.json, {
          ...recorded,
          faults: [...recorded.faults, ...asked],
          chainsAsked: Option.isSome(chains)
        })
      })
  ).pipe(
    // So damaged that nothing of it can be read.
    Effect.catchIf(
      (error) => error._tag === "StoreError" && error.reason === "Corrupt",
      ({ message }) =>
        report(typed.json, {
          events: 0,
          operations: 0,
          transactions: 0,
          faults: [Verification.damage(message)],
          chainsAsked: false
        })
    )
  )

interface Report extends Verification.Verified {
  readonly chainsAsked: boolean
}

const report = (json: boolean, verified: Report) =>
  Effect.zipRight(
    json ? Output.json(verified) : Output.line(told(verified)),
    Status.set(verified.faults.length === 0 ? 0 : 1)
  )

const told = ({ chainsAsked, events, faults, operations, transactions }: Report) =>
  [
    `${events} events of ${operations} operations replayed, ${transactions} transactions, ${faults.length} faults`,
    ...chainsAsked
      ? []
      : [
        "the chains were not asked: that takes BALLAST_ETHEREUM_RPC_URL and BALLAST_BASE_RPC_URL, and a database that can be read"
      ],
    ...faults.map(({ detail, id, type }) => `  ${id === undefined ? type : `${type} ${id}`}: ${detail}`)
  ].join("\n")
