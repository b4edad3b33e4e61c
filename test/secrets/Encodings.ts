/** Every way in which a secret could stand in a text or a file, and a search for all of them. */

export interface Secret {
  /** For the report, which must not tell it either. */
  readonly name: string
  readonly value: string
}

interface Needle {
  readonly secret: string
  readonly encoding: string
  readonly text: string
  /** In which reading of the haystack it is looked for. */
  readonly reading: "bytes" | "folded" | "packed"
}

/** Bytes as a string in which each is one character. */
const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

/** Shorter pieces stand in every file. */
const shortest = 8

const base64 = (bytes: Uint8Array): ReadonlyArray<string> =>
  [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "")
    // What the neighbours have a part in is not known.
    const whole = text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1)
    return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")]
  })

const reversed = (bytes: Uint8Array) => Uint8Array.from(bytes).toReversed()

/** As a printer of arrays, or of objects with numbered keys, shows bytes, without white space. */
const numbers = (bytes: Uint8Array): ReadonlyArray<string> => [
  [...bytes].join(","),
  [...bytes].map((byte, index) => `"${index}":${byte}`).join(","),
  [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(",")
]

const ofBytes = (bytes: Uint8Array): ReadonlyArray<Omit<Needle, "secret">> => [
  { encoding: "as it is", reading: "bytes", text: latin(bytes) },
  { encoding: "backwards", reading: "bytes", text: latin(reversed(bytes)) },
  { encoding: "in UTF-16", reading: "bytes", text: latin(Buffer.from(latin(bytes), "utf16le")) },
  { encoding: "hex", reading: "packed", text: Buffer.from(bytes).toString("hex") },
  { encoding: "hex, backwards", reading: "packed", text: Buffer.from(reversed(bytes)).toString("hex") },
  ...base64(bytes).map((text) => ({ encoding: "base64", reading: "bytes" as const, text })),
  ...numbers(bytes).map((text) => ({ encoding: "numbers", reading: "packed" as const, text }))
]

const ofText = (value: string): ReadonlyArray<Omit<Needle, "secret">> => {
  const quoted = (text: string) => JSON.stringify(text).slice(1, -1)
  return [
    ...ofBytes(Buffer.from(value)),
    { encoding: "in another case", reading: "folded", text: value.toLowerCase() },
    { encoding: "for a URL", reading: "folded", text: encodeURIComponent(value).toLowerCase() },
    {
      encoding: "for a form",
      reading: "folded",
      text: new URLSearchParams({ "": value }).toString().slice(1).toLowerCase()
    },
    { encoding: "JSON", reading: "bytes", text: quoted(value) },
    { encoding: "JSON in JSON", reading: "bytes", text: quoted(quoted(value)) }
  ]
}

/** 32 bytes, which are also a number. */
const ofKey = (hex: string): ReadonlyArray<Omit<Needle, "secret">> => {
  const digits = hex.replace(/^0x/, "").toLowerCase()
  // Half of a key is a leak too.
  const halves = [digits.slice(0, 32), digits.slice(32)]
  return [
    ...ofBytes(Buffer.from(digits, "hex")),
    ...halves.flatMap((half) => ofBytes(Buffer.from(half, "hex"))),
    // The text of the key, such as a Basic header would have it.
    ...[digits, digits.toUpperCase(), hex.replace(/^0x/, "")].flatMap((text) => ofBytes(Buffer.from(text))),
    { encoding: "a number", reading: "packed", text: BigInt(`0x${digits}`).toString() }
  ]
}

const needlesOf = ({ name, value }: Secret): ReadonlyArray<Needle> => {
  const all = /^(?:0x)?[0-9a-fA-F]{64}$/.test(value) ? ofKey(value) : ofText(value)
  const long = all.filter(({ text }) => text.length >= shortest)
  return [
    ...new Map(long.toReversed().map((needle) => [needle.reading + needle.text, { secret: name, ...needle }])).values()
  ]
}

export interface Found {
  readonly secret: string
  readonly encoding: string
  /** Which of what was searched, and where in it. */
  readonly where: string
}

/** Looks for them in whatever was written. */
export const make = (secrets: ReadonlyArray<Secret>) => {
  const needles = secrets.flatMap(needlesOf)
  return (written: Readonly<Record<string, string | Uint8Array>>): ReadonlyArray<Found> =>
    Object.entries(written).flatMap(([name, what]) => {
      const bytes = latin(typeof what === "string" ? Buffer.from(what) : what)
      const folded = bytes.toLowerCase()
      // What a printer breaks into lines, or aligns, or wraps in escapes.
      const packed = folded.replace(/[\s_]|\\n/g, "")
      const readings = { bytes, folded, packed }
      return needles.flatMap(({ encoding, reading, secret, text }) => {
        const at = readings[reading].indexOf(text)
        return at === -1 ? [] : [{ secret, encoding, where: `${name}, at ${at} of ${readings[reading].length}` }]
      })
    })
}
