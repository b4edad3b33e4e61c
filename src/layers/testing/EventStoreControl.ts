import { Context, type Effect } from "effect"

/**
 * The bytes under the port `EventStore`, where other hands can reach them. The contract suite needs it; a layer that is
 * to be tested brings one along.
 */
export class EventStoreControl extends Context.Tag("ballast/testing/EventStoreControl")<EventStoreControl, {
  /** Overwrites the stored payload of one event. */
  readonly setPayload: (
    event: { readonly type: string; readonly id: string; readonly sequence: number; readonly payload: string }
  ) => Effect.Effect<void>
  /** Removes one event from the log. */
  readonly removeEvent: (
    event: { readonly type: string; readonly id: string; readonly sequence: number }
  ) => Effect.Effect<void>
  /** Makes the view of one operation say another state and version. */
  readonly damageView: (
    view: { readonly type: string; readonly id: string; readonly state: string; readonly version: number }
  ) => Effect.Effect<void>
  /** Removes the view of one operation. */
  readonly removeView: (view: { readonly type: string; readonly id: string }) => Effect.Effect<void>
}>() {}
