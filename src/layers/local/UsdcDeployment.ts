/**
 * Puts USDC, CCTP and the vault on both chains. One owner deploys all of it in a fixed order, so every address is known
 * before anything is sent, and CCTP's are the same on both chains, as the real ones are.
 */
import { Effect } from "effect"
import {
  type Address,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  keccak256,
  maxUint256,
  stringToHex
} from "viem"
import * as Usdc from "../../domain/Usdc.ts"
import type { ChainName } from "../../services/Chain.ts"
import type * as Chain from "./Chain.ts"
import {
  inventoryAbi,
  messengerAbi,
  minterAbi,
  orderBookAbi,
  transmitterAbi,
  usdcAbi,
  usdcProxyAbi
} from "./ContractAbis.ts"
import type { Artifacts } from "./Contracts.ts"
import { type Call, executeAll } from "./Execution.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import * as VaultFloat from "./VaultFloat.ts"

/** The numbers that CCTP gives to chains. */
export const domains = { ethereum: 0, base: 6 } as const satisfies Record<ChainName, number>

/** What one message may burn, in units of 1e-6 USDC: as Circle's documents say. */
const burnLimit = 10_000_000_000_000n
/** What TokenMinterV2 may mint before it is asked anew. */
const minterAllowance = 10n ** 18n
/** With which the owner plays everybody whom a vault trades with. */
const treasury = 10n ** 15n

/** Signatures that an attestation takes; there is one attester more. */
const signatureThreshold = 2

/** Where everything is, or will be. */
export interface Plan {
  readonly owner: Chain.Wallet
  /** One more than sign. */
  readonly attesters: ReadonlyArray<Chain.Wallet>
  readonly signatureThreshold: number
  readonly feeRecipient: Address
  /** The same on both chains. */
  readonly transmitter: Address
  readonly messenger: Address
  readonly minter: Address
  readonly usdc: Readonly<Record<ChainName, Address>>
  /** Behind their proxies. */
  readonly implementations: Readonly<Record<ChainName, Address>>
  /** On Base. */
  readonly orderBook: Address
  readonly inventory: Address
  readonly vaultId: Hex
}

export const plan = (wallet: (name: string) => Chain.Wallet): Plan => {
  const owner = wallet("usdc owner")
  const address = (nonce: bigint) => getContractAddress({ from: owner.address, nonce })
  return {
    owner,
    attesters: ["attester 1", "attester 2", "attester 3"].map(wallet),
    signatureThreshold,
    feeRecipient: wallet("cctp fees").address,
    transmitter: address(0n),
    messenger: address(1n),
    minter: address(2n),
    implementations: { ethereum: address(3n), base: address(5n) },
    usdc: { ethereum: address(4n), base: address(6n) },
    orderBook: address(3n),
    inventory: address(4n),
    vaultId: keccak256(stringToHex("ballast local world: usdc vault"))
  }
}

/** USDC that somebody has at first, in units of 1e-6. */
export interface Grant {
  readonly to: Address
  readonly units: bigint
}

export interface Options {
  readonly plan: Plan
  readonly artifacts: Artifacts
  readonly chain: Chain.Chain
  readonly grants: ReadonlyArray<Grant>
}

export interface VaultOptions extends Options {
  /** Operator of the inventory. */
  readonly operator: Address
  /** Whose vault of USDC the opening balance is in. */
  readonly vaultOwner: Address
  /** In units of 1e-6 USDC. */
  readonly vaultUnits: bigint
}

const bridge = ({ artifacts, plan }: Options, local: ChainName, remote: ChainName): ReadonlyArray<Call> => [
  {
    what: "deploying the message transmitter",
    data: encodeDeployData({
      abi: transmitterAbi,
      bytecode: artifacts.MessageTransmitterV2.bytecode,
      args: [domains[local], plan.attesters.map(({ address }) => address), BigInt(plan.signatureThreshold)]
    })
  },
  {
    what: "deploying the token messenger",
    data: encodeDeployData({
      abi: messengerAbi,
      bytecode: artifacts.TokenMessengerV2.bytecode,
      args: [plan.transmitter, plan.minter, plan.feeRecipient, domains[remote], plan.messenger]
    })
  },
  {
    what: "deploying the token minter",
    data: encodeDeployData({
      abi: minterAbi,
      bytecode: artifacts.TokenMinterV2.bytecode,
      args: [plan.messenger, plan.usdc[local], burnLimit, domains[remote], plan.usdc[remote]]
    })
  }
]

const usdc = ({ artifacts, grants, plan }: Options, local: ChainName): ReadonlyArray<Call> => {
  const address = plan.usdc[local]
  return [
    { what: "deploying USDC", data: artifacts.Usdc.bytecode },
    {
      what: "deploying the proxy of USDC",
      data: encodeDeployData({
        abi: usdcProxyAbi,
        bytecode: artifacts.UsdcProxy.bytecode,
        args: [
          plan.implementations[local],
          encodeFunctionData({ abi: usdcAbi, functionName: "initialize", args: [plan.owner.address] })
        ]
      })
    },
    {
      what: "allowing CCTP to mint",
      to: address,
      data: encodeFunctionData({ abi: usdcAbi, functionName: "configureMinter", args: [plan.minter, minterAllowance] })
    },
    ...grants.filter(({ units }) => units > 0n).map(({ to, units }) => ({
      what: "creating USDC",
      to: address,
      data: encodeFunctionData({ abi: usdcAbi, functionName: "mint", args: [to, units] })
    }))
  ]
}

const vault = ({ artifacts, operator, plan }: VaultOptions): ReadonlyArray<Call> => [
  { what: "deploying the orderbook", data: artifacts.RainOrderBook.bytecode },
  {
    what: "deploying the inventory",
    data: encodeDeployData({
      abi: inventoryAbi,
      bytecode: artifacts.RaindexInventory.bytecode,
      args: [plan.orderBook, operator]
    })
  }
]

const opening = ({ plan, vaultOwner, vaultUnits }: VaultOptions): ReadonlyArray<Call> => [
  {
    what: "creating the treasury",
    to: plan.usdc.base,
    data: encodeFunctionData({ abi: usdcAbi, functionName: "mint", args: [plan.owner.address, treasury] })
  },
  {
    what: "approving the orderbook",
    to: plan.usdc.base,
    data: encodeFunctionData({ abi: usdcAbi, functionName: "approve", args: [plan.orderBook, maxUint256] })
  },
  ...(vaultUnits === 0n ? [] : [{
    what: "filling the vault",
    to: plan.orderBook,
    data: encodeFunctionData({
      abi: orderBookAbi,
      functionName: "trade",
      args: [vaultOwner, plan.usdc.base, plan.vaultId, VaultFloat.pack(vaultUnits, -Usdc.decimals), true]
    })
  }])
]

/** The order is what `plan` counts on. */
export const toEthereum = (options: Options): Effect.Effect<void, LocalWorldError> =>
  Effect.asVoid(executeAll(options.chain, options.plan.owner, [
    ...bridge(options, "ethereum", "base"),
    ...usdc(options, "ethereum")
  ]))

/** The order is what `plan` counts on. */
export const toBase = (options: VaultOptions): Effect.Effect<void, LocalWorldError> =>
  Effect.asVoid(executeAll(options.chain, options.plan.owner, [
    ...bridge(options, "base", "ethereum"),
    ...vault(options),
    ...usdc(options, "base"),
    ...opening(options)
  ]))
