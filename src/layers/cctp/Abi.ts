/** What is called and read on Circle's contracts, which have the same addresses on all chains. Source: external-apis 3.1, 3.2. */
import { parseAbi } from "viem"
import type { Address } from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { ChainName } from "../../services/Chain.ts"

/** What CCTP calls the chains. */
export const domains: { readonly [C in ChainName]: number } = { ethereum: 0, base: 6 }

export const messengerAbi = parseAbi([
  "function depositForBurn(uint256 amount, uint32 destinationDomain, bytes32 mintRecipient, address burnToken, bytes32 destinationCaller, uint256 maxFee, uint32 minFinalityThreshold)",
  "function getMinFeeAmount(uint256 amount) view returns (uint256)",
  "function minFee() view returns (uint256)",
  "function localMinter() view returns (address)",
  "function localMessageTransmitter() view returns (address)",
  "event DepositForBurn(address indexed burnToken, uint256 amount, address indexed depositor, bytes32 mintRecipient, uint32 destinationDomain, bytes32 destinationTokenMessenger, bytes32 destinationCaller, uint256 maxFee, uint32 indexed minFinalityThreshold, bytes hookData)",
  "event MintAndWithdraw(address indexed mintRecipient, uint256 amount, address indexed mintToken, uint256 feeCollected)"
])

export const minterAbi = parseAbi(["function burnLimitsPerMessage(address token) view returns (uint256)"])

export const transmitterAbi = parseAbi([
  "function receiveMessage(bytes message, bytes attestation) returns (bool success)",
  "function usedNonces(bytes32 nonce) view returns (uint256)",
  "function signatureThreshold() view returns (uint256)",
  "function isEnabledAttester(address attester) view returns (bool)",
  "event MessageSent(bytes message)",
  "event MessageReceived(address indexed caller, uint32 sourceDomain, bytes32 indexed nonce, bytes32 sender, uint32 indexed finalityThresholdExecuted, bytes messageBody)"
])

/** An address as CCTP has it in messages: 12 zero bytes before it. */
export const word = (address: Address): Hex => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`
