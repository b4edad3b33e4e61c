import { Effect, Layer } from "effect"
import * as AlpacaWalletTest from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { casesFor } from "../../../src/layers/testing/contracts/AlpacaWallet.ts"
import { runContract } from "../../support/contract.ts"
import * as LocalWallet from "./LocalWallet.ts"

const cases = casesFor(LocalWallet.own)

const held = Layer.tap(
  AlpacaWalletTest.layerWith({ own: LocalWallet.own }),
  (context) =>
    Effect.provide(
      Effect.flatMap(AlpacaWalletTest.AlpacaWalletControl, ({ setOutcome }) => setOutcome("hold")),
      context
    )
)

runContract("AlpacaWallet in memory", cases, held)
runContract("AlpacaWallet over HTTP", cases, LocalWallet.layer({ auth: "headers", quirks: false }))
runContract("AlpacaWallet over HTTP, bad habits", cases, LocalWallet.layer({ auth: "basic", quirks: true }))
runContract("AlpacaWallet over HTTP, with access tokens", cases, LocalWallet.layer({ auth: "oauth", quirks: false }))
