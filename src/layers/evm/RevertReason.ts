/** What a revert says, out of its data. Sources: Solidity's ABI (Error, Panic), ERC-6093, OpenZeppelin 5, external-apis 4. */
import { Option } from "effect"
import { decodeErrorResult, parseAbi } from "viem"
import type { Hex } from "../../domain/Hex.ts"

/** Errors by name that the contracts on our way are known to use. Those of Solidity itself need no entry. */
const known = parseAbi([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error EnforcedPause()",
  "error AccessControlUnauthorizedAccount(address account, bytes32 neededRole)",
  "error OwnableUnauthorizedAccount(address account)",
  "error SafeERC20FailedOperation(address token)",
  "error ReentrancyGuardReentrantCall()",
  "error ZeroVaultId(address sender, address token)",
  "error ZeroDepositAmount(address sender, address token, bytes32 vaultId)",
  "error ZeroWithdrawTargetAmount(address sender, address token, bytes32 vaultId)",
  "error TokenDecimalsReadFailure(address token, uint8 tofuOutcome)",
  "error NegativeFixedDecimalConversion(int256 signedCoefficient, int256 exponent)",
  "error InsufficientVaultLiquidity(address token, uint256 requested, uint256 received)",
  "error ZeroAddress()"
])

/** `EquityToken: paused`, `ERC20InsufficientBalance(0x.., 5, 7)`; none when the data tells nothing. */
export const decode = (data: Hex): Option.Option<string> => {
  if (data.length < 10) return Option.none()
  return Option.match(Option.liftThrowable(() => decodeErrorResult({ abi: known, data }))(), {
    onNone: () => Option.some(`error ${data.slice(0, 10)}`),
    onSome: ({ args, errorName }) => {
      const words = (args ?? []).map(String)
      // Of Solidity's own, which viem adds and does not type: the text of a require.
      const text = String(errorName) === "Error" ? words.join("") : `${errorName}(${words.join(", ")})`
      return text === "" ? Option.none() : Option.some(text)
    }
  })
}
