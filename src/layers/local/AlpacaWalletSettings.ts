/** How the local Alpaca's crypto wallets behave (facts: external-apis.md 2). Can be changed while they run. */
import { Schema } from "effect"
import * as Decimal from "../../domain/Decimal.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { Millis } from "./Fault.ts"

/** In memory units of 1e-6 USDC, in JSON a decimal string. */
export const Units = Decimal.scaled(Schema.NonNegativeBigIntFromSelf, Usdc.decimals)

/**
 * - `complete`: USDC is sent, then the transfer is COMPLETE.
 * - `fail`: FAILED without a hash; the money comes back and nothing is sent.
 * - `failReverted`: FAILED with the hash of a transaction that reverts; the money comes back.
 * - `failSent`: FAILED with the hash of a transaction that succeeds: the money has left, whatever Alpaca says.
 * - `failThenComplete`: the same, and COMPLETE once that transaction is mined.
 * - `hold`: PROCESSING until `/_world/transfers/{id}` or `settle` says otherwise.
 */
const WithdrawOutcome = Schema.Literal("complete", "fail", "failReverted", "failSent", "failThenComplete", "hold")

/** What becomes of a withdrawal once it is accepted. */
export const WithdrawScript = Schema.Struct({
  outcome: WithdrawOutcome,
  /** From acceptance until custody acts. */
  delayMillis: Millis,
  /** Taken from what arrives and shown as `network_fee`. */
  networkFee: Units,
  /** Taken from what arrives and shown as `fees`. */
  fee: Units,
  /** Taken from what arrives, and nothing says so. */
  shortBy: Units,
  /** Whether the transaction is ever named. */
  hash: Schema.Literal("own", "missing"),
  /** So long before the transaction is sent its hash and the end are already told. 0: after it is mined, as it should be. */
  toldBeforeMillis: Millis
})
export type WithdrawScript = typeof WithdrawScript.Type

/** What becomes of USDC that comes to the deposit address. */
export const DepositScript = Schema.Struct({
  /** `fail` leaves it uncredited for good, `hold` until told otherwise. */
  outcome: Schema.Literal("complete", "fail", "hold"),
  /** False: nothing is listed until it is true again, and then all that waits. */
  isDetected: Schema.Boolean,
  /** Blocks that must hold the transfer, its own included, before Alpaca believes it. */
  confirmations: Schema.Int.pipe(Schema.positive()),
  /** From then until it is listed as PROCESSING. */
  detectDelayMillis: Millis,
  /** From the listing until it is credited. */
  delayMillis: Millis,
  /** Taken from what is credited and shown as `fees`. */
  fee: Units,
  /** Whether USDC counts that was created at the deposit address instead of being sent there. Unknown of the real one. */
  creditsMints: Schema.Boolean
})
export type DepositScript = typeof DepositScript.Type

/** What is asked of a withdrawal and of its address. */
const Rules = Schema.Struct({
  /** Less cannot be withdrawn. */
  minimum: Units,
  /** That of our own wallet on the whitelist, `APPROVED` or any other word; null: it is not there. */
  ownStatus: Schema.NullOr(Schema.String),
  /** For which our own wallet is there. */
  ownChain: Schema.String,
  /** From whitelisting an address until it is approved. */
  approvalMillis: Millis,
  /** Every withdrawal is refused for this reason. */
  travelRule: Schema.NullOr(Schema.Literal(
    "INVALID_DATA",
    "UNKNOWN_VASP",
    "ADDRESS_BELONGS_TO_VASP",
    "TRAVEL_RULE_ACTION_REQUIRED",
    "BENEFICIARY_NAME_REQUIRED"
  )),
  /** Undocumented, both of them. */
  insufficientBalanceStatus: Schema.Literal(400, 403),
  notWhitelistedStatus: Schema.Literal(400, 403)
})

/** Where a transfer can be read. */
const Endpoint = Schema.Literal("withdraw", "transfer", "list")
export type Endpoint = typeof Endpoint.Type

/** How things look on the wire. */
export const Wire = Schema.Struct({
  /** `""` instead of null for what is not known. */
  hasEmptyStrings: Schema.Boolean,
  /** Where amounts are JSON numbers instead of strings. */
  numbersIn: Schema.Array(Endpoint),
  /** Where amounts have all of their decimals, `50.000000`. */
  paddedIn: Schema.Array(Endpoint),
  /** Where hashes are in capitals. */
  capitalsIn: Schema.Array(Endpoint),
  /** Whether lists contain rows of others, which lack fields or hold nonsense. */
  hasForeignRows: Schema.Boolean,
  /** The word for a transfer that is not over. */
  processing: Schema.Literal("PROCESSING", "PENDING"),
  /** For so long after acceptance the status is this word, which no document knows. */
  strangeStatus: Schema.NullOr(Schema.Struct({ word: Schema.String, millis: Millis })),
  /** For so long after acceptance a look by id finds nothing. */
  hiddenMillis: Millis,
  /** So many looks by id at each transfer find nothing. */
  hiddenReads: Schema.NonNegativeInt,
  /** For so long after acceptance the list does not have it. */
  listLagMillis: Millis,
  /** By so much is the clock behind `created_at` ahead of ours; negative: behind it. */
  skewMillis: Schema.Int,
  /** Whether whitelisting answers an array. */
  whitelistsArray: Schema.Boolean
})
export type Wire = typeof Wire.Type

export const Settings = Schema.Struct({ withdraw: WithdrawScript, deposit: DepositScript, rules: Rules, wire: Wire })
export type Settings = typeof Settings.Type

/** The fields to change; others stay. */
export const Patch = Schema.partialWith(
  Schema.Struct({
    withdraw: Schema.partialWith(WithdrawScript, { exact: true }),
    deposit: Schema.partialWith(DepositScript, { exact: true }),
    rules: Schema.partialWith(Rules, { exact: true }),
    wire: Schema.partialWith(Wire, { exact: true })
  }),
  { exact: true }
)
export type Patch = typeof Patch.Type

export const patch = (settings: Settings, { deposit, rules, wire, withdraw }: Patch): Settings => ({
  withdraw: { ...settings.withdraw, ...withdraw },
  deposit: { ...settings.deposit, ...deposit },
  rules: { ...settings.rules, ...rules },
  wire: { ...settings.wire, ...wire }
})

/** As the documents say. */
const tidyWire: Wire = {
  hasEmptyStrings: false,
  numbersIn: [],
  paddedIn: [],
  capitalsIn: [],
  hasForeignRows: false,
  processing: "PROCESSING",
  strangeStatus: null,
  hiddenMillis: 0,
  hiddenReads: 0,
  listLagMillis: 0,
  skewMillis: 0,
  whitelistsArray: false
}

/** With every bad habit that was seen in production. */
const quirkyWire: Wire = {
  ...tidyWire,
  hasEmptyStrings: true,
  numbersIn: ["list"],
  paddedIn: ["transfer"],
  capitalsIn: ["list"],
  hasForeignRows: true,
  processing: "PENDING",
  strangeStatus: { word: "AWAITING_APPROVAL", millis: 200 },
  hiddenMillis: 200,
  listLagMillis: 200,
  skewMillis: -250,
  whitelistsArray: true
}

const day = 86_400_000

export const make = ({ delayMillis, quirks }: {
  readonly quirks: boolean
  /** Of a withdrawal, and of a deposit in two halves: until it is listed, and until it is credited. */
  readonly delayMillis: number
}): Settings => ({
  withdraw: {
    outcome: "complete",
    delayMillis,
    networkFee: 0n,
    fee: 0n,
    shortBy: 0n,
    hash: "own",
    toldBeforeMillis: 0
  },
  deposit: {
    outcome: "complete",
    isDetected: true,
    confirmations: 2,
    detectDelayMillis: delayMillis / 2,
    delayMillis: delayMillis / 2,
    fee: 0n,
    creditsMints: false
  },
  rules: {
    minimum: 50_000_000n,
    ownStatus: "APPROVED",
    ownChain: "ETH",
    approvalMillis: day,
    travelRule: null,
    insufficientBalanceStatus: 403,
    notWhitelistedStatus: 403
  },
  wire: quirks ? quirkyWire : tidyWire
})
