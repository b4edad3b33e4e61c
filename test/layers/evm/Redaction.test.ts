import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Redaction from "../../../src/layers/evm/Redaction.ts"

const url = "https://alice:pa55word@rpc.example.com:8443/v2/SECRETKEY?apikey=QUERYKEY#FRAGMENT"
const redact = Redaction.make([url])

describe("Redaction.host", () => {
  const hosts: Record<string, string> = {
    "https://host/v2/SECRETKEY?x=y": "https://host",
    [url]: "https://rpc.example.com:8443",
    "http://127.0.0.1:8545": "http://127.0.0.1:8545",
    "wss://host/SECRETKEY": "wss://host",
    "not a url SECRETKEY": "[not a URL]",
    "mailto:SECRETKEY@host": "[not a URL]",
    "": "[not a URL]"
  }
  for (const [url, host] of Object.entries(hosts)) {
    it(`${url} -> ${host}`, () => assert.strictEqual(Redaction.host(url), host))
  }
})

describe("Redaction.make", () => {
  const texts: ReadonlyArray<readonly [string, string]> = [
    ["https://host/v2/SECRETKEY?x=y", "https://host"],
    ["request to https://host/v2/SECRETKEY?x=y failed", "request to https://host failed"],
    [`{"url":"https://host/v2/OTHERKEY","id":1}`, `{"url":"https://host","id":1}`],
    [`URL: ${url}\nRequest body: {}`, "URL: https://rpc.example.com:8443 Request body: {}"],
    ["ws://a/x and wss://b/y", "ws://a and wss://b"],
    ["invalid key SECRETKEY", "invalid key [redacted]"],
    ["user alice with pa55word", "user [redacted] with [redacted]"],
    ["path /v2/SECRETKEY?apikey=QUERYKEY not found", "path [redacted] not found"],
    [
      `{"url":"https:\\/\\/rpc.example.com:8443\\/v2\\/SECRETKEY"}`,
      `{"url":"https:\\/\\/rpc.example.com:8443\\/v2\\/[redacted]"}`
    ],
    [
      "execution reverted: ERC20: transfer amount exceeds balance",
      "execution reverted: ERC20: transfer amount exceeds balance"
    ],
    ["two\r\nlines\u001b[31m and a bell\u0007", "two lines [31m and a bell"]
  ]
  for (const [text, shown] of texts) it(JSON.stringify(text), () => assert.strictEqual(redact(text), shown))

  it("finds a key that the URL writes with escapes", () => {
    const shown = Redaction.make(["https://host/KEY%2FWITH%20SPACE"])("keys KEY%2FWITH%20SPACE and KEY/WITH SPACE")
    assert.strictEqual(shown, "keys [redacted] and [redacted]")
  })

  it("takes all of a URL that is none for a secret", () =>
    assert.strictEqual(
      Redaction.make(["no url SECRETKEY"])("cannot parse no url SECRETKEY"),
      "cannot parse [redacted]"
    ))

  it("makes a page of HTML short, and does not cut a secret in half before it takes it out", () => {
    const shown = redact(`${"x".repeat(295)}SECRETKEY${"y".repeat(1_000_000)}`)
    assert.isBelow(shown.length, 320)
    assert.notInclude(shown, "SECRET")
  })

  it("does not show the half of a secret at which a long text was cut", () => {
    for (let padding = 5_900; padding < 6_100; padding++) {
      // What stands before it is a URL, of which almost nothing is left.
      assert.notInclude(redact(`https://host/${"x".repeat(padding - 14)} SECRETKEY${"y".repeat(1_000)}`), "SEC")
    }
  })

  it("reads a long word in no time", () => assert.isBelow(redact("x".repeat(10_000_000)).length, 310))

  it.prop(
    "no part of a URL that is a secret survives, wherever it stands",
    [fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]{4,40}$/), fc.string(), fc.constantFrom("/", "/v2/", "?key=", "#")],
    ([before, key, after, where]) => {
      // What was there anyway says nothing: a key `HTTP` is in every message.
      if ((before + after + "https://host[redacted]...").includes(key)) return
      const url = `https://host${where}${key}`
      for (const text of [`${before}${url} ${after}`, `${before}${key}${after}`]) {
        assert.notInclude(Redaction.make([url])(text), key)
      }
    }
  )
})
