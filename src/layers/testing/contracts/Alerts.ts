/** What every layer of `Alerts` must do. */
import { Effect, TestClock } from "effect"
import { OperationId } from "../../../domain/OperationId.ts"
import { Alerts } from "../../../services/Alerts.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import { type Case, type ContractViolation, equals } from "./Contract.ts"

const operation = OperationId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")

const raise = (condition: string, message = `see ${condition}`) =>
  Effect.flatMap(Alerts, (alerts) => alerts.raise({ condition, operation, message }))

const raised = Effect.flatMap(Alerts, (alerts) => alerts.raised)

/** To be run under a TestClock. */
export const cases: ReadonlyArray<Case<ContractViolation | StoreError, Alerts>> = [
  {
    name: "nothing was raised at first",
    run: Effect.gen(function*() {
      yield* equals((yield* raised).length, 0, "the number of alerts")
    })
  },
  {
    name: "an alert is kept as it was raised, with the time",
    run: Effect.gen(function*() {
      yield* TestClock.setTime(1_767_622_400_123)
      yield* raise("stuck")
      const [alert] = yield* raised
      yield* equals(alert?.condition, "stuck", "the condition")
      yield* equals(alert?.operation, operation, "the operation")
      yield* equals(alert?.message, "see stuck", "the message")
      yield* equals(alert?.raisedAt.epochMillis, 1_767_622_400_123, "the time")
    })
  },
  {
    name: "a condition is told once, however often it is seen",
    run: Effect.gen(function*() {
      yield* equals(yield* raise("stuck", "the first message"), true, "the answer to the first")
      yield* equals(yield* raise("stuck", "another message"), false, "the answer to the second")
      const all = yield* raised
      yield* equals(all.length, 1, "the number of alerts")
      yield* equals(all[0]?.message, "the first message", "the message kept")
    })
  },
  {
    name: "of two that see it at once one tells it",
    run: Effect.gen(function*() {
      const answers = yield* Effect.all([raise("stuck"), raise("stuck")], { concurrency: "unbounded" })
      yield* equals(answers.filter((first) => first).length, 1, "the number of those who were first")
    })
  },
  {
    name: "alerts are listed oldest first, in the order they were raised also within one instant",
    run: Effect.gen(function*() {
      for (const condition of ["c", "a", "b"]) yield* raise(condition)
      yield* TestClock.adjust("1 second")
      yield* raise("A")
      yield* equals((yield* raised).map(({ condition }) => condition).join(" "), "c a b A", "the order")
    })
  }
]
