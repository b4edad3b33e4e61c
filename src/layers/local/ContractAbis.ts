/**
 * What the world itself calls and reads on the contracts of USDC, CCTP and the vault; a test holds it against what the
 * compiler reports. Sources: external-apis 3.2, 4.1, 4.2.
 */
import { parseAbi } from "viem"

export const usdcProxyAbi = parseAbi(["constructor(address implementation, bytes initialization)"])

export const usdcAbi = parseAbi([
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function initialize(address owner_)",
  "function balanceOf(address account) view returns (uint256)",
  "function totalSupply() view returns (uint256)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function mint(address to, uint256 amount) returns (bool)",
  "function configureMinter(address minter, uint256 allowed)",
  "function setBlacklisted(address account, bool isBlacklisted_)",
  "function setPaused(bool paused_)"
])

export const transmitterAbi = parseAbi([
  "constructor(uint32 localDomain_, address[] attesters_, uint256 signatureThreshold_)",
  "event MessageSent(bytes message)",
  "event MessageReceived(address indexed caller, uint32 sourceDomain, bytes32 indexed nonce, bytes32 sender, uint32 indexed finalityThresholdExecuted, bytes messageBody)",
  "function receiveMessage(bytes message, bytes attestation) returns (bool success)",
  "function usedNonces(bytes32 nonce) view returns (uint256)",
  "function setPaused(bool paused_)",
  "function setSignatureThreshold(uint256 threshold)"
])

export const messengerAbi = parseAbi([
  "constructor(address transmitter, address minter, address feeRecipient_, uint32 remoteDomain, address remote)",
  "event DepositForBurn(address indexed burnToken, uint256 amount, address indexed depositor, bytes32 mintRecipient, uint32 destinationDomain, bytes32 destinationTokenMessenger, bytes32 destinationCaller, uint256 maxFee, uint32 indexed minFinalityThreshold, bytes hookData)",
  "event MintAndWithdraw(address indexed mintRecipient, uint256 amount, address indexed mintToken, uint256 feeCollected)",
  "function setMinFee(uint256 minFee_)",
  "function denylist(address account)",
  "function unDenylist(address account)"
])

export const minterAbi = parseAbi([
  "constructor(address messenger, address localToken, uint256 burnLimit, uint32 remoteDomain, address remoteToken)",
  "function setMaxBurnAmountPerMessage(address localToken, uint256 burnLimitPerMessage)"
])

export const orderBookAbi = parseAbi([
  "event DepositV2(address sender, address token, bytes32 vaultId, uint256 depositAmountUint256)",
  "event WithdrawV2(address sender, address token, bytes32 vaultId, bytes32 targetAmount, bytes32 withdrawAmount, uint256 withdrawAmountUint256)",
  "function vaultBalance2(address owner, address token, bytes32 vaultId) view returns (bytes32)",
  "function trade(address owner, address token, bytes32 vaultId, bytes32 amount, bool isGain)"
])

export const inventoryAbi = parseAbi([
  "constructor(address raindex, address operator)",
  "function grantRole(bytes32 role, address account)",
  "function revokeRole(bytes32 role, address account)",
  "function pause()",
  "function unpause()"
])
