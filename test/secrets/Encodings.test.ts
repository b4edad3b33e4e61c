/** What is not found would be no proof: every encoding is planted once. */
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { inspect } from "node:util"
import * as Encodings from "./Encodings.ts"

const key = `0x${"5Ec4e71b".repeat(8)}`
const word = "alpaca+secret/\"93af\" of\nours"
const bytes = Buffer.from(key.slice(2), "hex")
const search = Encodings.make([{ name: "key", value: key }, { name: "word", value: word }])

const array = [...bytes]
const planted: Readonly<Record<string, string | Uint8Array>> = {
  "the key": key,
  "the key without its 0x": key.slice(2),
  "in capitals": key.toUpperCase(),
  "half of it": key.slice(34),
  "the other half": key.slice(2, 34),
  "in a text": `private key ${key}, sorry`,
  "broken into lines": `${key.slice(0, 40)}\n   ${key.slice(40)}`,
  "its bytes": bytes,
  "its bytes in a file": Buffer.concat([Buffer.alloc(4097, 7), bytes, Buffer.alloc(99, 9)]),
  "its bytes backwards": Uint8Array.from(bytes).toReversed(),
  "hex backwards": Buffer.from(Uint8Array.from(bytes).toReversed()).toString("hex"),
  "as a number": BigInt(key).toString(),
  "as a bigint": inspect({ d: BigInt(key) }),
  "as a bigint with separators": inspect(BigInt(key), { numericSeparator: true }),
  "an array": JSON.stringify(array),
  "an array with white space": JSON.stringify(array, null, 2),
  "an array inspected": inspect(array, { maxArrayLength: null }),
  "typed bytes inspected": inspect(Uint8Array.from(bytes)),
  "typed bytes as JSON": JSON.stringify(Uint8Array.from(bytes)),
  "a buffer inspected": inspect(bytes),
  "a buffer as JSON": JSON.stringify({ bytes }),
  "bytes in hex": array.map((byte) => `0x${byte.toString(16)}`).join(", "),
  "the text of the key in base64": Buffer.from(`user:${key}`).toString("base64"),
  "UTF-16": Buffer.from(key, "utf16le"),
  "a word": word,
  "a word in capitals": word.toUpperCase(),
  "a word in a URL": `https://host/?key=${encodeURIComponent(word)}`,
  "a word in a form": new URLSearchParams({ key: word }).toString(),
  "a word in JSON": JSON.stringify({ word }),
  "a word in JSON in JSON": JSON.stringify({ body: JSON.stringify({ word }) }),
  "a word inspected": inspect({ word: Buffer.from(word) }),
  "a word backwards": [...word].toReversed().join(""),
  "a word in hex": Buffer.from(word).toString("hex"),
  "a log line that shows it": inspect({ secret: Redacted.value(Redacted.make(key)) })
}

describe("the search for secrets", () => {
  for (const [what, text] of Object.entries(planted)) {
    it(`finds ${what}`, () => assert.isNotEmpty(search({ text })))
  }

  for (const [kind, secret] of Object.entries({ key: bytes, word: Buffer.from(word) })) {
    for (const alphabet of ["base64", "base64url"] as const) {
      it(`finds a ${kind} in ${alphabet}, whatever stands before and after it`, () => {
        for (let before = 0; before < 6; before++) {
          for (let after = 0; after < 4; after++) {
            const text = Buffer.concat([Buffer.alloc(before, 65), secret, Buffer.alloc(after, 66)]).toString(alphabet)
            assert.isNotEmpty(search({ text }), `${before} ${after}`)
          }
        }
      })
    }
  }

  it("finds nothing where nothing is, and does not tell what it looks for", () => {
    const innocent = { text: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", bytes: Buffer.alloc(10_000, 1) }
    assert.deepStrictEqual(search({ ...innocent, redacted: inspect(Redacted.make(key)) }), [])
    const [found] = search({ text: key })
    assert.notInclude(JSON.stringify(found), "5ec4")
  })
})
