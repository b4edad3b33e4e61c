/** Words of the outside, fit for a log and a terminal. */
import { Option } from "effect"

const longest = 500
/** Patterns take long for very long texts, of which only the beginning is shown. */
const longestRead = 20 * longest

/** Control characters, marks that turn the direction of text, what is not shown at all, halves of letters. */
const unprintable = /\p{C}/gu

/** Not long, and no half of a letter at its end. */
export const cut = (text: string, length: number = longest): string =>
  text.length <= length ? text : `${text.slice(0, length - 3).replace(/\p{Cs}$/u, "")}...`

/** One line, without what could not be seen. */
export const clean = (text: string): string => text.replace(/\s+/g, " ").replace(unprintable, "").trim()

/** Clean and not long. */
export const printable = (words: string): string => cut(clean(words.slice(0, longestRead)))

/** As it was written, in quotes; what could not be seen is spelled out. */
export const quoted = (text: string, length: number = 80): string =>
  JSON.stringify(text.slice(0, length)).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`
  )

/** What anything thrown says of itself: an object may refuse to be made a text. */
export const shown = (thrown: unknown): string =>
  Option.getOrElse(Option.liftThrowable(String)(thrown), () => "it cannot be shown")
