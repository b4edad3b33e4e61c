/** Vaults of Rain's orderbook: contracts/RainOrderBook.sol. */
import { type Hex, toFunctionSignature } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import { vaultAbi } from "../../src/layers/evm/VaultAbi.ts"
import * as Places from "../Places.ts"
import * as Decimals from "./Decimals.ts"
import * as Erc20 from "./Erc20.ts"
import * as Execution from "./Execution.ts"
import * as Words from "./Words.ts"

/** Of whom, of what, and which: it holds a Float. */
export const vault = (owner: string, token: string, vaultId: string): string =>
  `vault ${vaultId} of ${owner} in ${token}`

/** What the trader calls. */
export const trade = "trade(address,address,bytes32,bytes32,bool)"

const gas = { deposit: 58_387n, withdraw: 54_828n }

const signatureOf = (name: string): string => {
  const found = vaultAbi.find((item) => item.name === name)
  if (found === undefined) throw new Error(`the vault has no ${name}`)
  return toFunctionSignature(found)
}

const fits = (units: bigint | undefined): bigint =>
  units ?? Execution.revertWith("FixedDecimalOverflow(int256,int256)", Words.ofNumber(0), Words.ofNumber(0))

export const contract = (tokens: ReadonlyMap<Address, Erc20.Token>): Execution.Contract => {
  /** Trusts what the token says of its decimals. */
  const tokenOf = (address: Address): Erc20.Token =>
    tokens.get(address) ??
      Execution.revertWith("TokenDecimalsReadFailure(address,uint8)", Words.ofAddress(address), Words.ofNumber(3))

  const pull = (frame: Execution.Frame, token: Erc20.Token, float: Decimals.Float): bigint => {
    const amount = fits(Decimals.toUnitsUp(float, token.decimals))
    Erc20.take(frame, token, Places.orderbook, { from: frame.sender, to: Places.orderbook, amount })
    return amount
  }

  const push = (frame: Execution.Frame, token: Erc20.Token, float: Decimals.Float): bigint => {
    const amount = fits(Decimals.toUnits(float, token.decimals))
    if (amount > 0n) Erc20.move(frame, token, { from: Places.orderbook, to: frame.sender, amount })
    return amount
  }

  /** The arguments that a deposit and a withdrawal share, and what is refused in both. */
  const asked = (frame: Execution.Frame, input: Execution.Input, error: string) => {
    const [address, vaultId, float] = [input.address(0), Words.hex(input.word(1).toLowerCase()), input.number(2)]
    Execution.require(input.bytes(3) === "", "RainOrderBook: no tasks here")
    if (frame.settings.vaultPaused) Execution.revertWith("EnforcedPause()")
    const owner = [Words.ofAddress(frame.sender), Words.ofAddress(address)]
    if (BigInt(vaultId) === 0n) Execution.revertWith("ZeroVaultId(address,address)", ...owner)
    if (!Decimals.isPositive(float)) Execution.revertWith(error, ...owner, vaultId.slice(2))
    return { token: tokenOf(address), vaultId, float, slot: vault(frame.sender, address, vaultId) }
  }

  const told = (
    frame: Execution.Frame,
    signature: string,
    token: Address,
    vaultId: Hex,
    ...words: ReadonlyArray<string>
  ) =>
    frame.log(
      Places.orderbook,
      [Words.topic(signature)],
      Words.hex(Words.ofAddress(frame.sender), Words.ofAddress(token), vaultId.slice(2), ...words)
    )

  return Execution.contract({
    [signatureOf("vaultBalance2")]: (frame, input) => {
      const [owner, address, vaultId] = [input.address(0), input.address(1), input.word(2).toLowerCase()]
      if (BigInt(`0x${vaultId}`) !== 0n) return Words.ofNumber(frame.read(vault(owner, address, `0x${vaultId}`)))
      // Vault 0 is what could be taken from the owner's wallet.
      const token = tokenOf(address)
      const held = frame.read(Erc20.balance(token, owner))
      const allowed = frame.read(Erc20.allowance(token, owner, Places.orderbook))
      return Words.ofNumber(Decimals.fromUnits(held < allowed ? held : allowed, token.decimals))
    },
    [signatureOf("deposit4")]: (frame, input) => {
      frame.useGas(gas.deposit)
      const { float, slot, token, vaultId } = asked(frame, input, "ZeroDepositAmount(address,address,bytes32)")
      const amount = pull(frame, token, float)
      frame.write(slot, Decimals.add(frame.read(slot), float))
      told(frame, "DepositV2(address,address,bytes32,uint256)", token.address, vaultId, Words.ofNumber(amount))
      frame.did({ kind: "vaultDeposit", vaultId, amount })
      return ""
    },
    // Pays what is there, which may be nothing.
    [signatureOf("withdraw4")]: (frame, input) => {
      frame.useGas(gas.withdraw)
      const { float, slot, token, vaultId } = asked(frame, input, "ZeroWithdrawTargetAmount(address,address,bytes32)")
      const held = frame.read(slot)
      const taken = Decimals.least(float, held)
      frame.write(slot, Decimals.subtract(held, taken))
      const amount = push(frame, token, taken)
      told(
        frame,
        "WithdrawV2(address,address,bytes32,bytes32,bytes32,uint256)",
        token.address,
        vaultId,
        Words.ofNumber(float),
        Words.ofNumber(taken),
        Words.ofNumber(amount)
      )
      frame.did({ kind: "vaultWithdraw", vaultId, amount })
      return ""
    },
    // As a trade of the vault's owner would.
    [trade]: (frame, input) => {
      Execution.require(frame.sender === Places.stranger, "RainOrderBook: caller is not the trader")
      const [owner, address, vaultId, float] = [input.address(0), input.address(1), input.word(2), input.number(3)]
      const [token, slot] = [tokenOf(address), vault(owner, address, `0x${vaultId}`)]
      const held = frame.read(slot)
      if (input.number(4) === 1n) {
        pull(frame, token, float)
        frame.write(slot, Decimals.add(held, float))
      } else {
        const lost = Decimals.least(float, held)
        frame.write(slot, Decimals.subtract(held, lost))
        push(frame, token, lost)
      }
      return ""
    }
  })
}
