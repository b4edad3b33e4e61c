import { Data, Effect, Either } from "effect"

/** Everything that is wrong with what was typed or configured. Nothing was recorded and nothing was sent. */
export class InvalidInput extends Data.TaggedError("InvalidInput")<{
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return ["Nothing was sent:", ...this.problems.map((problem) => `  ${problem}`)].join("\n")
  }
}

interface Problems {
  readonly problems: ReadonlyArray<string>
}

const problemsOf = <A, E extends Problems>(side: Either.Either<A, E>): ReadonlyArray<string> =>
  Either.match(side, { onLeft: ({ problems }) => problems, onRight: () => [] })

/** Both, or the problems of both: a stage tells all that is wrong at once. */
export const both = <A, EA extends Problems, RA, B, EB extends Problems, RB>(
  a: Effect.Effect<A, EA, RA>,
  b: Effect.Effect<B, EB, RB>
): Effect.Effect<readonly [A, B], InvalidInput, RA | RB> =>
  Effect.gen(function*() {
    const left = yield* Effect.either(a)
    const right = yield* Effect.either(b)
    return Either.isRight(left) && Either.isRight(right)
      ? [left.right, right.right] as const
      : yield* new InvalidInput({ problems: [...problemsOf(left), ...problemsOf(right)] })
  })
