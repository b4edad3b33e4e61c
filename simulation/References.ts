/** A recorded success really happened: every reference of a state is held against the world's own books. */
import type * as Redemption from "../src/domain/EquityRedemption.ts"
import * as Shares from "../src/domain/Shares.ts"
import type * as Mint from "../src/domain/TokenizedEquityMint.ts"
import type * as Rebalance from "../src/domain/UsdcRebalance.ts"
import type { SimulatedAlpaca } from "./alpaca/SimulatedAlpaca.ts"
import type { Mined, SimulatedChain } from "./chain/SimulatedChain.ts"
import type { SimulatedCircle } from "./circle/SimulatedCircle.ts"
import type { Operation } from "./Log.ts"
import * as Places from "./Places.ts"

export interface Books {
  readonly chains: { readonly ethereum: SimulatedChain; readonly base: SimulatedChain }
  readonly alpaca: SimulatedAlpaca
  readonly circle: SimulatedCircle
}

/** What is wrong, in words. */
type Problems = ReadonlyArray<string>

/** What nobody else may refer to, and what is wrong with it. */
export interface Checked {
  readonly claims: ReadonlyArray<string>
  readonly problems: Problems
}

const unless = (holds: boolean, problem: string): Problems => holds ? [] : [problem]

const gained = ({ transfers }: Mined, token: string, owner: string): bigint =>
  transfers.filter((one) => one.token === token)
    .reduce((sum, { amount, from, to }) => sum + (to === owner ? amount : 0n) - (from === owner ? amount : 0n), 0n)

const mined = (chain: SimulatedChain, hash: Mined["hash"], holds: (mined: Mined) => Problems): Problems => {
  const found = chain.receipt(hash)
  if (found === undefined) return [`transaction ${hash} is not on ${chain.name}`]
  return found.status === "reverted" ? [`transaction ${hash} on ${chain.name} has reverted`] : holds(found)
}

/** What the latest try of a mint is known by. */
export const labelOf = (id: string, state: Mint.State.State): string =>
  "retried" in state && state.retried !== undefined ? state.retried.clientRequestId : id

const mint = (id: string, state: Mint.State.State, { alpaca, chains }: Books): Checked => {
  if (state._tag === "NotStarted") return { claims: [], problems: [] }
  const { quantity, symbol, token, wallet } = state
  const problems: Array<string> = []
  const claims: Array<string> = []
  if ("tokenizationRequestId" in state && state.tokenizationRequestId !== undefined) {
    const requestId: string = state.tokenizationRequestId
    const found = alpaca.mints().find((one) => one.id === requestId)
    claims.push(`tokenization request ${requestId}`)
    problems.push(...unless(
      found !== undefined && found.symbol === symbol && found.quantity === quantity &&
        found.clientRequestId === labelOf(id, state),
      `tokenization request ${requestId} is not the mint that was ordered`
    ))
  }
  if ("txHash" in state && state.txHash !== undefined) {
    const minted = state.sharesMinted?.units
    claims.push(`mint in transaction ${state.txHash}`)
    problems.push(
      ...mined(chains.base, state.txHash, (one) =>
        unless(
          gained(one, token, wallet) === minted,
          `transaction ${one.hash} did not bring ${minted} units of ${symbol}`
        ))
    )
  }
  return { claims, problems }
}

const redemption = (state: Redemption.State.State, { alpaca, chains }: Books): Checked => {
  if (state._tag === "NotStarted" || state._tag === "Requested") return { claims: [], problems: [] }
  const sent = "sent" in state ? state.sent : "txHash" in state ? state : undefined
  if (sent === undefined) return { claims: [], problems: [] }
  const { amountSent, txHash } = sent
  const problems = [...mined(chains.base, txHash, (one) =>
    unless(
      gained(one, state.token, Places.wallet) === -amountSent.units,
      `transaction ${txHash} did not take ${amountSent.units} units of ${state.symbol}`
    ))]
  if ("tokenizationRequestId" in state && state.tokenizationRequestId !== undefined) {
    const requestId: string = state.tokenizationRequestId
    const found = alpaca.redemptions().find(({ request }) => request?.id === requestId)
    problems.push(...unless(found?.hash === txHash, `request ${requestId} is no redemption of transaction ${txHash}`))
    if (state._tag === "Completed") {
      problems.push(...unless(
        found?.credited === Shares.fromTokenAmountFloor(amountSent),
        `request ${requestId} has not credited what was sent`
      ))
    }
  }
  return { claims: [`redemption by transaction ${txHash}`], problems }
}

const rebalance = (state: Rebalance.State.State, { alpaca, chains, circle }: Books): Checked => {
  const claims: Array<string> = []
  const problems: Array<string> = []
  if (state._tag === "NotStarted" || state._tag === "Requested") return { claims, problems }
  const { amount, direction, usdc } = state
  const [source, destination] = direction === "AlpacaToBase"
    ? [chains.ethereum, chains.base] as const
    : [chains.base, chains.ethereum] as const
  const { withdrawal } = state
  if (withdrawal?._tag === "AlpacaTransfer") {
    const transferId: string = withdrawal.id
    const found = alpaca.withdrawals().find((one) => one.id === transferId)
    claims.push(`transfer ${transferId}`)
    problems.push(...unless(
      found?.amount === amount && found.address === Places.wallet,
      `transfer ${transferId} is not the withdrawal that was ordered`
    ))
  }
  if (withdrawal?._tag === "OnchainTx") {
    claims.push(`withdrawal in transaction ${withdrawal.txHash}`)
    problems.push(
      ...mined(source, withdrawal.txHash, (one) =>
        unless(
          one.did.some(({ kind }) => kind === "vaultWithdraw"),
          `transaction ${one.hash} withdrew nothing`
        ))
    )
  }
  if ("withdrawn" in state && state.withdrawn !== undefined) {
    const { received, txHash } = state.withdrawn
    claims.push(`arrival in transaction ${txHash}`)
    problems.push(...mined(source, txHash, (one) =>
      unless(
        gained(one, usdc[source.name], Places.wallet) === received,
        `transaction ${txHash} did not bring ${received} units of USDC`
      )))
  }
  if ("burn" in state && state.burn !== undefined) {
    const { burned, burnTx } = state.burn
    claims.push(`burn in transaction ${burnTx}`)
    problems.push(...mined(source, burnTx, (one) =>
      unless(
        one.did.some((did) => did.kind === "burn" && did.amount === burned),
        `transaction ${burnTx} did not burn ${burned} units`
      )))
    if ("attested" in state && state.attested !== undefined) {
      const { nonce } = state.attested
      claims.push(`message ${nonce}`)
      problems.push(...unless(
        circle.messages().some((one) => one.nonce === nonce && one.sourceTx === burnTx),
        `message ${nonce} is not that of burn ${burnTx}`
      ))
      if ("minted" in state && state.minted !== undefined) {
        const { feeCollected, mintTx, received } = state.minted
        problems.push(...mined(destination, mintTx, (one) =>
          unless(
            one.did.some((did) =>
              did.kind === "mint" && did.nonce === nonce && did.received === received && did.fee === feeCollected
            ),
            `transaction ${mintTx} did not mint ${received} units of message ${nonce}`
          )))
      }
    }
  }
  if ("deposit" in state && state.deposit !== undefined) {
    const { txHash } = state.deposit
    claims.push(`deposit in transaction ${txHash}`)
    const credited = state._tag === "DepositConfirmed" ? state.credited : undefined
    problems.push(...mined(destination, txHash, (one) =>
      direction === "AlpacaToBase"
        ? unless(
          one.did.some((did) => did.kind === "vaultDeposit" && (credited === undefined || did.amount === credited)),
          `transaction ${txHash} did not deposit ${credited ?? "anything"} into the vault`
        )
        : unless(
          credited === undefined ||
            alpaca.deposits().some((one) => one.hash === txHash && one.credited && one.amount - one.fees === credited),
          `Alpaca has not credited ${credited} units for transaction ${txHash}`
        )))
  }
  return { claims, problems }
}

export const check = (operation: Operation, books: Books): Checked => {
  switch (operation.type) {
    case "TokenizedEquityMint":
      return mint(operation.id, operation.state, books)
    case "EquityRedemption":
      return redemption(operation.state, books)
    case "UsdcRebalance":
      return rebalance(operation.state, books)
  }
}
