import { parseAbi } from "viem"

/** What the orderbook and an inventory before it have in common. A Float is 32 bytes. Source: IRaindexV6, external-apis 4.1. */
export const vaultAbi = parseAbi([
  "struct EvaluableV4 { address interpreter; address store; bytes bytecode; }",
  "struct SignedContextV1 { address signer; bytes32[] context; bytes signature; }",
  "struct TaskV2 { EvaluableV4 evaluable; SignedContextV1[] signedContext; }",
  "function deposit4(address token, bytes32 vaultId, bytes32 depositAmount, TaskV2[] tasks)",
  "function withdraw4(address token, bytes32 vaultId, bytes32 targetAmount, TaskV2[] tasks)",
  "function vaultBalance2(address owner, address token, bytes32 vaultId) view returns (bytes32)"
])
