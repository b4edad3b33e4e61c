/** Why the local world could not be set up or could not go on, in words that say what to do about it. */
import { Schema } from "effect"

/**
 * - `AnvilMissing`: the npm package has no binary for this machine.
 * - `AnvilFailed`: anvil did not start, or did not answer.
 * - `CompilerFailed`: the Solidity of `contracts/` did not compile.
 * - `ServerFailed`: no loopback port could be opened.
 * - `ChainFailed`: a chain refused what the world itself sent to it.
 * - `InvalidOptions`: it was asked for something that cannot be.
 */
const Reason = Schema.Literal(
  "AnvilMissing",
  "AnvilFailed",
  "CompilerFailed",
  "ServerFailed",
  "ChainFailed",
  "InvalidOptions"
)
export type Reason = typeof Reason.Type

const advice: Record<Reason, string> = {
  AnvilMissing: "Run `npm install` without --omit=optional, on Linux, macOS or Windows with x64 or arm64.",
  AnvilFailed: "The machine may be out of memory or processes; try again.",
  CompilerFailed: "Run `npm install` and check that contracts/ is unchanged.",
  ServerFailed: "Check that this machine may open ports on 127.0.0.1.",
  ChainFailed: "This is a fault of the local world itself; try again and report it if it stays.",
  InvalidOptions: "Correct the options of the local world."
}

export class LocalWorldError extends Schema.TaggedError<LocalWorldError>()("LocalWorldError", {
  reason: Reason,
  /** What was being done, and what came back. */
  detail: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  override get message(): string {
    return `the local world failed: ${this.detail}. ${advice[this.reason]}`
  }
}

/** A foreign failure as one line, for `detail`. */
export const describe = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)
