/** Effect's scheduler for one simulated process: nothing runs by itself, nothing runs after its end, and it can be frozen. */
import { type Fiber, FiberRef, GlobalValue, type Scheduler } from "effect"

export interface Tasks extends Scheduler.Scheduler {
  /** Runs all that is due, and what becomes due by that; false where there was nothing. */
  readonly run: () => boolean
  /** Like SIGSTOP; what becomes due meanwhile waits. */
  readonly freeze: (isFrozen: boolean) => void
  /** Like SIGKILL: no fiber takes another step, so none cleans up. */
  readonly end: () => void
  readonly isOver: () => boolean
}

/** Where Effect keeps every fiber without a parent until it ends, which those of a process that was killed never do. */
const { roots } = GlobalValue.globalValue(
  Symbol.for("effect/FiberScope/Global"),
  () => ({ roots: new Set<Fiber.RuntimeFiber<unknown, unknown>>() })
)

/** As many steps as Effect takes by itself before it lets others have a turn. */
const stepsInTurn = 2048

/** As often something may follow from something before it is looked at from outside whether there is an end to it. */
const rounds = 1_000

export const make = (): Tasks => {
  let queue: Array<() => void> = []
  let isFrozen = false
  // A task of its own can stop it.
  const isStopped = () => isFrozen
  let isOver = false
  const tasks: Tasks = {
    shouldYield: (fiber) => isOver || fiber.currentOpCount > stepsInTurn ? 0 : false,
    scheduleTask: (task) => {
      if (!isOver) queue.push(task)
    },
    run: () => {
      if (isFrozen || queue.length === 0) return false
      for (let round = 0; queue.length > 0 && round < rounds; round++) {
        if (isStopped()) break
        const due = queue
        queue = []
        for (const task of due) {
          // A task may end the process, and what stands behind it in the queue is then not run.
          if (isOver) break
          task()
        }
      }
      return true
    },
    freeze: (frozen) => {
      isFrozen = frozen
    },
    end: () => {
      isOver = true
      queue = []
      for (const fiber of roots) if (fiber.getFiberRef(FiberRef.currentScheduler) === tasks) roots.delete(fiber)
    },
    isOver: () => isOver
  }
  return tasks
}
