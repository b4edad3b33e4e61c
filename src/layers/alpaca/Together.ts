/**
 * One call for all who want to know the same kind of thing while another call is under way, so that many who wait cost no
 * more requests than a few. Nobody is answered by a call that was begun before he asked.
 */
import { Array as Arr, Deferred, Effect, FiberId, FiberRef, HashMap } from "effect"

export interface Calls<Key, A, E> {
  readonly one: (key: Key) => Effect.Effect<A, E>
  /** What one call says of each of them; undefined where it says nothing and has to be asked by itself. */
  readonly all: (
    keys: Arr.NonEmptyReadonlyArray<Key>
  ) => Effect.Effect<(key: Key) => Effect.Effect<A, E> | undefined, E>
  /** Whether a failure of that call is everybody's. Otherwise each is asked by itself: the list may be too long by now. */
  readonly isShared: (error: E) => boolean
}

/** So few are asked one by one. */
const few = 2

/** So many at once, where one call did not do. */
const atOnce = 4

export const make = <Key, A, E>({ all, isShared, one }: Calls<Key, A, E>): (key: Key) => Effect.Effect<A, E> => {
  interface Asking {
    readonly key: Key
    readonly answer: Deferred.Deferred<A, E>
  }
  // No longer than there are fibers that wait for their answer.
  let waiting: Array<Asking> = []
  let isCalling = false

  const answered = ({ answer, key }: Asking, effect: Effect.Effect<A, E> = one(key)) =>
    Deferred.complete(answer, effect)

  const singly = (asking: ReadonlyArray<Asking>, concurrency: number) =>
    Effect.forEach(asking, (each) => answered(each), { concurrency, discard: true })

  const jointly = (asking: Arr.NonEmptyReadonlyArray<Asking>) =>
    Effect.matchEffect(all(Arr.map(asking, ({ key }) => key)), {
      onFailure: (error) =>
        isShared(error)
          ? Effect.forEach(asking, ({ answer }) => Deferred.fail(answer, error), { discard: true })
          : singly(asking, atOnce),
      onSuccess: (said) =>
        Effect.forEach(asking, (each) => answered(each, said(each.key)), { concurrency: atOnce, discard: true })
    })

  /** As long as somebody has asked in the meantime. */
  const goOn: Effect.Effect<void> = Effect.suspend(() => {
    const asking = waiting
    waiting = []
    if (!Arr.isNonEmptyArray(asking)) {
      isCalling = false
      return Effect.void
    }
    const calls = asking.length <= few ? singly(asking, few) : jointly(asking)
    return Effect.zipRight(
      Effect.catchAllCause(
        calls,
        (cause) => Effect.forEach(asking, ({ answer }) => Deferred.failCause(answer, cause), { discard: true })
      ),
      goOn
    )
  })

  /** They are none of the operation's whose call was the first. */
  const others = Effect.forkDaemon(
    Effect.locally(Effect.interruptible(goOn), FiberRef.currentLogAnnotations, HashMap.empty())
  )

  return (key) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        if (!isCalling) {
          isCalling = true
          // Whoever came first does not wait for those who came after him.
          return Effect.ensuring(restore(one(key)), others)
        }
        const asking: Asking = { key, answer: Deferred.unsafeMake<A, E>(FiberId.none) }
        waiting.push(asking)
        return Effect.onInterrupt(restore(Deferred.await(asking.answer)), () =>
          Effect.sync(() => {
            waiting = waiting.filter((one) => one !== asking)
          }))
      })
    )
}
