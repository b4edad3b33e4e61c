/**
 * Answers as nobody should give them: valid ones, bent. What is generated is a recipe of a few words, so that a failure
 * prints what was done and not the megabyte that came of it.
 */
import { FastCheck as fc, Option } from "effect"

const many = 100_000
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
/** A piece of JSON, or of what is none, and where text goes a word of the outside. */
const pieces = {
  null: "null",
  true: "true",
  zero: "0",
  "minus zero": "-0",
  "1e400": "1e400",
  "-1e400": "-1e400",
  "1e-400": "1e-400",
  "1e999999999": "1e999999999",
  "a text of 1e999999999": "\"1e999999999\"",
  "a text of -1e-999999999": "\"-1e-999999999\"",
  NaN: "NaN",
  "a text of NaN": "\"NaN\"",
  Infinity: "Infinity",
  "-Infinity": "-Infinity",
  "the largest double": "1.7976931348623157e308",
  "beyond the safe integers": "9007199254740993",
  "a fraction": "0.1234567890123456789",
  "a negative number": "-1",
  "a negative text": "\"-1\"",
  "1e5 digits": "9".repeat(many),
  "a text of 1e5 digits": `"${"9".repeat(many)}"`,
  "1e5 digits after the point": `0.${"9".repeat(many)}`,
  "an exponent of 1e5 digits": `1e${"9".repeat(many)}`,
  "no text": "\"\"",
  "a space": "\" \"",
  "0x": "\"0x\"",
  "half a byte": "\"0xabc\"",
  "a word of ones": `"0x${"f".repeat(64)}"`,
  "a word that would be negative": `"0x${"8".repeat(64)}"`,
  "1e5 bytes of hex": `"0x${"ab".repeat(many)}"`,
  "1e5 of 1b": `"0x${"1b".repeat(many)}"`,
  "the zero address": `"0x${"0".repeat(40)}"`,
  "a wrong checksum": "\"0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
  "a lone surrogate": "\"a\\ud800b\"",
  "surrogates in the wrong order": "\"\\udc00\\ud800\"",
  "an escaped NUL": "\"a\\u0000b\"",
  "a raw NUL": "\"a\u0000b\"",
  "a terminal's escape": "\"\\u001b[2J\\u001b]0;pwned\\u0007\"",
  "a C1 control": "\"\u009b2J\u0085\"",
  "lines that are forged": "\"ok\\r\\nlevel=INFO all is well\\u2028\\u2029\"",
  "text that turns round": "\"\u202e0001 CDSU\u202c\u2066\u200b\ufeff\"",
  "a text of 1e5 letters": `"${"a".repeat(many)}"`,
  "1e5 pairs of surrogates": `"${"\u{1f600}".repeat(many)}"`,
  "1e5 spaces": `"x${" ".repeat(many)}x"`,
  "1e5 backslashes": `"${"\\\\".repeat(many)}"`,
  "an open text": "\"abc",
  "a year beyond": "\"+275760-09-13T00:00:00.001Z\"",
  "a date that is none": "\"2026-02-31T25:61:61Z\"",
  "an empty list": "[]",
  "an empty object": "{}",
  "a list of 1e5": `[${"0,".repeat(many)}0]`,
  "an object of 1e5": `{${Array.from({ length: many / 10 }, (_, n) => `"k${n}":${n}`).join()}}`,
  "1e5 lists in each other": nested(many),
  "1e4 lists in each other": nested(many / 10),
  "1e5 objects in each other": `${"{\"a\":".repeat(many)}1${"}".repeat(many)}`,
  "1e5 lists that do not end": "[".repeat(many),
  "a prototype": "{\"__proto__\":{\"status\":\"completed\",\"toString\":1},\"constructor\":{\"prototype\":{\"x\":1}}}",
  "no constructor": "{\"constructor\":{\"name\":{\"toString\":1,\"valueOf\":1}}}",
  "no toString": "{\"toString\":1,\"valueOf\":null,\"toJSON\":2,\"then\":3,\"length\":-1}",
  "an error of effect": "{\"_tag\":\"Left\",\"left\":{\"_id\":\"ParseError\"}}"
} satisfies Record<string, string>
export type Piece = keyof typeof pieces
const names = Object.keys(pieces) as ReadonlyArray<Piece>

/** What becomes of a member (`key` and a colon in front) or an element. */
const edits = {
  drop: () => [],
  duplicate: (member: string) => [member, member],
  retype: (member: string, key: string, text: string) => [
    key + (text.startsWith("\"") ? text.slice(1, -1) || "0" : JSON.stringify(text))
  ],
  wrap: (_: string, key: string, text: string) => [`${key}[${text}]`],
  shout: (member: string, key: string, text: string) => key === "" ? [member] : [key.toUpperCase() + text],
  "be inherited": (member: string, key: string) => key === "" ? [member] : [`"__proto__":{${member}}`],
  "be the constructor": (_: string, key: string, text: string) => key === "" ? [text] : [`"constructor":${text}`]
} satisfies Record<string, (member: string, key: string, text: string) => ReadonlyArray<string>>

type Edit =
  | { readonly do: keyof typeof edits }
  | { readonly put: Piece }
  /** Duplicate keys: the last one counts for `JSON.parse`, the first one perhaps for somebody else. */
  | { readonly before: Piece }
  | { readonly after: Piece }

interface Bend {
  /** Which of its nodes, counted from the root and modulo how many there are. */
  readonly node: number
  readonly edit: Edit
}

const apply = (edit: Edit, key: string, text: string): ReadonlyArray<string> => {
  const member = key + text
  if ("do" in edit) return edits[edit.do](member, key, text)
  if ("put" in edit) return [key + pieces[edit.put]]
  return "before" in edit ? [key + pieces[edit.before], member] : [member, key + pieces[edit.after]]
}

const sizeOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 1)
    : 1

/** JSON of the value, bent at some of its nodes. */
const write = (value: unknown, bends: ReadonlyArray<Bend>): string => {
  const size = sizeOf(value)
  let count = 0
  const members = (value: unknown, key: string): ReadonlyArray<string> => {
    const node = count++
    const text = typeof value !== "object" || value === null
      ? JSON.stringify(value)
      : Array.isArray(value)
      ? `[${value.flatMap((inner: unknown) => members(inner, "")).join()}]`
      : `{${Object.entries(value).flatMap(([name, inner]) => members(inner, `${JSON.stringify(name)}:`)).join()}}`
    return bends
      .filter((bend) => bend.node % size === node)
      .reduce<ReadonlyArray<string>>((_, { edit }) => apply(edit, key, text), [key + text])
  }
  return members(value, "").join()
}

const wholes = {
  nothing: (text: string) => text,
  cut: (text: string, place: number) => text.slice(0, place % (text.length + 1)),
  "another letter": (text: string, place: number) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + String.fromCharCode(place % 256) + text.slice(at + 1)
  },
  "a mark of byte order": (text: string) => `\ufeff${text}`,
  "a NUL at its end": (text: string) => `${text}\u0000`,
  twice: (text: string) => text + text,
  "in a text": (text: string) => JSON.stringify(text),
  spaced: (text: string) => `${" \n".repeat(1000)}${text}\t`,
  "a page": () => "<!doctype html><html><script>alert(1)</script><h1>502 Bad Gateway</h1></html>",
  empty: () => "",
  spaces: () => " ".repeat(many)
} satisfies Record<string, (text: string, place: number) => string>

const coded = {
  "UTF-8": (text: string) => new TextEncoder().encode(text),
  "a byte that is no UTF-8": (text: string, place: number) => {
    const bytes = new TextEncoder().encode(text)
    return bytes.fill(0xc0 + place % 64, place % (bytes.length + 1), place % (bytes.length + 1) + 1)
  },
  "UTF-16": (text: string) => new Uint8Array(Buffer.from(text, "utf16le"))
} satisfies Record<string, (text: string, place: number) => Uint8Array>

export interface Recipe {
  readonly bends: ReadonlyArray<Bend>
  readonly whole: keyof typeof wholes
  readonly code: keyof typeof coded
  readonly place: number
}

const piece = fc.constantFrom(...names)
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: piece }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom(...Object.keys(edits) as Array<keyof typeof edits>) }) },
  { weight: 1, arbitrary: fc.record({ before: piece }) },
  { weight: 1, arbitrary: fc.record({ after: piece }) }
)

/** Mostly one thing is wrong, since of two the first hides the other. */
export const recipe: fc.Arbitrary<Recipe> = fc.record({
  bends: fc.array(fc.record({ node: fc.nat(1000), edit }), { minLength: 0, maxLength: 2 }),
  whole: fc.oneof(
    { weight: 8, arbitrary: fc.constant("nothing" as const) },
    { weight: 2, arbitrary: fc.constantFrom(...Object.keys(wholes) as Array<keyof typeof wholes>) }
  ),
  code: fc.oneof(
    { weight: 18, arbitrary: fc.constant("UTF-8" as const) },
    { weight: 2, arbitrary: fc.constantFrom(...Object.keys(coded) as Array<keyof typeof coded>) }
  ),
  place: fc.nat(100_000)
})

/** As it should be. */
export const straight: Recipe = { bends: [], whole: "nothing", code: "UTF-8", place: 0 }

/** Those that made something break, at every node: what chance would take long to meet. */
const worst = ["1e4 lists in each other", "no constructor"] as const
export const everywhere = (value: unknown): ReadonlyArray<Recipe> =>
  worst.flatMap((put) =>
    Array.from({ length: sizeOf(value) }, (_, node): Recipe => ({
      ...straight,
      bends: [{ node, edit: { put } }]
    }))
  )

export const text = (value: unknown, { bends, place, whole }: Recipe): string =>
  wholes[whole](write(value, bends), place)

export const bytes = (value: unknown, recipe: Recipe): Uint8Array =>
  coded[recipe.code](text(value, recipe), recipe.place)

/** The name of a word. */
export const word = piece
export const allWords = names

/** What stands in the quotes, or the piece itself where it is no text. */
export const said = (name: Piece): string => {
  const text: string = pieces[name]
  if (!text.startsWith("\"") || !text.endsWith("\"")) return text
  const parsed = Option.getOrUndefined(Option.liftThrowable((): unknown => JSON.parse(text))())
  return typeof parsed === "string" ? parsed : text.slice(1, -1)
}
