import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { lawsOf } from "./laws.ts"

lawsOf({
  aggregate: Mint.aggregate,
  command: Mint.Command,
  state: Mint.State.State,
  event: Mint.Event.Event,
  table: {
    NotStarted: ["RequestMint"],
    MintRequested: ["AcknowledgeAcceptance", "Fail", "Cancel"],
    MintAccepted: ["ReceiveTokens", "Fail"],
    TokensReceived: ["Finalize", "Fail"],
    Completed: [],
    Failed: ["RecoverMint", "RetryMint", "Reconcile"],
    Reconciled: []
  },
  // All fields but these.
  references: (before) => {
    const { _tag, acceptedAt: _, receivedAt: __, ...references } = { acceptedAt: 0, receivedAt: 0, ...before }
    return references
  },
  rejects: (command, state) =>
    command._tag === "RetryMint" && state._tag === "Failed" && state.txHash !== undefined ? "TokensHaveCome" : undefined
})
