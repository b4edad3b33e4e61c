/** Burns USDC here and mints what was burned there: contracts/TokenMessengerV2.sol and TokenMinterV2.sol. */
import { getAddress, type Hex, keccak256, toHex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import * as Places from "../Places.ts"
import * as Erc20 from "./Erc20.ts"
import * as Execution from "./Execution.ts"
import * as Transmitter from "./Transmitter.ts"
import * as Words from "./Words.ts"

export interface Options {
  readonly side: Transmitter.Side
  readonly usdc: Erc20.Token
  /** USDC on the other chain. */
  readonly remoteUsdc: Address
  /** What else can be transferred to the minter, and then not be burned. */
  readonly tokens: ReadonlyMap<Address, Erc20.Token>
}

/** In units of 1e-6 USDC: as Circle's documents say. */
const burnLimit = 10_000_000_000_000n
const bodyVersion = "00000001"
/** Without hook data. */
const bodyLength = 228
const finalized = 2000
const leastFinality = 500
const gas = { burn: 95_260n, receive: 108_802n, receiveFee: 31_709n }

/** Where Circle's fees go. */
export const feeRecipient = Words.address(getAddress(`0x${keccak256(toHex("Circle's fee recipient")).slice(-40)}`))

const topicOf = (address: string): Hex => Words.hex(Words.ofAddress(address))

const burn = ({ side, tokens, usdc }: Options, frame: Execution.Frame, input: Execution.Input): string => {
  frame.useGas(gas.burn)
  const [amount, domain, recipient] = [input.number(0), Number(input.number(1)), input.word(2).toLowerCase()]
  const [burnToken, caller, maxFee] = [input.address(3), input.word(4).toLowerCase(), input.number(5)]
  const finality = input.number(6)
  Execution.require(amount > 0n, "Amount must be nonzero")
  Execution.require(BigInt(`0x${recipient}`) !== 0n, "Mint recipient must be nonzero")
  Execution.require(maxFee < amount, "Max fee must be less than amount")
  Execution.require(domain === side.remote, "No TokenMessenger for domain")
  const token = tokens.get(burnToken) ?? Execution.revertEmpty()
  Erc20.take(frame, token, Places.messenger, { from: frame.sender, to: Places.minter, amount })
  Execution.require(burnToken === usdc.address, "Burn token not supported")
  Execution.require(amount <= burnLimit, "Burn amount exceeds per tx limit")
  Erc20.destroy(frame, usdc, Places.minter, amount)
  const remote = Words.ofAddress(Places.messenger)
  const body = [
    bodyVersion,
    Words.ofAddress(burnToken),
    recipient,
    Words.ofNumber(amount),
    Words.ofAddress(frame.sender),
    Words.ofNumber(maxFee),
    // Circle fills in the fee and the last block.
    Words.ofNumber(0),
    Words.ofNumber(0)
  ].join("")
  const message = Transmitter.send(frame, side, { destination: domain, recipient: remote, caller, finality, body })
  frame.log(
    Places.messenger,
    [
      Words.topic("DepositForBurn(address,uint256,address,bytes32,uint32,bytes32,bytes32,uint256,uint32,bytes)"),
      topicOf(burnToken),
      topicOf(frame.sender),
      Words.hex(Words.ofNumber(finality))
    ],
    Words.hex(
      Words.ofNumber(amount),
      recipient,
      Words.ofNumber(domain),
      remote,
      caller,
      Words.ofNumber(maxFee),
      Words.ofNumber(224),
      Words.ofBytes("")
    )
  )
  frame.did({ kind: "burn", amount, message })
  return ""
}

/** Of a message that the transmitter has found good. */
export const receive = ({ remoteUsdc, side, usdc }: Options): Transmitter.Handler => (frame, message) => {
  frame.useGas(gas.receive)
  const { body, finality, nonce, sender, sourceDomain } = message
  const isRemote = sourceDomain === side.remote && sender === Words.ofAddress(Places.messenger)
  Execution.require(isRemote, "Remote TokenMessenger unsupported")
  if (finality < finalized) Execution.require(finality >= leastFinality, "Unsupported finality threshold")
  Execution.require(body.length >= 2 * bodyLength, "Invalid burn message: too short")
  Execution.require(body.slice(0, 8) === bodyVersion, "Invalid message body version")
  const number = (from: number) => Transmitter.numberIn(body, from, from + 32)
  const expiration = number(196)
  const isInTime = expiration === 0n || expiration > BigInt(frame.block)
  Execution.require(isInTime, "Message expired and must be re-signed")
  const [amount, maxFee, fee] = [number(68), number(132), number(164)]
  Execution.require(fee === 0n || fee < amount, "Fee equals or exceeds amount")
  Execution.require(fee <= maxFee, "Fee exceeds max fee")
  Execution.require(Words.address(body.slice(8, 72)) === remoteUsdc, "Mint token not supported")
  const recipient = Words.address(body.slice(72, 136))
  const received = amount - fee
  Erc20.create(frame, usdc, Places.minter, { to: recipient, amount: received })
  if (fee > 0n) {
    frame.useGas(gas.receiveFee)
    Erc20.create(frame, usdc, Places.minter, { to: feeRecipient, amount: fee })
  }
  frame.log(
    Places.messenger,
    [Words.topic("MintAndWithdraw(address,uint256,address,uint256)"), topicOf(recipient), topicOf(usdc.address)],
    Words.hex(Words.ofNumber(received), Words.ofNumber(fee))
  )
  frame.did({ kind: "mint", nonce, received, fee, caller: frame.sender })
}

/** Circle's messenger wants no least fee, as at present. */
export const contract = (options: Options): Execution.Contract =>
  Execution.contract({
    "depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)": (frame, input) =>
      burn(options, frame, input),
    "getMinFeeAmount(uint256)": () => Words.ofNumber(0),
    "minFee()": () => Words.ofNumber(0),
    "localMinter()": () => Words.ofAddress(Places.minter),
    "localMessageTransmitter()": () => Words.ofAddress(Places.transmitter)
  })

export const minter = ({ usdc }: Options): Execution.Contract =>
  Execution.contract({
    "burnLimitsPerMessage(address)": (_frame, input) =>
      Words.ofNumber(input.address(0) === usdc.address ? burnLimit : 0n)
  })
