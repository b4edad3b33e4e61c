/** CCTP on both chains of the local world: what Circle and strangers can do to it. */
import { Effect } from "effect"
import { type Address, concat, encodeFunctionData, type Hex, isAddressEqual, keccak256, parseEventLogs } from "viem"
import type { ChainName } from "../../services/Chain.ts"
import * as CctpMessage from "./CctpMessage.ts"
import type * as Chain from "./Chain.ts"
import { messengerAbi, minterAbi, transmitterAbi } from "./ContractAbis.ts"
import { execute } from "./Execution.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import { domains, type Plan } from "./UsdcDeployment.ts"

/** A message as a burn has left it, without what Circle fills in. */
export interface Sent {
  readonly source: ChainName
  readonly transactionHash: Hex
  readonly block: number
  /** What Circle will number it with. */
  readonly nonce: Hex
  readonly message: Hex
}

/** CCTP on one chain. */
export interface CctpChain {
  readonly domain: number
  /** What a transaction has sent, in order; none unless it is mined. */
  readonly sentIn: (transactionHash: Hex) => Effect.Effect<ReadonlyArray<Sent>, LocalWorldError>
  /** All that was ever sent, oldest first. */
  readonly sent: Effect.Effect<ReadonlyArray<Sent>, LocalWorldError>
  readonly isUsed: (nonce: Hex) => Effect.Effect<boolean, LocalWorldError>
  /** Submits a message from a stranger's wallet and waits until it is mined. Fails if it reverts. */
  readonly deliver: (message: Hex, attestation: Hex) => Effect.Effect<void, LocalWorldError>
  /** Of the transmitter: neither burns nor mints any more, or does again. */
  readonly setPaused: (isPaused: boolean) => Effect.Effect<void, LocalWorldError>
  readonly setDenylisted: (account: Address, isDenylisted: boolean) => Effect.Effect<void, LocalWorldError>
  /** In units of 1e-6 USDC, of one message. 0: nothing can be burned. */
  readonly setBurnLimit: (units: bigint) => Effect.Effect<void, LocalWorldError>
  /** In units of 1/1000 of a basis point. */
  readonly setMinFee: (minFee: bigint) => Effect.Effect<void, LocalWorldError>
  readonly setSignatureThreshold: (threshold: number) => Effect.Effect<void, LocalWorldError>
}

export interface Cctp extends Pick<Plan, "transmitter" | "messenger" | "minter" | "feeRecipient" | "attesters"> {
  readonly ethereum: CctpChain
  readonly base: CctpChain
  /** By as many attesters as the contracts ask for at first. */
  readonly attest: (message: Hex) => Effect.Effect<Hex>
}

/** One after the other, ascending by address if they come so. */
export const signatures = (signers: ReadonlyArray<Chain.Wallet>, message: Hex): Effect.Effect<Hex> =>
  Effect.map(
    Effect.promise(() => Promise.all(signers.map(({ account }) => account.sign({ hash: keccak256(message) })))),
    concat
  )

export const ascending = (wallets: ReadonlyArray<Chain.Wallet>): ReadonlyArray<Chain.Wallet> =>
  wallets.toSorted((a, b) => BigInt(a.address) < BigInt(b.address) ? -1 : 1)

/** Each message by its place in its own transaction. */
const numbered = (
  source: ChainName,
  logs: ReadonlyArray<
    { readonly transactionHash: Hex; readonly blockNumber: bigint; readonly args: { readonly message: Hex } }
  >
): ReadonlyArray<Sent> =>
  logs.map(({ args: { message }, blockNumber, transactionHash }, index) => {
    const place = logs.slice(0, index).filter((other) => other.transactionHash === transactionHash).length
    return {
      source,
      transactionHash,
      block: Number(blockNumber),
      nonce: CctpMessage.nonceOf(domains[source], transactionHash, place),
      message
    }
  })

const onChain = (source: ChainName, chain: Chain.Chain, plan: Plan, stranger: Chain.Wallet): CctpChain => {
  const { messenger, minter, owner, transmitter } = plan
  const order = (what: string, to: Address, data: Hex) => execute(chain, owner, { what, to, data })
  const received = { address: transmitter, abi: transmitterAbi, eventName: "MessageSent", strict: true } as const
  return {
    domain: domains[source],
    sentIn: (hash) =>
      chain.attempt("a burn", () => chain.client.getTransactionReceipt({ hash })).pipe(
        Effect.map(({ logs }) => logs),
        // A node answers with an error for what it does not have.
        Effect.orElseSucceed(() => []),
        Effect.map((logs) => logs.filter(({ address }) => isAddressEqual(address, transmitter))),
        Effect.map((logs) => numbered(source, parseEventLogs({ ...received, logs })))
      ),
    sent: chain.attempt("burns", () => chain.client.getContractEvents({ ...received, fromBlock: 0n })).pipe(
      Effect.map((logs) => numbered(source, logs))
    ),
    isUsed: (nonce) =>
      Effect.map(
        chain.attempt("a nonce", () =>
          chain.client.readContract({
            address: transmitter,
            abi: transmitterAbi,
            functionName: "usedNonces",
            args: [nonce]
          })),
        (used) => used !== 0n
      ),
    deliver: (message, attestation) =>
      execute(chain, stranger, {
        what: "a stranger's mint",
        to: transmitter,
        data: encodeFunctionData({ abi: transmitterAbi, functionName: "receiveMessage", args: [message, attestation] })
      }),
    setPaused: (isPaused) =>
      order(
        "pausing CCTP",
        transmitter,
        encodeFunctionData({ abi: transmitterAbi, functionName: "setPaused", args: [isPaused] })
      ),
    setDenylisted: (account, isDenylisted) =>
      order(
        "changing the denylist",
        messenger,
        encodeFunctionData({
          abi: messengerAbi,
          functionName: isDenylisted ? "denylist" : "unDenylist",
          args: [account]
        })
      ),
    setBurnLimit: (units) =>
      order(
        "changing the burn limit",
        minter,
        encodeFunctionData({
          abi: minterAbi,
          functionName: "setMaxBurnAmountPerMessage",
          args: [plan.usdc[source], units]
        })
      ),
    setMinFee: (minFee) =>
      order(
        "changing the least fee",
        messenger,
        encodeFunctionData({ abi: messengerAbi, functionName: "setMinFee", args: [minFee] })
      ),
    setSignatureThreshold: (threshold) =>
      order(
        "changing the threshold",
        transmitter,
        encodeFunctionData({ abi: transmitterAbi, functionName: "setSignatureThreshold", args: [BigInt(threshold)] })
      )
  }
}

export const make = ({ chains, plan, stranger }: {
  readonly chains: Readonly<Record<ChainName, Chain.Chain>>
  readonly plan: Plan
  /** Who mints what others burned. Needs coins for gas on both chains. */
  readonly stranger: Chain.Wallet
}): Cctp => ({
  ...plan,
  ethereum: onChain("ethereum", chains.ethereum, plan, stranger),
  base: onChain("base", chains.base, plan, stranger),
  attest: (message) => signatures(ascending(plan.attesters).slice(0, plan.signatureThreshold), message)
})
