/** How a chain begins: its contracts, and who has what. */
import { maxUint256 } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import { domains } from "../../src/layers/cctp/Abi.ts"
import type { ChainName } from "../../src/services/Chain.ts"
import * as Places from "../Places.ts"
import * as Decimals from "./Decimals.ts"
import * as Erc20 from "./Erc20.ts"
import type { Contract } from "./Execution.ts"
import * as Messenger from "./Messenger.ts"
import * as OrderBook from "./OrderBook.ts"
import * as State from "./State.ts"
import * as Transmitter from "./Transmitter.ts"

export interface Genesis {
  readonly wei: ReadonlyArray<readonly [account: Address, wei: bigint]>
  readonly tokens: ReadonlyArray<readonly [token: Address, owner: Address, units: bigint]>
  /** In our vault, in units of 1e-6 USDC. */
  readonly vault: bigint
}

export const vault = OrderBook.vault(Places.wallet, Places.usdc.base, Places.vaultId)

const usdcDecimals = 6
const other = { ethereum: "base", base: "ethereum" } as const

const tokensOf = (name: ChainName): ReadonlyArray<Erc20.Token> => [
  { address: Places.usdc[name], decimals: usdcDecimals },
  ...name === "base"
    ? Object.values(Places.equities).map(({ decimals, token }) => ({ address: token, decimals, issuer: Places.issuer }))
    : []
]

export const contracts = (name: ChainName): ReadonlyMap<Address, Contract> => {
  const tokens = new Map(tokensOf(name).map((token) => [token.address, token]))
  const side = { local: domains[name], remote: domains[other[name]] }
  const bridge: Messenger.Options = {
    side,
    tokens,
    usdc: { address: Places.usdc[name], decimals: usdcDecimals },
    remoteUsdc: Places.usdc[other[name]]
  }
  return new Map<Address, Contract>([
    ...[...tokens.values()].map((token) => [token.address, Erc20.contract(token)] as const),
    [Places.messenger, Messenger.contract(bridge)],
    [Places.minter, Messenger.minter(bridge)],
    [Places.transmitter, Transmitter.contract(side, Messenger.receive(bridge))],
    ...name === "base" ? [[Places.orderbook, OrderBook.contract(tokens)] as const] : []
  ])
}

export const state = (name: ChainName, { tokens, vault: units, wei }: Genesis): State.State => {
  const draft = State.draft(new Map())
  for (const [account, amount] of wei) draft.write(State.wei(account), amount)
  for (const [address, owner, amount] of tokens) draft.write(Erc20.balance({ address }, owner), amount)
  const usdc = { address: Places.usdc[name] }
  for (const spender of [Places.messenger, Places.orderbook]) {
    draft.write(Erc20.allowance(usdc, Places.stranger, spender), maxUint256)
  }
  if (units > 0n) {
    draft.write(Erc20.balance(usdc, Places.orderbook), units)
    draft.write(vault, Decimals.fromUnits(units, usdcDecimals))
  }
  return draft.done()
}
