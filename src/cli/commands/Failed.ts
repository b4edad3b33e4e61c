/** What a person orders of an operation that is there: each of them drives it on from where it then stands. */
import { Option } from "effect"
import * as Recovery from "../../managers/Recovery.ts"
import * as Operations from "../Operations.ts"
import * as Session from "../Session.ts"
import * as Typed from "../Typed.ts"

interface Named extends Typed.Driving {
  readonly id: string
}

export const recheck = (typed: Named & { readonly transfer: Option.Option<string> }) =>
  Session.withPorts(
    typed,
    () => Typed.recheck(typed),
    ({ id, transfer }) =>
      Operations.driven(
        id,
        typed.json,
        Option.isSome(transfer) ? Recovery.recheckWith(id, transfer.value) : Recovery.recheck(id)
      )
  )

export const retry = (typed: Named) =>
  Session.withPorts(
    typed,
    () => Typed.operationId(typed.id),
    (id) => Operations.driven(id, typed.json, Recovery.retry(id))
  )

export const cancel = (typed: Named & { readonly reason: string }) =>
  Session.withPorts(
    typed,
    () => Typed.cancellation(typed),
    ({ id, reason }) => Operations.driven(id, typed.json, Recovery.cancel(id, reason))
  )

export const reconcile = (typed: Named & { readonly reason: string; readonly note: string }) =>
  Session.withPorts(
    typed,
    () => Typed.reconciliation(typed),
    ({ id, ...said }) => Operations.driven(id, typed.json, Recovery.reconcile(id, said))
  )
