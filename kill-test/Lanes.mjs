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
const mostStrikes = 14

/** Milliseconds: no command takes longer, or it waits for another one. */
const longest = 20_000

/** How long an operation may take to come through once nobody kills it any more. */
const patience = 300_000

/**
 * Runs operations of one kind until enough kills were delivered in all lanes, and the last one to its end. `state` is what
 * the lanes share: `kills` to go, `byState`, `operations`, `story`, and whether one of them runs `ballast run`.
 */
export const lane = async (sandbox, kind, random, shared) => {
  /** Milliseconds of a command that comes to its end; a first guess. */
  let usual = 4000

  /** Any moment of its life; most of them once it has read its configuration. */
  const moment = (isRun) => {
    const share = random()
    const from = random() < 0.2 ? 0 : usual / 3
    return from + share * ((isRun ? 1.5 : 1.1) * usual - from)
  }

  const next = (operation, recorded) => {
    if (recorded.length === 0) return operation.command
    const choice = random()
    if (choice < 0.2 && !shared.isRunning) return ["run"]
    return choice < 0.7 ? ["resume", operation.id] : operation.command
  }

  /** Starts a command, and kills it at some moment. True once the operation has come through. */
  const struck = async (operation, command, recorded) => {
    const isRun = command[0] === "run"
    const child = sandbox.start(...command, "--json")
    const after = moment(isRun)
    shared.isRunning ||= isRun
    const ended = await Promise.race([child.ended, later(after)])
    // Only a process that was still there is counted.
    if (ended === undefined && shared.kills > 0) {
      child.kill()
      const { code } = await child.ended
      if (code === null) {
        shared.kills -= 1
        const events = await sandbox.eventsOf(operation.id)
        const event = events.at(-1) ?? "nothing"
        // On a machine that has become busier all would be killed before they get anywhere.
        if (events.length === recorded) usual = Math.min(1.1 * usual, longest)
        shared.byState[`${kind} ${event}`] = (shared.byState[`${kind} ${event}`] ?? 0) + 1
        shared.byCommand[command[0]] = (shared.byCommand[command[0]] ?? 0) + 1
        shared.tell(operation, `${command[0]} killed after ${Math.round(after)} ms, after ${event}`)
      }
    } else if (isRun) {
      child.kill()
    }
    const last = await child.ended
    if (isRun) shared.isRunning = false
    if (last.code === null || isRun) return false
    usual = Math.min((2 * usual + last.millis) / 3, longest)
    return told(operation, command, last)
  }

  const told = (operation, command, { code, millis, stderr }) => {
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
