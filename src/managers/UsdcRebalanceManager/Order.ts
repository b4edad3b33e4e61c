/** The rebalance that a request becomes under today's configuration, refused where it could not be finished. */
import { Effect, Option } from "effect"
import type * as Usdc from "../../domain/Usdc.ts"
import type * as Rebalance from "../../domain/UsdcRebalance.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { TransactionOutbox } from "../../services/TransactionOutbox.ts"
import { UsdcRoute } from "../../services/UsdcRoute.ts"
import { Refused } from "../Refused.ts"
import * as Limits from "./Limits.ts"

type Order = Rebalance.State.Order

export const make = (direction: Rebalance.State.Direction, amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    yield* Limits.single(amount)
    const { cctp, shortWithdrawal, usdc, vault } = yield* UsdcRoute
    if (Option.isNone(vault)) {
      return yield* new Refused({
        reason: "NoVault",
        detail: "BALLAST_VAULT_CONTRACT and BALLAST_USDC_VAULT_ID are missing: which vault is USDC of?"
      })
    }
    const { wallet } = yield* TransactionOutbox
    const { owner, ...rest } = vault.value
    const alpaca = yield* direction === "AlpacaToBase" ? whitelisted(wallet) : depositAddress
    const order: Order = {
      direction,
      amount,
      wallet,
      usdc,
      cctp,
      vault: { ...rest, owner: Option.getOrElse(owner, () => wallet) },
      shortWithdrawal,
      ...alpaca
    }
    return order
  })

const depositAddress = Effect.gen(function*() {
  const alpaca = yield* AlpacaWallet
  return { depositAddress: yield* alpaca.depositAddress }
})

/** Alpaca would turn the withdrawal down: asked before anything is recorded. */
export const whitelisted = (wallet: Order["wallet"]) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const whitelisting = yield* alpaca.whitelisting(wallet)
    return whitelisting === "Approved" ? {} : yield* new Refused({
      reason: "NotWhitelisted",
      detail: `our wallet ${wallet} is ${
        whitelisting === "Absent" ? "not on" : `${whitelisting.toLowerCase()} on`
      } Alpaca's whitelist for USDC on Ethereum: Alpaca sends there only once it is APPROVED, a day after it was entered`
    })
  })
