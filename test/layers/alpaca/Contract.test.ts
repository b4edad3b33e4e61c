import * as AlpacaTokenizationTest from "../../../src/layers/testing/AlpacaTokenizationTest.ts"
import { cases } from "../../../src/layers/testing/contracts/AlpacaTokenization.ts"
import { runContract } from "../../support/contract.ts"
import * as LocalAlpaca from "./LocalAlpaca.ts"

runContract("AlpacaTokenization in memory", cases, AlpacaTokenizationTest.layer)
runContract("AlpacaTokenization over HTTP", cases, LocalAlpaca.layer({ auth: "headers", quirks: false }))
runContract("AlpacaTokenization over HTTP, bad habits", cases, LocalAlpaca.layer({ auth: "basic", quirks: true }))
/** A token that is refused once is replaced, and whoever has asked does not learn of it. */
const believed = cases.filter(({ name }) => !name.includes("401"))
runContract(
  "AlpacaTokenization over HTTP, with access tokens",
  believed,
  LocalAlpaca.layer({ auth: "oauth", quirks: false })
)
