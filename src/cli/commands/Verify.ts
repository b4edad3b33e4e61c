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
          const verified = { ...recorded, faults: [...recorded.faults, ...asked], chainsAsked: Option.isSome(chains) }
          yield* typed.json ? Output.json(verified) : Output.line(told(verified))
          yield* Status.set(verified.faults.length === 0 ? 0 : 1)
        })
    )
).pipe(
  Command.withDescription(
    "Replays the whole log and holds the views and the outbox against it, and that against the chains"
  )
)

const told = (
  { chainsAsked, events, faults, operations, transactions }: Verification.Verified & { readonly chainsAsked: boolean }
) =>
  [
    `${events} events of ${operations} operations replayed, ${transactions} transactions, ${faults.length} faults`,
    ...chainsAsked
      ? []
      : ["the chains were not asked: BALLAST_ETHEREUM_RPC_URL and BALLAST_BASE_RPC_URL are not both set"],
    ...faults.map(({ detail, id, type }) => `  ${type} ${id}: ${detail}`)
  ].join("\n")
