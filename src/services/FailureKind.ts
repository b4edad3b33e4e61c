/**
 * Transient: nothing happened, try again. Permanent: nothing happened, trying again will not help. Unknown: it may have
 * happened, so look before anything else. Each error states the kind of each of its reasons in its own file.
 */
import type { Duration } from "effect"

/** What an error says of the effect that was asked for, and so what to do next. */
export type FailureKind = "transient" | "permanent" | "unknown"

/** What retries test. */
export interface Classified {
  readonly kind: FailureKind
  /** How long the other side asked us to stay away. */
  readonly retryAfter?: Duration.Duration
}
