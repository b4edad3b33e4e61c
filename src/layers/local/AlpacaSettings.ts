/** How the local Alpaca and its issuer behave. Can be changed while they run; these schemas are also the JSON of `/_world/settings`. */
import { Schema } from "effect"
import * as Decimal from "../../domain/Decimal.ts"
import * as AlpacaWalletSettings from "./AlpacaWalletSettings.ts"
import { Millis } from "./Fault.ts"

/** Alpaca counts shares in units of 1e-9. */
export const shareDecimals = 9

/** `hold` leaves a request pending until `/_world/requests/{id}` or `settle` says otherwise. */
const Outcome = Schema.Literal("complete", "reject", "hold")

/** What becomes of a mint request once it is accepted. */
export const MintScript = Schema.Struct({
  outcome: Outcome,
  /** From acceptance until the issuer acts. */
  delayMillis: Millis,
  /** Shares that the issuer keeps: so many fewer tokens arrive. */
  fee: Decimal.scaled(Schema.NonNegativeBigIntFromSelf, shareDecimals),
  /** Mint the token of this symbol instead. */
  mintInstead: Schema.NullOr(Schema.String),
  /** The hash that is reported: of the mint, of a transaction that reverted (then nothing is minted), or none. */
  hash: Schema.Literal("mint", "reverted", "missing"),
  /** So long before the transaction is sent the request is already `completed`. 0: after it is mined, as it should be. */
  completedBeforeMillis: Millis
})
export type MintScript = typeof MintScript.Type

/** What becomes of tokens that are sent to the redemption wallet. */
const RedeemScript = Schema.Struct({
  outcome: Outcome,
  /** False: the issuer tells Alpaca nothing until it is true again, and then of all that waits. */
  isDetected: Schema.Boolean,
  /** Blocks that must hold the transfer, its own included, before the issuer believes it. */
  confirmations: Schema.Int.pipe(Schema.positive()),
  /** From then until the issuer tells Alpaca, which makes the request. */
  detectDelayMillis: Millis,
  /** From the request until it ends. */
  delayMillis: Millis
})

/** Where a tokenization request can be read. */
export const Endpoint = Schema.Literal("mint", "request", "list", "label")
export type Endpoint = typeof Endpoint.Type

/** How things look on the wire. */
export const Wire = Schema.Struct({
  /** Sources disagree: the guide says 400, production was seen to answer 403. */
  insufficientPositionStatus: Schema.Literal(400, 403),
  /** `""` instead of null for what is not known yet. */
  hasEmptyStrings: Schema.Boolean,
  /** Whether the answer to a mint tells its `type`. */
  hasTypeInMint: Schema.Boolean,
  /** Where `qty` and `fees` are JSON numbers instead of strings. */
  numbersIn: Schema.Array(Endpoint),
  /** Where hashes are in capitals. */
  capitalsIn: Schema.Array(Endpoint),
  /** Whether lists contain rows of others, which lack fields or hold nonsense. */
  hasForeignRows: Schema.Boolean,
  /** For so long after acceptance the status is this word, which no document knows. */
  strangeStatus: Schema.NullOr(Schema.Struct({ word: Schema.String, millis: Millis })),
  /** Requests per minute according to the `X-RateLimit-*` headers. Never enforced: that is a fault to inject. */
  rateLimit: Schema.Int,
  /** How long a bearer token is good for. 0: it has expired when it comes. */
  tokenSeconds: Schema.NonNegativeInt
})
export type Wire = typeof Wire.Type

export const Settings = Schema.Struct({
  mint: MintScript,
  redeem: RedeemScript,
  wallets: AlpacaWalletSettings.Settings,
  wire: Wire
})
export type Settings = typeof Settings.Type

/** The fields to change; others stay. */
export const Patch = Schema.Struct({
  mint: Schema.optionalWith(Schema.partialWith(MintScript, { exact: true }), { exact: true }),
  redeem: Schema.optionalWith(Schema.partialWith(RedeemScript, { exact: true }), { exact: true }),
  wallets: Schema.optionalWith(AlpacaWalletSettings.Patch, { exact: true }),
  wire: Schema.optionalWith(Schema.partialWith(Wire, { exact: true }), { exact: true })
})
export type Patch = typeof Patch.Type

export const patch = (settings: Settings, { mint, redeem, wallets, wire }: Patch): Settings => ({
  mint: { ...settings.mint, ...mint },
  redeem: { ...settings.redeem, ...redeem },
  wallets: AlpacaWalletSettings.patch(settings.wallets, wallets ?? {}),
  wire: { ...settings.wire, ...wire }
})

/** As the documents say. */
const tidyWire: Wire = {
  insufficientPositionStatus: 403,
  hasEmptyStrings: false,
  hasTypeInMint: true,
  numbersIn: [],
  capitalsIn: [],
  hasForeignRows: false,
  strangeStatus: null,
  rateLimit: 1000,
  tokenSeconds: 899
}

/** With every bad habit that was seen in production. */
const quirkyWire: Wire = {
  ...tidyWire,
  hasEmptyStrings: true,
  hasTypeInMint: false,
  numbersIn: ["list"],
  capitalsIn: ["list"],
  hasForeignRows: true,
  strangeStatus: { word: "journaling", millis: 300 }
}

export interface Options {
  readonly quirks: boolean
  /** Of a mint, and of a redemption unless that has its own. */
  readonly delayMillis: number
  readonly redeemDelayMillis?: number
  /** Of a withdrawal of USDC and of a deposit, unless the settings give them their own. */
  readonly walletDelayMillis?: number
}

export const make = ({
  delayMillis,
  quirks,
  redeemDelayMillis = delayMillis,
  walletDelayMillis = delayMillis
}: Options): Settings => ({
  mint: {
    outcome: "complete",
    delayMillis,
    fee: 0n,
    mintInstead: null,
    hash: "mint",
    completedBeforeMillis: 0
  },
  redeem: {
    outcome: "complete",
    isDetected: true,
    confirmations: 2,
    detectDelayMillis: redeemDelayMillis / 2,
    delayMillis: redeemDelayMillis
  },
  wallets: AlpacaWalletSettings.make({ quirks, delayMillis: walletDelayMillis }),
  wire: quirks ? quirkyWire : tidyWire
})
