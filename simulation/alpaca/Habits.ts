/** How answers are written: as the documents say, or with the bad habits that were seen in production. */
import * as AlpacaSettings from "../../src/layers/local/AlpacaSettings.ts"
import type * as AlpacaWalletSettings from "../../src/layers/local/AlpacaWalletSettings.ts"
import type { Dice } from "../Dice.ts"
import type { Mood } from "./Mood.ts"

const tidy = AlpacaSettings.make({ quirks: false, delayMillis: 0 })

export const tokenization = (dice: Dice, { quirks }: Mood): AlpacaSettings.Wire => {
  if (!dice.chance(quirks)) return tidy.wire
  return {
    ...tidy.wire,
    hasEmptyStrings: dice.chance(0.5),
    hasTypeInMint: dice.chance(0.5),
    numbersIn: dice.chance(0.5) ? ["mint", "request", "list", "label"] : [],
    capitalsIn: dice.chance(0.5) ? ["request", "list", "label"] : []
  }
}

export const wallets = (dice: Dice, { quirks }: Mood): AlpacaWalletSettings.Wire => {
  if (!dice.chance(quirks)) return tidy.wallets.wire
  return {
    ...tidy.wallets.wire,
    hasEmptyStrings: dice.chance(0.5),
    numbersIn: dice.chance(0.5) ? ["withdraw", "transfer", "list"] : [],
    paddedIn: dice.chance(0.5) ? ["withdraw", "transfer", "list"] : [],
    capitalsIn: dice.chance(0.5) ? ["transfer", "list"] : [],
    processing: dice.pick(["PROCESSING", "PENDING"])
  }
}

/** A number keeps 15 digits: what has more is written as text, so that nothing is lost that nobody could find again. */
export const fitsNumber = (units: bigint): boolean => units < 10n ** 15n

/** Newest first, or otherwise: no document says how. */
export const ordered = <A>(dice: Dice, { quirks }: Mood, oldestFirst: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (!dice.chance(quirks)) return oldestFirst.toReversed()
  return oldestFirst.map((row) => ({ row, place: dice.below(1_000_000) }))
    .toSorted((one, other) => one.place - other.place).map(({ row }) => row)
}
