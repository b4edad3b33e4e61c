import * as AlpacaTokenizationTest from "../../../src/layers/testing/AlpacaTokenizationTest.ts"
import { cases } from "../../../src/layers/testing/contracts/AlpacaTokenization.ts"
import { runContract } from "../../support/contract.ts"
import * as LocalAlpaca from "./LocalAlpaca.ts"

runContract("AlpacaTokenization in memory", cases, AlpacaTokenizationTest.layer)
runContract("AlpacaTokenization over HTTP", cases, LocalAlpaca.layer({ auth: "headers", quirks: false }))
runContract("AlpacaTokenization over HTTP, bad habits", cases, LocalAlpaca.layer({ auth: "basic", quirks: true }))
