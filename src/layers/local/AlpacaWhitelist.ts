/** The addresses to which the local Alpaca lets USDC go (facts: external-apis.md 2.3). */
import { Clock, Effect, Either, Ref } from "effect"
import { randomUUID } from "node:crypto"
import type { Address } from "viem"
import { type AlpacaProblem, travelRule, walletError } from "./AlpacaProblem.ts"
import type { Settings } from "./AlpacaSettings.ts"

/** One who asks for an address to be put on the list. */
export interface WhitelistDraft {
  readonly address: Address
  readonly asset: string
  readonly chain: string
  readonly travelRuleInfo: Readonly<Record<string, unknown>>
}

export interface Whitelisted extends WhitelistDraft {
  readonly id: string
  readonly status: string
  /** Unix milliseconds. */
  readonly createdAt: number
}

export interface AlpacaWhitelist {
  /** Newest first. */
  readonly all: Effect.Effect<ReadonlyArray<Whitelisted>>
  readonly add: (draft: WhitelistDraft) => Effect.Effect<Whitelisted, AlpacaProblem>
  /** False if there is none of that id. */
  readonly remove: (id: string) => Effect.Effect<boolean>
  /** Whether USDC may go there on Ethereum. */
  readonly isApproved: (address: Address) => Effect.Effect<boolean>
}

/** What is wrong with the word about an address's owner, if anything: exactly one kind of owner has to be named. */
export const checkOwner = (info: Readonly<Record<string, unknown>>): Either.Either<void, AlpacaProblem> => {
  const has = (name: string) => info[name] !== undefined && info[name] !== null && info[name] !== ""
  const isPerson = has("beneficiary_given_name") && has("beneficiary_family_name")
  if (info["beneficiary_is_self_hosted"] === true) {
    return isPerson !== has("beneficiary_entity_name")
      ? Either.void
      : Either.left(
        travelRule("BENEFICIARY_NAME_REQUIRED", "name either beneficiary_entity_name or given and family name")
      )
  }
  return has("beneficiary_vasp_id") !== has("beneficiary_manual_entry")
    ? Either.void
    : Either.left(travelRule("INVALID_DATA", "travel_rule_info names no owner"))
}

/** Opens with our own wallet on it, as the settings say. */
export const make = ({ own, settings }: {
  readonly own: Address
  readonly settings: Ref.Ref<Settings>
}): Effect.Effect<AlpacaWhitelist> =>
  Effect.gen(function*() {
    const ownId = randomUUID()
    const born = yield* Clock.currentTimeMillis
    const entries = yield* Ref.make<ReadonlyArray<Omit<Whitelisted, "status">>>([{
      id: ownId,
      address: own,
      asset: "USDC",
      chain: "ETH",
      travelRuleInfo: { beneficiary_is_self_hosted: true, beneficiary_entity_name: "Ballast" },
      createdAt: born
    }])

    const all = Effect.gen(function*() {
      const { approvalMillis, ownChain, ownStatus } = (yield* Ref.get(settings)).wallets.rules
      const now = yield* Clock.currentTimeMillis
      return (yield* Ref.get(entries)).flatMap((entry): ReadonlyArray<Whitelisted> => {
        if (entry.id !== ownId) {
          return [{ ...entry, status: now < entry.createdAt + approvalMillis ? "PENDING" : "APPROVED" }]
        }
        return ownStatus === null ? [] : [{ ...entry, status: ownStatus, chain: ownChain }]
      })
    })

    return {
      all,
      add: (draft) =>
        Effect.gen(function*() {
          const isKnown = (yield* all).some(({ address, chain }) => address === draft.address && chain === draft.chain)
          if (isKnown) return yield* walletError(`address ${draft.address} is already whitelisted on ${draft.chain}`)
          const id = randomUUID()
          const createdAt = yield* Clock.currentTimeMillis
          yield* Ref.update(entries, (old) => [{ ...draft, id, createdAt }, ...old])
          return { ...draft, id, createdAt, status: "PENDING" }
        }),
      remove: (id) =>
        Ref.modify(entries, (old) => [old.some((entry) => entry.id === id), old.filter((entry) => entry.id !== id)]),
      isApproved: (wanted) =>
        Effect.map(all, (found) =>
          found.some(({ address, asset, chain, status }) =>
            address === wanted && asset === "USDC" && chain === "ETH" && status === "APPROVED"
          ))
    }
  })
