/** What leads on from a failure, for somebody who was woken up by it: every one of them has a verb. */
import type * as Failure from "../domain/Failure.ts"

type Verb = "recheck" | "retry" | "reconcile"

interface Way {
  readonly says: string
  /** The first is what to do; reconcile is always there beside them. */
  readonly verb: Verb
}

const way = (verb: Verb, says: string): Way => ({ verb, says })

type Ways = { readonly [P in Failure.Place]: { readonly [R in Failure.Reason]?: Way } }

const ways: Ways = {
  Alpaca: {
    InsufficientPosition: way("retry", "Nothing moved. Buy or free what is missing at Alpaca, then try again."),
    NotWhitelisted: way(
      "retry",
      "Nothing moved. Have our wallet put on Alpaca's whitelist for USDC on Ethereum, wait until it is APPROVED, then try again."
    ),
    TravelRule: way(
      "retry",
      "Nothing moved. Tell Alpaca what it asks about the owner of the address (travel rule), then try again."
    ),
    Unauthorized: way(
      "retry",
      "Nothing moved. Check BALLAST_ALPACA_API_KEY, _API_SECRET, _AUTH and what the account may do, then try again."
    ),
    InvalidRequest: way("retry", "Nothing moved. Correct what Alpaca complains about, then try again."),
    Rejected: way("retry", "It stays at Alpaca. Ask Alpaca or the issuer why, then try again."),
    Cancelled: way("retry", "It stays at Alpaca. If it is wanted after all, try again."),
    TimedOut: way(
      "retry",
      "Alpaca has shown no order of it. Trying again looks once more, and orders it under the same key."
    )
  },
  EthereumWallet: {
    Reverted: way(
      "retry",
      "It is in our wallet on Ethereum. See to why the contract refuses it; trying again moves it on."
    ),
    InvalidRequest: way(
      "retry",
      "It is in our wallet on Ethereum. Correct what is complained about; trying again moves it on."
    ),
    Cancelled: way("retry", "It is in our wallet on Ethereum. Trying again moves it on."),
    Unverifiable: way(
      "retry",
      "It is in our wallet on Ethereum, and is more than was asked for. Look at the transaction: if what was asked for is ours, trying again moves that on and leaves the rest."
    )
  },
  BaseWallet: {
    Reverted: way(
      "retry",
      "It is in our wallet on Base. See to why the contract refuses it; trying again moves it on."
    ),
    InvalidRequest: way(
      "retry",
      "It is in our wallet on Base. Correct what is complained about; trying again moves it on."
    ),
    Short: way(
      "retry",
      "What came is in our wallet on Base; the rest is still in the vault. Trying again goes on with what came."
    ),
    Cancelled: way("retry", "It is in our wallet on Base. Trying again moves it on.")
  },
  Vault: {
    Short: way(
      "retry",
      "The vault paid nothing: what was asked for is not there. Look at its balance; once it is there, try again."
    ),
    Reverted: way("retry", "Nothing moved. See to why the vault refuses it, then try again."),
    Cancelled: way("retry", "Nothing moved. If it is wanted after all, try again.")
  },
  IssuerInTransit: {
    TimedOut: way(
      "recheck",
      "Ballast stopped waiting; it may still turn out well. Ask the issuer where it is, with the request's id."
    ),
    Rejected: way(
      "recheck",
      "The issuer has it. Ask him, with the request's id and the transaction, to send the tokens back or to credit the shares; a new request of his is adopted."
    ),
    Unverifiable: way(
      "recheck",
      "What Alpaca says and what is seen do not agree. Look at what it names, and ask the issuer."
    )
  },
  AlpacaInTransit: {
    TimedOut: way(
      "recheck",
      "Ballast stopped waiting; it may still turn out well. Once Alpaca says FAILED without a transaction, or shows no transfer at all, ballast retry orders it anew."
    ),
    Rejected: way(
      "recheck",
      "Alpaca has it. Ask Alpaca, with the transfer's id and the transaction, to credit it or to send it back."
    ),
    Unverifiable: way(
      "recheck",
      "Look at the transfers that are named, and ask Alpaca; ballast recheck takes --transfer TRANSFER where several could be it."
    )
  },
  CctpInTransit: {
    TimedOut: way(
      "recheck",
      "It is burned, and minted as soon as Circle attests it. Ask Circle, with the burn's hash."
    ),
    Reverted: way(
      "retry",
      "It is burned and can still be minted: see to why the mint is refused. Ballast looks by itself whether it can be."
    ),
    Cancelled: way("retry", "It is burned and can still be minted. Trying again mints it."),
    Unverifiable: way(
      "reconcile",
      "What the chain shows in the place of our burn or our mint is not ours. Look at the transactions, and ask Circle."
    )
  }
}

const otherwise: { readonly [S in "settled" | "unsettled"]: Way } = {
  settled: way("retry", "It is at rest in a place of ours."),
  unsettled: way("recheck", "Ballast stopped waiting; it may still turn out well.")
}

const commands: { readonly [V in Verb]: (id: string) => string } = {
  recheck: (id) => `Ask again with: ballast recheck ${id}`,
  retry: (id) => `Try again with: ballast retry ${id}`,
  reconcile: (id) => `Once you have settled it yourself, say so: ballast reconcile ${id} --reason TEXT --note TEXT`
}

/** One line on what to see to, and one for each verb that leads on. */
export const lines = (
  id: string,
  { place, reason }: Failure.Failure,
  settled: boolean
): ReadonlyArray<string> => {
  const { says, verb } = ways[place][reason] ?? otherwise[settled ? "settled" : "unsettled"]
  return [says, ...[...new Set([verb, "reconcile"] as const)].map((verb) => commands[verb](id))]
}
