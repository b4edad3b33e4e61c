/** What a person orders of an operation that is there: each of them drives it on from where it then stands. */
import { Args, Command, Options } from "@effect/cli"
import { Option } from "effect"
import * as Recovery from "../../managers/Recovery.ts"
import * as Operations from "../Operations.ts"
import * as Session from "../Session.ts"
import * as Typed from "../Typed.ts"

const id = Args.text({ name: "ID" })
const reason = Options.text("reason").pipe(Options.withDescription("Why, for whoever reads the log"))
const note = Options.text("note").pipe(Options.withDescription("What was done, and where the money is now"))
const transfer = Options.text("transfer").pipe(
  Options.optional,
  Options.withDescription("Alpaca's id of the transfer that is its withdrawal, where several could be it")
)

export const recheck = Command.make("recheck", { id, transfer, ...Session.driving }, (typed) =>
  Session.withPorts(
    typed,
    () => Typed.recheck(typed),
    ({ id, transfer }) =>
      Operations.driven(
        id,
        typed.json,
        Option.isSome(transfer) ? Recovery.recheckWith(id, transfer.value) : Recovery.recheck(id)
      )
  )).pipe(Command.withDescription("Asks the provider about a failed operation and adopts a late success"))

export const retry = Command.make("retry", { id, ...Session.driving }, (typed) =>
  Session.withPorts(
    typed,
    () => Typed.operationId(typed.id),
    (id) => Operations.driven(id, typed.json, Recovery.retry(id))
  )).pipe(
    Command.withDescription("Orders a new try of a failed step, once nothing of the old one can still happen")
  )

export const cancel = Command.make("cancel", { id, reason, ...Session.driving }, (typed) =>
  Session.withPorts(
    typed,
    () => Typed.cancellation(typed),
    ({ id, reason }) => Operations.driven(id, typed.json, Recovery.cancel(id, reason))
  )).pipe(Command.withDescription("Cancels an operation while nothing irreversible has happened"))

export const reconcile = Command.make(
  "reconcile",
  { id, reason, note, ...Session.driving },
  (typed) =>
    Session.withPorts(
      typed,
      () => Typed.reconciliation(typed),
      ({ id, ...said }) => Operations.driven(id, typed.json, Recovery.reconcile(id, said))
    )
).pipe(Command.withDescription("Records that you have settled the money of a failed operation by hand"))
