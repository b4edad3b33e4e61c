import { Context, type Effect } from "effect"
import type { TxHash } from "../../domain/TxHash.ts"
import type { Usdc } from "../../domain/Usdc.ts"
import type { Lane } from "../../services/CctpBridge.ts"

/** The other side of CCTP, as its contract suite needs it. Blocks come when they are mined and not otherwise. */
export class CctpWorld extends Context.Tag("ballast/testing/CctpWorld")<CctpWorld, {
  readonly lane: Lane
  /** Puts that much into our wallet on the source, where the messenger may take it, and gas on both chains. */
  readonly give: (amount: Usdc) => Effect.Effect<void>
  /** On both chains, with whatever waits there. */
  readonly mine: (blocks: number) => Effect.Effect<void>
  /** Whether Circle attests; it does at first. */
  readonly setAttesting: (isOn: boolean) => Effect.Effect<void>
  /** Circle has signed the burn, and time has passed until that can be minted no more. */
  readonly expire: (burnTx: TxHash) => Effect.Effect<void>
  /** Somebody else mints what Circle has attested. */
  readonly mintAsStranger: (burnTx: TxHash) => Effect.Effect<void>
  /** From our wallet and for our wallet, whoever sent them: the ledger of this world. */
  readonly effects: Effect.Effect<{ readonly burned: ReadonlyArray<Usdc>; readonly minted: ReadonlyArray<Usdc> }>
}>() {}
