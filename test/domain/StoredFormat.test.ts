/** Every event as it is stored. What is written here never changes: a log that holds it must be read for ever. */
import { assert, describe, it } from "@effect/vitest"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import type { OperationId } from "../../src/domain/OperationId.ts"
import { IssuerRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { right } from "../support/spec.ts"
import { event as mint } from "./MintExamples.ts"
import { event as redemption } from "./RedemptionExamples.ts"
import { toAlpaca, toBase } from "./UsdcRebalanceExamples.ts"

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
    assert.deepStrictEqual([Mint.aggregate.type, Redemption.aggregate.type, Rebalance.aggregate.type], [
      "TokenizedEquityMint",
      "EquityRedemption",
      "UsdcRebalance"
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
  MintRetried: [[
    mint.MintRetried,
    `{"attempt":2,"clientRequestId":"0d0e3a5c-8f1b-8c5e-a1b2-1c2d3e4f5a6b","reason":"Alpaca shows no request of it",
      "at":"2026-01-05T14:08:00.000Z"}`
  ]],
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
  RedemptionRetried: [[
    redemption.RedemptionRetried,
    `{"reason":"nothing was sent","at":"2026-01-05T14:08:00.000Z"}`
  ]],
  RedemptionReconciled: [[
    redemption.RedemptionReconciled,
    `{"reason":"Settled","note":"The issuer sent the tokens back, ticket 12","at":"2026-01-05T14:07:00.000Z"}`
  ]]
})

const { event } = toBase

const standard = (event: typeof Rebalance.Event.RebalanceRequested.Type): typeof event => ({
  ...event,
  cctp: { ...event.cctp, finality: "standard" },
  shortWithdrawal: "continue"
})

const recoveredTo = (to: Rebalance.Recovery.Recovery) => ({ ...event.RebalanceRecovered, to })

/** As a recovery names them. */
const found = {
  withdrawal: `"withdrawal":{"_tag":"AlpacaTransfer","id":"withdrawal-2"}`,
  transaction:
    `"withdrawal":{"_tag":"OnchainTx","txHash":"0xa3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3"}`,
  withdrawn: `"withdrawn":{"txHash":"0xa4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4",
    "received":"1000.4","destinationBlock":"20000003"}`,
  burn: `"burn":{"burnTx":"0xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    "burned":"1000.3","maxFee":"0.1","destinationBlock":"20000004"}`,
  attested: `"attested":{"message":"0x06","attestation":"0x07",
    "nonce":"0xc2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2"}`,
  minted: `"minted":{"mintTx":"0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2",
    "received":"1000.2","feeCollected":"0.1"}`,
  deposit:
    `"deposit":{"_tag":"OnchainTx","txHash":"0xe2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2"}`,
  credited: `"credited":"1000.18"`
}

isStored(Rebalance.aggregate, {
  RebalanceRequested: [
    [
      toBase.event.RebalanceRequested,
      `{"direction":"AlpacaToBase","amount":"1000.5","wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "usdc":{"ethereum":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
          "base":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        "cctp":{"messenger":"0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d",
          "transmitter":"0x81D40F21F12A8F0E3252Bccb954D722d4c464B64","finality":"fast"},
        "vault":{"contract":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
          "reader":"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB","spender":"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
          "owner":"0x52908400098527886E0F7030069857D2E4169EE7",
          "id":"0x0707070707070707070707070707070707070707070707070707070707070707"},
        "shortWithdrawal":"fail","at":"2026-01-05T14:00:00.000Z"}`
    ],
    [
      toAlpaca.event.RebalanceRequested,
      `{"direction":"BaseToAlpaca","amount":"1000.5","wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "usdc":{"ethereum":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
          "base":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        "cctp":{"messenger":"0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d",
          "transmitter":"0x81D40F21F12A8F0E3252Bccb954D722d4c464B64","finality":"fast"},
        "vault":{"contract":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
          "reader":"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB","spender":"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
          "owner":"0x52908400098527886E0F7030069857D2E4169EE7",
          "id":"0x0707070707070707070707070707070707070707070707070707070707070707"},
        "shortWithdrawal":"fail","depositAddress":"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "at":"2026-01-05T14:00:00.000Z"}`
    ],
    [
      standard(toBase.event.RebalanceRequested),
      `{"direction":"AlpacaToBase","amount":"1000.5","wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "usdc":{"ethereum":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
          "base":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        "cctp":{"messenger":"0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d",
          "transmitter":"0x81D40F21F12A8F0E3252Bccb954D722d4c464B64","finality":"standard"},
        "vault":{"contract":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
          "reader":"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB","spender":"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
          "owner":"0x52908400098527886E0F7030069857D2E4169EE7",
          "id":"0x0707070707070707070707070707070707070707070707070707070707070707"},
        "shortWithdrawal":"continue","at":"2026-01-05T14:00:00.000Z"}`
    ]
  ],
  Initiated: [
    [
      toBase.event.Initiated,
      `{"withdrawal":{"_tag":"AlpacaTransfer","id":"withdrawal-1"},"at":"2026-01-05T14:01:00.000Z"}`
    ],
    [
      toAlpaca.event.Initiated,
      `{"withdrawal":{"_tag":"OnchainTx","txHash":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"},
        "at":"2026-01-05T14:01:00.000Z"}`
    ]
  ],
  WithdrawalConfirmed: [[
    event.WithdrawalConfirmed,
    `{"txHash":"0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2",
      "received":"1000.4","destinationBlock":"20000001","at":"2026-01-05T14:02:00.000Z"}`
  ]],
  BridgingInitiated: [[
    event.BridgingInitiated,
    `{"burnTx":"0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1",
      "burned":"1000.3","maxFee":"0.1","destinationBlock":"20000002","at":"2026-01-05T14:03:00.000Z"}`
  ]],
  AttestationReceived: [[
    event.AttestationReceived,
    `{"message":"0x0102","attestation":"0x03",
      "nonce":"0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1","at":"2026-01-05T14:04:00.000Z"}`
  ]],
  Bridged: [[
    event.Bridged,
    `{"mintTx":"0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1",
      "received":"1000.2","feeCollected":"0.1","at":"2026-01-05T14:06:00.000Z"}`
  ]],
  DepositInitiated: [[
    event.DepositInitiated,
    `{"deposit":{"_tag":"OnchainTx","txHash":"0xe1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1"},
      "at":"2026-01-05T14:07:00.000Z"}`
  ]],
  DepositConfirmed: [[
    event.DepositConfirmed,
    `{"credited":"1000.19","at":"2026-01-05T14:08:00.000Z"}`
  ]],
  WithdrawalFailed: [
    [
      event.WithdrawalFailed,
      `{"reason":"TimedOut","detail":"not settled after 3 days","place":"AlpacaInTransit",
        "amount":"1000.5","at":"2026-01-05T14:10:00.000Z"}`
    ],
    [
      event.WithdrawalFailedShort,
      `{"reason":"Short","detail":"less came than was asked","place":"EthereumWallet",
        "amount":"1000.4","withdrawn":{"txHash":"0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2",
          "received":"1000.4","destinationBlock":"20000001"},"at":"2026-01-05T14:10:00.000Z"}`
    ]
  ],
  BridgingFailed: [[
    event.BridgingFailed,
    `{"reason":"TimedOut","detail":"not attested after 2 hours","place":"CctpInTransit","amount":"1000.4",
      "at":"2026-01-05T14:11:00.000Z"}`
  ]],
  DepositFailed: [[
    event.DepositFailed,
    `{"reason":"Reverted","detail":"the deposit reverted","place":"BaseWallet","amount":"1000.2",
      "at":"2026-01-05T14:12:00.000Z"}`
  ]],
  RebalanceRecovered: [
    [
      { ...recoveredTo(toBase.recovery.Requested), reason: "Alpaca shows no transfer of it" },
      `{"to":{"_tag":"Requested"},"reason":"Alpaca shows no transfer of it","at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.Requested),
      `{"to":{"_tag":"Requested"},"at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.Withdrawing),
      `{"to":{"_tag":"Withdrawing",${found.withdrawal}},"at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toAlpaca.recovery.Withdrawing),
      `{"to":{"_tag":"Withdrawing",${found.transaction}},"at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.WithdrawalComplete),
      `{"to":{"_tag":"WithdrawalComplete",${found.withdrawal},${found.withdrawn}},"at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.Bridging),
      `{"to":{"_tag":"Bridging",${found.withdrawal},${found.withdrawn},${found.burn}},
        "at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.Attested),
      `{"to":{"_tag":"Attested",${found.withdrawal},${found.withdrawn},${found.burn},${found.attested}},
        "at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.Bridged),
      `{"to":{"_tag":"Bridged",${found.withdrawal},${found.withdrawn},${found.burn},
        ${found.attested},${found.minted}},
        "at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.DepositInitiated),
      `{"to":{"_tag":"DepositInitiated",${found.withdrawal},${found.withdrawn},${found.burn},
        ${found.attested},${found.minted},${found.deposit}},
        "at":"2026-01-05T14:14:00.000Z"}`
    ],
    [
      recoveredTo(toBase.recovery.DepositConfirmed),
      `{"to":{"_tag":"DepositConfirmed",${found.withdrawal},${found.withdrawn},${found.burn},
        ${found.attested},${found.minted},${found.deposit},${found.credited}},
        "at":"2026-01-05T14:14:00.000Z"}`
    ]
  ],
  RebalanceCancelled: [
    [
      toBase.event.RebalanceCancelled,
      `{"reason":"Cancelled","detail":"changed my mind","place":"Alpaca",
        "amount":"1000.5","at":"2026-01-05T14:13:00.000Z"}`
    ],
    [
      toAlpaca.event.RebalanceCancelled,
      `{"reason":"Cancelled","detail":"changed my mind","place":"Vault",
        "amount":"1000.5","at":"2026-01-05T14:13:00.000Z"}`
    ]
  ],
  RebalanceReconciled: [[
    event.RebalanceReconciled,
    `{"reason":"Settled","note":"Deposited by hand, ticket 12","at":"2026-01-05T14:15:00.000Z"}`
  ]]
})
