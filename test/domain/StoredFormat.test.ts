/** Every event as it is stored. What is written here never changes: a log that holds it must be read for ever. */
import { assert, describe, it } from "@effect/vitest"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import type { OperationId } from "../../src/domain/OperationId.ts"
import { IssuerRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { right } from "../support/spec.ts"
import { event as mint } from "./MintExamples.ts"
import { event as redemption } from "./RedemptionExamples.ts"

interface Tagged {
  readonly _tag: string
}

/** An event, and the payload of its row. */
type Stored<E> = readonly [event: E, payload: string]

const isStored = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  { codec, type }: Aggregate<Id, C, S, E, R>,
  golden: Readonly<Record<E["_tag"], ReadonlyArray<Stored<E>>>>
) =>
  describe(type, () => {
    for (const [name, examples] of Object.entries<ReadonlyArray<Stored<E>>>(golden)) {
      for (const [event, text] of examples) {
        const stored = { type: name, version: 1, payload: JSON.parse(text) }
        it(`${name} is written as ever: ${text.slice(0, 60)}`, () =>
          assert.deepStrictEqual(JSON.parse(JSON.stringify(codec.encode(event))), stored))
        it(`${name} is read as ever: ${text.slice(0, 60)}`, () =>
          assert.deepStrictEqual(right(codec.decode(stored)), event))
      }
    }
  })

const without = <E extends { readonly issuerRequestId?: unknown }>({ issuerRequestId: _, ...event }: E) => event

describe("the names in the log", () => {
  it("are as ever", () =>
    assert.deepStrictEqual([Mint.aggregate.type, Redemption.aggregate.type], [
      "TokenizedEquityMint",
      "EquityRedemption"
    ]))
})

isStored(Mint.aggregate, {
  MintRequested: [[
    mint.MintRequested,
    `{"symbol":"AAPL","quantity":"10.5","wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      "token":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359","decimals":18,"issuer":"st0x","network":"base",
      "at":"2026-01-05T14:00:00.000Z"}`
  ]],
  MintAccepted: [
    [
      mint.MintAccepted,
      `{"tokenizationRequestId":"12345-678-90AB","issuerRequestId":"issuer-1","at":"2026-01-05T14:01:00.000Z"}`
    ],
    [without(mint.MintAccepted), `{"tokenizationRequestId":"12345-678-90AB","at":"2026-01-05T14:01:00.000Z"}`]
  ],
  TokensReceived: [[
    mint.TokensReceived,
    `{"txHash":"0xabababababababababababababababababababababababababababababababab",
      "sharesMinted":"10.400000000000000000","receiptId":"7","at":"2026-01-05T14:02:00.000Z"}`
  ]],
  MintCompleted: [[mint.MintCompleted, `{"at":"2026-01-05T14:03:00.000Z"}`]],
  MintFailed: [[
    mint.MintFailed,
    `{"reason":"Rejected","detail":"the issuer said no","place":"Alpaca","amount":"10.5","at":"2026-01-05T14:04:00.000Z"}`
  ]],
  MintCancelled: [[
    mint.MintCancelled,
    `{"reason":"Cancelled","detail":"changed my mind","place":"Alpaca","amount":"10.5","at":"2026-01-05T14:05:00.000Z"}`
  ]],
  MintRecovered: [[mint.MintRecovered, `{"tokenizationRequestId":"late","at":"2026-01-05T14:06:00.000Z"}`]],
  MintReconciled: [[
    mint.MintReconciled,
    `{"reason":"Settled","note":"Alpaca booked the shares back, ticket 12","at":"2026-01-05T14:07:00.000Z"}`
  ]]
})

isStored(Redemption.aggregate, {
  RedemptionRequested: [[
    redemption.RedemptionRequested,
    `{"symbol":"AAPL","quantity":"10.5","token":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "amount":"10.500000000000000000","wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      "redemptionWallet":"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB","issuer":"st0x","network":"base",
      "at":"2026-01-05T14:00:00.000Z"}`
  ]],
  TokensSent: [[
    redemption.TokensSent,
    `{"txHash":"0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
      "amountSent":"10.400000000000000000","at":"2026-01-05T14:01:00.000Z"}`
  ]],
  Detected: [
    [
      redemption.Detected,
      `{"tokenizationRequestId":"12345-678-90AB","issuerRequestId":"issuer-1","at":"2026-01-05T14:02:00.000Z"}`
    ],
    [without(redemption.Detected), `{"tokenizationRequestId":"12345-678-90AB","at":"2026-01-05T14:02:00.000Z"}`]
  ],
  RedemptionCompleted: [[redemption.RedemptionCompleted, `{"at":"2026-01-05T14:03:00.000Z"}`]],
  RedemptionFailed: [[
    redemption.RedemptionFailed,
    `{"reason":"Rejected","detail":"the issuer said no","place":"IssuerInTransit","amount":"10.5",
      "at":"2026-01-05T14:04:00.000Z"}`
  ]],
  RedemptionCancelled: [[
    redemption.RedemptionCancelled,
    `{"reason":"Cancelled","detail":"changed my mind","place":"BaseWallet","amount":"10.5",
      "at":"2026-01-05T14:05:00.000Z"}`
  ]],
  RedemptionRecovered: [
    [
      redemption.RedemptionRecovered,
      `{"tokenizationRequestId":"late","txHash":"0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "amountSent":"10.400000000000000000","sentAt":"2026-01-05T14:01:00.000Z","at":"2026-01-05T14:06:00.000Z"}`
    ],
    [
      { ...redemption.RedemptionRecovered, issuerRequestId: IssuerRequestId.make("issuer-1") },
      `{"tokenizationRequestId":"late","issuerRequestId":"issuer-1",
        "txHash":"0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "amountSent":"10.400000000000000000","sentAt":"2026-01-05T14:01:00.000Z","at":"2026-01-05T14:06:00.000Z"}`
    ]
  ],
  RedemptionReconciled: [[
    redemption.RedemptionReconciled,
    `{"reason":"Settled","note":"The issuer sent the tokens back, ticket 12","at":"2026-01-05T14:07:00.000Z"}`
  ]]
})
