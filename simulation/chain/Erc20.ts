/** USDC as Circle's contract, and equities as their issuer's: contracts/Usdc.sol, contracts/EquityToken.sol. */
import { type Hex, maxUint256 } from "viem"
import * as Address from "../../src/domain/Address.ts"
import * as Execution from "./Execution.ts"
import * as Words from "./Words.ts"

export interface Token {
  readonly address: Address.Address
  readonly decimals: number
  /** Who may mint an equity. USDC is minted by Circle's contracts alone. */
  readonly issuer?: Address.Address
}

/** Of what, between whom. */
interface Movement {
  readonly from: Address.Address
  readonly to: Address.Address
  readonly amount: bigint
}

const yes = Words.ofNumber(1)

export const balance = ({ address }: Pick<Token, "address">, owner: string): string => `${address}: balance of ${owner}`
export const allowance = ({ address }: Pick<Token, "address">, owner: string, spender: string): string =>
  `${address}: allowance of ${spender} by ${owner}`

const topicOf = (address: string): Hex => Words.hex(Words.ofAddress(address))

const told = (frame: Execution.Frame, { address: token }: Token, { amount, from, to }: Movement) => {
  const data = Words.hex(Words.ofNumber(amount))
  frame.log(token, [Words.topic("Transfer(address,address,uint256)"), topicOf(from), topicOf(to)], data)
  frame.transferred({ token, from, to, amount })
}

export const move = (frame: Execution.Frame, token: Token, movement: Movement) => {
  const { amount, from, to } = movement
  Execution.require(to !== Address.zero, "ERC20: transfer to the zero address")
  const held = frame.read(balance(token, from))
  Execution.require(amount <= held, "ERC20: transfer amount exceeds balance")
  frame.write(balance(token, from), held - amount)
  frame.write(balance(token, to), frame.read(balance(token, to)) + amount)
  told(frame, token, movement)
}

/** By somebody whom the owner allows it. */
export const take = (frame: Execution.Frame, token: Token, spender: Address.Address, movement: Movement) => {
  const slot = allowance(token, movement.from, spender)
  const allowed = frame.read(slot)
  const isEquity = token.issuer !== undefined
  Execution.require(
    movement.amount <= allowed,
    isEquity ? "ERC20: insufficient allowance" : "ERC20: transfer amount exceeds allowance"
  )
  move(frame, token, movement)
  // USDC counts down the largest allowance like any other.
  if (!isEquity || allowed !== maxUint256) frame.write(slot, allowed - movement.amount)
}

const increase = (frame: Execution.Frame, token: Token, to: Address.Address, amount: bigint) => {
  frame.write(balance(token, to), frame.read(balance(token, to)) + amount)
  told(frame, token, { from: Address.zero, to, amount })
}

/** USDC, by Circle's minter. */
export const create = (
  frame: Execution.Frame,
  token: Token,
  minter: Address.Address,
  { amount, to }: Pick<Movement, "to" | "amount">
) => {
  Execution.require(to !== Address.zero, "FiatToken: mint to the zero address")
  Execution.require(amount > 0n, "FiatToken: mint amount not greater than 0")
  const topics = [Words.topic("Mint(address,address,uint256)"), topicOf(minter), topicOf(to)]
  frame.log(token.address, topics, Words.hex(Words.ofNumber(amount)))
  increase(frame, token, to, amount)
}

/** USDC that Circle's minter holds. */
export const destroy = (frame: Execution.Frame, token: Token, minter: Address.Address, amount: bigint) => {
  const held = frame.read(balance(token, minter))
  Execution.require(amount > 0n, "FiatToken: burn amount not greater than 0")
  Execution.require(held >= amount, "FiatToken: burn amount exceeds balance")
  frame.write(balance(token, minter), held - amount)
  frame.log(token.address, [Words.topic("Burn(address,uint256)"), topicOf(minter)], Words.hex(Words.ofNumber(amount)))
  told(frame, token, { from: minter, to: Address.zero, amount })
}

const onlyIssuer = ({ sender }: Execution.Frame, { issuer }: Token) =>
  Execution.require(
    sender === issuer,
    issuer === undefined ? "FiatToken: caller is not a minter" : "EquityToken: caller is not the issuer"
  )

const gas = { transfer: 24_000n, transferFrom: 33_000n, approve: 17_349n }

export const contract = (token: Token): Execution.Contract =>
  Execution.contract({
    "decimals()": () => Words.ofNumber(token.decimals),
    "balanceOf(address)": (frame, input) => Words.ofNumber(frame.read(balance(token, input.address(0)))),
    "allowance(address,address)": (frame, input) =>
      Words.ofNumber(frame.read(allowance(token, input.address(0), input.address(1)))),
    "transfer(address,uint256)": (frame, input) => {
      frame.useGas(gas.transfer)
      move(frame, token, { from: frame.sender, to: input.address(0), amount: input.number(1) })
      return yes
    },
    "transferFrom(address,address,uint256)": (frame, input) => {
      frame.useGas(gas.transferFrom)
      take(frame, token, frame.sender, { from: input.address(0), to: input.address(1), amount: input.number(2) })
      return yes
    },
    "approve(address,uint256)": (frame, input) => {
      frame.useGas(gas.approve)
      const [spender, amount] = [input.address(0), input.number(1)]
      Execution.require(spender !== Address.zero, "ERC20: approve to the zero address")
      frame.write(allowance(token, frame.sender, spender), amount)
      frame.log(
        token.address,
        [Words.topic("Approval(address,address,uint256)"), topicOf(frame.sender), topicOf(spender)],
        Words.hex(Words.ofNumber(amount))
      )
      return yes
    },
    "mint(address,uint256)": (frame, input) => {
      frame.useGas(gas.transfer)
      onlyIssuer(frame, token)
      const to = input.address(0)
      Execution.require(to !== Address.zero, "ERC20: mint to the zero address")
      increase(frame, token, to, input.number(1))
      return ""
    },
    // Only the issuer's own.
    "burn(uint256)": (frame, input) => {
      frame.useGas(gas.transfer)
      onlyIssuer(frame, token)
      const amount = input.number(0)
      const held = frame.read(balance(token, frame.sender))
      Execution.require(held >= amount, "ERC20: burn amount exceeds balance")
      frame.write(balance(token, frame.sender), held - amount)
      told(frame, token, { from: frame.sender, to: Address.zero, amount })
      return ""
    }
  })
