/** What must agree with what is known already, whoever says it: a step that was done, or a recovery that tells of it later. */
import { Either } from "effect"
import type * as Cctp from "../Cctp.ts"
import * as Usdc from "../Usdc.ts"
import { Contradiction } from "./Command.ts"
import type { Recovery } from "./Recovery.ts"
import type * as State from "./State.ts"

export type Failed =
  | typeof State.WithdrawalFailed.Type
  | typeof State.BridgingFailed.Type
  | typeof State.DepositFailed.Type

type Checked = Either.Either<void, Contradiction>

export const contradicts = (detail: string) => Either.left(new Contradiction({ detail }))

export const withdrawal = (
  direction: State.Direction,
  { _tag }: typeof State.Withdrawal.Type
): Checked =>
  (_tag === "AlpacaTransfer") === (direction === "AlpacaToBase")
    ? Either.void
    : contradicts(`a rebalance ${direction} is not withdrawn by ${_tag}`)

export const burn = (
  { burned }: Pick<Cctp.Burn, "burned">,
  { received }: Pick<typeof State.Withdrawn.Type, "received">
): Checked =>
  burned <= received
    ? Either.void
    : contradicts(`${Usdc.print(burned)} USDC were burned, of ${Usdc.print(received)} that came`)

export const mint = (
  { feeCollected, received }: Pick<Cctp.Mint, "feeCollected" | "received">,
  { burned }: Pick<Cctp.Burn, "burned">
): Checked =>
  received + feeCollected === burned
    ? Either.void
    : contradicts(
      `${Usdc.print(received)} USDC and a fee of ${Usdc.print(feeCollected)} were minted for a burn of ${
        Usdc.print(burned)
      }`
    )

/** Where each failure can lead back to: to the step that failed, or past it if it succeeded after all. */
const column: { readonly [F in Failed["_tag"]]: ReadonlyArray<Recovery["_tag"]> } = {
  WithdrawalFailed: ["Requested", "Withdrawing", "WithdrawalComplete"],
  BridgingFailed: ["WithdrawalComplete", "Bridging", "Attested", "Bridged"],
  DepositFailed: ["Bridged", "DepositInitiated", "DepositConfirmed"]
}

const ofColumn = (failed: Failed, to: Recovery): Checked =>
  column[failed._tag].includes(to._tag)
    ? Either.void
    : contradicts(`${failed._tag} cannot be taken up again at ${to._tag}`)

/** No step is taken again of which the log says that it has moved something. */
const notAgain = (failed: Failed, to: Recovery): Checked => {
  if (failed._tag === "WithdrawalFailed" && to._tag === "Requested" && failed.withdrawn !== undefined) {
    const { received, txHash } = failed.withdrawn
    return contradicts(`transaction ${txHash} has brought ${Usdc.print(received)} USDC: they are not withdrawn again`)
  }
  if (failed._tag === "BridgingFailed" && to._tag === "WithdrawalComplete" && failed.burn !== undefined) {
    const { burned, burnTx } = failed.burn
    return contradicts(`transaction ${burnTx} has burned ${Usdc.print(burned)} USDC: they are not burned again`)
  }
  if (failed._tag === "DepositFailed" && to._tag === "Bridged" && failed.deposit !== undefined) {
    return contradicts(`transaction ${failed.deposit.txHash} was the deposit: it is not made again`)
  }
  return Either.void
}

export const recovery = (failed: Failed, to: Recovery): Checked =>
  Either.map(
    Either.all([
      ofColumn(failed, to),
      notAgain(failed, to),
      "withdrawal" in to ? withdrawal(failed.direction, to.withdrawal) : Either.void,
      "burn" in to ? burn(to.burn, to.withdrawn) : Either.void,
      "minted" in to ? mint(to.minted, to.burn) : Either.void
    ]),
    () => undefined
  )
