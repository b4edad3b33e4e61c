/** Where all USDC of the local world is and everything that moved it, as the chains tell it: what truly happened. */
import { Effect, Schema } from "effect"
import { type Address, type Hex, isAddressEqual, type Log, zeroAddress } from "viem"
import type { ChainName as Name } from "../../services/Chain.ts"
import { ChainName } from "../../services/Chain.ts"
import { Units } from "./AlpacaWalletSettings.ts"
import type * as Cctp from "./Cctp.ts"
import * as CctpMessage from "./CctpMessage.ts"
import type * as Chain from "./Chain.ts"
import { messengerAbi, orderBookAbi, transmitterAbi, usdcAbi } from "./ContractAbis.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import type { RainVault } from "./RainVault.ts"
import type { Plan } from "./UsdcDeployment.ts"
import type { UsdcToken } from "./UsdcToken.ts"

const place = { chain: ChainName, hash: Schema.String, block: Schema.Int }

const Burn = Schema.Struct({
  ...place,
  nonce: Schema.String,
  depositor: Schema.String,
  recipient: Schema.String,
  amount: Units,
  maxFee: Units,
  finality: Schema.Int,
  /** The transaction that minted it, if any has. */
  minted: Schema.NullOr(Schema.String)
})

const Mint = Schema.Struct({
  ...place,
  nonce: Schema.String,
  /** Whoever submitted it. */
  caller: Schema.String,
  recipient: Schema.String,
  /** Net of the fee. */
  amount: Units,
  fee: Units
})

const VaultMove = Schema.Struct({
  ...place,
  type: Schema.Literal("deposit", "withdraw"),
  /** Our wallet, or the inventory. */
  sender: Schema.String,
  vaultId: Schema.String,
  /** What truly moved, which may be nothing. */
  amount: Units
})

const Transfer = Schema.Struct({ ...place, from: Schema.String, to: Schema.String, amount: Units })

/** `GET /_world/ledger` at the local Circle. All lists have the oldest first, those of Ethereum before those of Base. */
export const Ledger = Schema.Struct({
  balances: Schema.Struct({
    ethereumWallet: Units,
    baseWallet: Units,
    /** Rounded down. */
    vault: Units,
    /** What Circle has kept, on both chains together. */
    cctpFees: Units,
    /** Burned and not minted yet. */
    inTransit: Units
  }),
  supply: Schema.Struct({ ethereum: Units, base: Units }),
  /** More than one for one operation: a side effect happened twice. */
  burns: Schema.Array(Burn),
  mints: Schema.Array(Mint),
  vaultMoves: Schema.Array(VaultMove),
  /** From or to our wallet, on either chain; mints, burns and vault moves show here too. */
  transfers: Schema.Array(Transfer)
})
export type Ledger = typeof Ledger.Type

export interface Options {
  readonly plan: Plan
  readonly cctp: Cctp.Cctp
  readonly chains: Readonly<Record<Name, Chain.Chain>>
  readonly usdc: Readonly<Record<Name, UsdcToken>>
  readonly vault: RainVault
  /** Ours. */
  readonly wallet: Address
}

const at = (chain: Name, log: Pick<Log<bigint, number, false>, "blockNumber" | "transactionHash">) => ({
  chain,
  hash: log.transactionHash,
  block: Number(log.blockNumber)
})

const burnsOn = ({ cctp, chains, plan }: Options, chain: Name) =>
  Effect.gen(function*() {
    const sent = (yield* cctp[chain].sent).filter(({ message }) => CctpMessage.isBurn(message))
    const logs = yield* chains[chain].attempt("burns", () =>
      chains[chain].client.getContractEvents({
        address: plan.messenger,
        abi: messengerAbi,
        eventName: "DepositForBurn",
        strict: true,
        fromBlock: 0n
      }))
    return logs.map((log, index) => ({
      ...at(chain, log),
      // One message to each burn, in the same order.
      nonce: sent[index]?.nonce ?? "",
      depositor: log.args.depositor,
      recipient: CctpMessage.addressIn(log.args.mintRecipient),
      amount: log.args.amount,
      maxFee: log.args.maxFee,
      finality: log.args.minFinalityThreshold
    }))
  })

const mintsOn = ({ chains, plan }: Options, chain: Name) =>
  Effect.gen(function*() {
    const { attempt, client } = chains[chain]
    const common = { strict: true, fromBlock: 0n } as const
    const [received, minted] = yield* Effect.all([
      attempt("messages", () =>
        client.getContractEvents({
          ...common,
          address: plan.transmitter,
          abi: transmitterAbi,
          eventName: "MessageReceived"
        })),
      attempt("mints", () =>
        client.getContractEvents({
          ...common,
          address: plan.messenger,
          abi: messengerAbi,
          eventName: "MintAndWithdraw"
        }))
    ])
    return minted.map((log, index) => ({
      ...at(chain, log),
      // One message to each mint, in the same order.
      nonce: received[index]?.args.nonce ?? "",
      caller: received[index]?.args.caller ?? zeroAddress,
      recipient: log.args.mintRecipient,
      amount: log.args.amount,
      fee: log.args.feeCollected
    }))
  })

const vaultMoves = ({ chains: { base }, usdc, vault }: Options) =>
  Effect.gen(function*() {
    const common = { address: vault.orderBook, abi: orderBookAbi, strict: true, fromBlock: 0n } as const
    const [deposits, withdrawals] = yield* Effect.all([
      base.attempt("deposits", () => base.client.getContractEvents({ ...common, eventName: "DepositV2" })),
      base.attempt("withdrawals", () => base.client.getContractEvents({ ...common, eventName: "WithdrawV2" }))
    ])
    const moves = [
      ...deposits.map((log) => ({ type: "deposit" as const, log, amount: log.args.depositAmountUint256 })),
      ...withdrawals.map((log) => ({ type: "withdraw" as const, log, amount: log.args.withdrawAmountUint256 }))
    ]
    return moves
      .filter(({ log }) => isAddressEqual(log.args.token, usdc.base.address))
      .toSorted((a, b) => Number(a.log.blockNumber - b.log.blockNumber) || a.log.logIndex - b.log.logIndex)
      .map(({ amount, log, type }) => ({
        ...at("base", log),
        type,
        sender: log.args.sender,
        vaultId: log.args.vaultId,
        amount
      }))
  })

const transfersOn = ({ chains, usdc, wallet }: Options, chain: Name) =>
  Effect.map(
    chains[chain].attempt("transfers", () =>
      chains[chain].client.getContractEvents({
        address: usdc[chain].address,
        abi: usdcAbi,
        eventName: "Transfer",
        strict: true,
        fromBlock: 0n
      })),
    (logs) =>
      logs
        .filter(({ args }) => [args.from, args.to].some((address) => isAddressEqual(address, wallet)))
        .map((log) => ({ ...at(chain, log), from: log.args.from, to: log.args.to, amount: log.args.value }))
  )

const onBoth = <A>(read: (chain: Name) => Effect.Effect<ReadonlyArray<A>, LocalWorldError>) =>
  Effect.map(Effect.all([read("ethereum"), read("base")]), (both) => both.flat())

const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((total, amount) => total + amount, 0n)

export const read = (options: Options): Effect.Effect<Ledger, LocalWorldError> =>
  Effect.gen(function*() {
    const { cctp, usdc, vault, wallet } = options
    const mints = yield* onBoth((chain) => mintsOn(options, chain))
    const mintOf = (nonce: string): Hex | null => mints.find((mint) => mint.nonce === nonce)?.hash ?? null
    const burns = (yield* onBoth((chain) => burnsOn(options, chain))).map((burn) => ({
      ...burn,
      minted: mintOf(burn.nonce)
    }))
    return {
      balances: {
        ethereumWallet: yield* usdc.ethereum.balanceOf(wallet),
        baseWallet: yield* usdc.base.balanceOf(wallet),
        vault: yield* vault.balance,
        cctpFees: (yield* usdc.ethereum.balanceOf(cctp.feeRecipient)) + (yield* usdc.base.balanceOf(cctp.feeRecipient)),
        inTransit: sum(burns.filter(({ minted }) => minted === null).map(({ amount }) => amount))
      },
      supply: { ethereum: yield* usdc.ethereum.totalSupply, base: yield* usdc.base.totalSupply },
      burns,
      mints,
      vaultMoves: yield* vaultMoves(options),
      transfers: yield* onBoth((chain) => transfersOn(options, chain))
    }
  })
