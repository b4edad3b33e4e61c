import { expect, it } from "@effect/vitest"
import * as Shares from "../../../src/domain/Shares.ts"
import * as MintBody from "../../../src/layers/alpaca/MintBody.ts"
import { mintId, order } from "./Live.ts"

// Never change these: an order that was sent by this version must be repeated with these very bytes.
it("version 1 of the body of a mint, byte for byte", () => {
  expect(MintBody.version).toBe(1)
  expect(MintBody.encode(mintId, order)).toBe(
    "{\"underlying_symbol\":\"AAPL\",\"qty\":\"10.5\",\"issuer\":\"st0x\",\"network\":\"base\"," +
      "\"wallet_address\":\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"," +
      "\"client_request_id\":\"6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e\"}"
  )
})

it("the quantity is a plain decimal, however small or large", () => {
  const quantity = (units: bigint) => MintBody.encode(mintId, { ...order, quantity: Shares.fromUnits(units) })
  expect(quantity(1n)).toContain("\"qty\":\"0.000000001\"")
  expect(quantity(10n ** 27n)).toContain("\"qty\":\"1000000000000000000\"")
})

it("does not depend on what else the state knows", () => {
  const { network, symbol, ...rest } = order
  const shuffled = { requestedAt: "2026", ...rest, tokenizationRequestId: "x", network, symbol }
  expect(MintBody.encode(mintId, shuffled)).toBe(MintBody.encode(mintId, order))
})
