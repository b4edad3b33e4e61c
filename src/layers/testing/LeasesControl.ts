import { Context, type Duration, type Effect } from "effect"

/** The other holders of the port `Leases`. The contract suite needs it; a layer that is to be tested brings one along. */
export class LeasesControl extends Context.Tag("ballast/testing/LeasesControl")<LeasesControl, {
  /** How long a lease of the layer under test lasts when nobody renews it. */
  readonly duration: Duration.Duration
  /**
   * A process of another machine has the lease from now on, whoever had it before, with a larger token, for so long; it
   * never renews it.
   */
  readonly seize: (name: string, duration: Duration.DurationInput) => Effect.Effect<void>
}>() {}
