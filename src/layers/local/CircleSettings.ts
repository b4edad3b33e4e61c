/** How the local Circle behaves (facts: external-apis.md 3.8). Can be changed while it runs; these schemas are also the JSON of its `/_world/settings`. */
import { Schema } from "effect"
import * as Decimal from "../../domain/Decimal.ts"
import { Units } from "./AlpacaWalletSettings.ts"

/** Fees are counted in units of 1e-4 of a basis point. */
export const bpsDecimals = 4

/** A number of blocks of the burn's chain that hold it, its own included. */
const Depth = Schema.Int.pipe(Schema.positive())

const Delay = Schema.Literal("insufficient_fee", "amount_above_max", "insufficient_allowance_available")
export type Delay = typeof Delay.Type

/** When and what Circle signs. Time is counted in blocks, so that it passes only where blocks come. */
const Attesting = Schema.Struct({
  /** Until then a burn is answered with 404. */
  seenDepth: Depth,
  /** Until then with an empty list. */
  listedDepth: Depth,
  /** Until then a fast burn is pending. */
  fastDepth: Depth,
  /** Until then any other is. */
  standardDepth: Depth,
  /** Blocks from the request to sign anew until that is done. */
  reattestBlocks: Schema.NonNegativeInt,
  /** False: everything stays pending until it is true again. */
  isOn: Schema.Boolean,
  /** What a fast transfer costs. */
  feeBps: Decimal.scaled(Schema.NonNegativeBigIntFromSelf, bpsDecimals),
  /** Blocks of the destination until a fast message can be minted no more. */
  expiryBlocks: Schema.Int.pipe(Schema.positive()),
  /** What one fast transfer may move at most. */
  allowance: Units,
  /** Makes every fast burn wait as long as a standard one, for this reason. */
  slowBecause: Schema.NullOr(Delay),
  /** Whether a stranger mints every message before Circle tells of it. */
  thirdPartyMints: Schema.Boolean
})

/** How things look on the wire. */
const Wire = Schema.Struct({
  /** Nonces as decimal numbers instead of 32 bytes. */
  hasDecimalNonces: Schema.Boolean,
  pendingStatus: Schema.String,
  /** What stands where the message will be. */
  pendingMessage: Schema.NullOr(Schema.String),
  pendingAttestation: Schema.NullOr(Schema.String),
  /** A message of another burn, properly signed: not at all, in the place of ours, or before it. */
  foreign: Schema.Literal("none", "instead", "before"),
  /**
   * What is wrong with every attestation: the signers are no attesters, one signature is missing, they come in the wrong order,
   * the last one names no public key or is no point of the curve, it is no hex.
   */
  attestation: Schema.Literal("good", "strangers", "short", "descending", "noRecovery", "noPoint", "noHex"),
  /** More requests in a second are refused, and all that follow for a while. Null: never. */
  rateLimit: Schema.NullOr(Schema.Struct({
    perSecond: Schema.Int.pipe(Schema.positive()),
    blockedMillis: Schema.Int.pipe(Schema.positive())
  }))
})

export const Settings = Schema.Struct({ attesting: Attesting, wire: Wire })
export type Settings = typeof Settings.Type

/** The fields to change; others stay. */
export const Patch = Schema.partialWith(
  Schema.Struct({
    attesting: Schema.partialWith(Attesting, { exact: true }),
    wire: Schema.partialWith(Wire, { exact: true })
  }),
  { exact: true }
)
export type Patch = typeof Patch.Type

export const patch = (settings: Settings, { attesting, wire }: Patch): Settings => ({
  attesting: { ...settings.attesting, ...attesting },
  wire: { ...settings.wire, ...wire }
})

const tidyWire: Settings["wire"] = {
  hasDecimalNonces: false,
  pendingStatus: "pending_confirmations",
  pendingMessage: "0x",
  pendingAttestation: "PENDING",
  foreign: "none",
  attestation: "good",
  rateLimit: null
}

/** With every bad habit that was seen in production. */
const quirkyWire: Settings["wire"] = {
  ...tidyWire,
  hasDecimalNonces: true,
  pendingStatus: "pending",
  pendingMessage: null,
  pendingAttestation: null
}

export const make = ({ quirks }: { readonly quirks: boolean }): Settings => ({
  attesting: {
    seenDepth: quirks ? 2 : 1,
    listedDepth: quirks ? 3 : 1,
    fastDepth: quirks ? 4 : 2,
    standardDepth: 12,
    reattestBlocks: 2,
    isOn: true,
    feeBps: quirks ? 13_000n : 10_000n,
    // About a day of Ethereum's.
    expiryBlocks: 7_200,
    allowance: 10_000_000_000_000n,
    slowBecause: null,
    thirdPartyMints: false
  },
  wire: quirks ? quirkyWire : tidyWire
})
