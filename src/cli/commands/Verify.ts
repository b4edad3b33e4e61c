import { Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import * as Live from "../../layers/Live.ts"
import * as Verification from "../../managers/Verification.ts"
import { EventStore } from "../../services/EventStore.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"

const rebuild = Options.boolean("rebuild").pipe(Options.withDescription("Write all views again from the log first"))

export const verify = Command.make(
  "verify",
  { rebuild, config: Session.config, json: Session.json },
  (typed) =>
    Session.withLogAndChains(
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
).pipe(
  Command.withDescription(
    "Replays the whole log and holds the views and the outbox against it, and that against the chains"
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
