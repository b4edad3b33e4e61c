/** Four workflows side by side, each operation killed over and over until it has come through. */
import { randomUUID } from "node:crypto"

/** The same numbers for the same seed. */
export const numbers = (seed) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

let made = 0
/** What is known on the chains by its amount alone has one of its own. */
const orders = {
  mint: () => {
    const quantity = `0.${200 + made++ % 700}`
    return { quantity, command: ["mint", "--symbol", "AAPL", "--quantity", quantity] }
  },
  redeem: () => {
    const quantity = `0.2${String(made++).padStart(4, "0")}`
    return { quantity, command: ["redeem", "--symbol", "AAPL", "--quantity", quantity] }
  },
  "alpaca-to-base": () => {
    const amount = String(60 + made++ % 300)
    return { amount, command: ["usdc", "alpaca-to-base", "--amount", amount] }
  },
  "base-to-alpaca": () => {
    const amount = String(60 + made++ % 300)
    return { amount, command: ["usdc", "base-to-alpaca", "--amount", amount] }
  }
}
export const kinds = Object.keys(orders)

export const order = (kind) => {
  const { command, ...asked } = orders[kind]()
  const id = randomUUID()
  return { id, kind, ...asked, command: [...command, "--id", id] }
}

const later = (millis) => new Promise((resolve) => setTimeout(resolve, millis).unref())

/** One operation is killed so often at most. */
const mostStrikes = 12

/** How long an operation may take to come through once nobody kills it any more. */
const patience = 120_000

/**
 * Runs operations of one kind until enough kills were delivered in all lanes, and the last one to its end. `shared` is what
 * the lanes share: `kills` to go, `byState`, `operations`, `story`, and whether one of them runs `ballast run`.
 */
export const lane = async (sandbox, kind, random, shared) => {
  /** Milliseconds of a command that comes to its end; a first guess. */
  let usual = 4000

  /** Some moment of its life; mostly one soon after it has recorded something, since much of its life is only its start. */
  const moment = async (operation, recorded, isOver) => {
    const [kind, share] = [random(), random()]
    if (kind < 0.2) return later(share * usual)
    // `run` does not end when there is nothing left to do.
    const latest = performance.now() + 2 * usual
    const isWaiting = async () => !isOver() && (await sandbox.eventsOf(operation.id)).length <= recorded
    while (performance.now() < latest && await isWaiting()) await later(20)
    return later(share * share * 2000)
  }

  const next = (operation, recorded) => {
    if (recorded.length === 0) return operation.command
    const choice = random()
    if (choice < 0.2 && !shared.isRunning) return ["run"]
    return choice < 0.7 ? ["resume", operation.id] : operation.command
  }

  /** Starts a command, and kills it at some moment. True once the operation has come through. */
  const struck = async (operation, command, recorded) => {
    const [name] = command
    shared.isRunning ||= name === "run"
    const begun = performance.now()
    const child = sandbox.start(...command, "--json")
    let isOver = false
    const ended = child.ended.finally(() => {
      isOver = true
      if (name === "run") shared.isRunning = false
    })
    await Promise.race([ended, moment(operation, recorded, () => isOver)])
    const after = Math.round(performance.now() - begun)
    if (name === "run" || shared.kills > 0) child.kill()
    const last = await ended
    // Only a process that was still there is counted.
    if (last.code !== null) return name !== "run" && told(operation, command, last)
    shared.kills -= 1
    const event = (await sandbox.eventsOf(operation.id)).at(-1) ?? "nothing"
    for (const [table, key] of [[shared.byState, `${kind} ${event}`], [shared.byCommand, name]]) {
      table[key] = (table[key] ?? 0) + 1
    }
    shared.tell(operation, `${name} killed after ${after} ms, after ${event}`)
    return false
  }

  const told = (operation, command, { code, millis, stderr }) => {
    usual = (2 * usual + millis) / 3
    shared.tell(operation, `${command[0]} ends with ${code} after ${Math.round(millis)} ms`)
    if (code === 0) return true
    if (code !== 3) throw new Error(`${operation.id}: ${command.join(" ")} ends with ${code}: ${stderr}`)
    shared.tell(operation, stderr)
    return false
  }

  while (shared.kills > 0) {
    const operation = order(kind)
    shared.operations.push(operation)
    let isThrough = false
    for (
      let strikes = 1 + Math.floor(random() * mostStrikes);
      strikes > 0 && !isThrough && shared.kills > 0;
      strikes--
    ) {
      const recorded = await sandbox.eventsOf(operation.id)
      isThrough = await struck(operation, next(operation, recorded), recorded.length)
    }
    const begun = performance.now()
    while (!isThrough) {
      if (performance.now() - begun > patience) throw new Error(`${operation.id}: ${kind} does not come through`)
      const command = (await sandbox.eventsOf(operation.id)).length === 0 ? operation.command : ["resume", operation.id]
      isThrough = told(operation, command, await sandbox.start(...command, "--json").ended)
    }
  }
}
