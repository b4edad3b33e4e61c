/** Ids as the servers of the world give them, by chance that can be told again. */
import type { Dice } from "./Dice.ts"

const hex = (dice: Dice, digits: number): string =>
  Array.from({ length: digits }, () => dice.below(16).toString(16)).join("")

export const uuid = (dice: Dice): string =>
  `${hex(dice, 8)}-${hex(dice, 4)}-4${hex(dice, 3)}-8${hex(dice, 3)}-${hex(dice, 12)}`
