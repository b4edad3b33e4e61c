/** Processes that are stopped at an effect, taken over, and go on later as if nothing had happened. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { toFunctionSelector } from "viem"
import { messengerAbi } from "../../src/layers/cctp/Abi.ts"
import type { Call, Fault } from "../../src/layers/local/Fault.ts"
import {
  type Environment,
  eventually,
  mintOf,
  operation,
  ownDatabase,
  rebalanceOf,
  rebalanceSandbox,
  redeemOf,
  start,
  transfersOf,
  truth
} from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import { happenedOnce, next, recorded } from "./Rebalances.ts"

/** Longer than it takes to stop whoever waits for it. */
const late = 3000
const answeredLate: Fault = { _tag: "DelayAfter", millis: late }
const heardLate: Fault = { _tag: "DelayBefore", millis: late }
const lost: Fault = { _tag: "DropBefore" }

/** So long that nobody renews it, nor sees by himself that he has lost it: only what he does next can tell him. */
const sleepy = {
  BALLAST_LEASE_DURATION: "1 hour",
  BALLAST_HTTP_TIMEOUT: "1 hour",
  BALLAST_WITHDRAWAL_SETTLING_TIME: "1 milli"
}

/** Lets the time of all leases pass. */
const anHourPasses = ({ BALLAST_DATABASE = "" }: Environment) =>
  SqliteClient.make({ filename: BALLAST_DATABASE.replace("sqlite:", "") }).pipe(
    Effect.flatMap((sql) => sql`UPDATE leases SET expires_at = 0 WHERE expires_at IS NOT NULL`),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.orDie
  )

const selector = toFunctionSelector(messengerAbi[0])
const isBurn = ({ input }: Call) => JSON.stringify(input).includes(selector.slice(2))

interface Moment {
  readonly server: "alpaca" | "base"
  readonly call: string
  readonly fault: Fault
  readonly matches?: (call: Call) => boolean
}

const quantity = (id: string) => `0.${parseInt(id.slice(0, 6), 16) + 10_000_000}`
const redemption = (id: string) => ({
  id,
  command: [...redeemOf(id, quantity(id)), "--parallel"],
  happened: Effect.map(transfersOf(quantity(id)), (transfers) => assert.lengthOf(transfers, 1)),
  events: ["RedemptionRequested", "TokensSent", "Detected", "RedemptionCompleted"]
})
const mint = (id: string) => ({
  id,
  command: mintOf(id),
  happened: Effect.map(truth(id), (happened) => assert.deepStrictEqual(happened, { requests: 1, mints: 1 })),
  events: ["MintRequested", "MintAccepted", "TokensReceived", "MintCompleted"]
})
const rebalance = (direction: Parameters<typeof rebalanceOf>[0]) => {
  const { amount, id } = next()
  return { id, command: rebalanceOf(direction, id, amount), happened: happenedOnce(amount), events: recorded }
}
type Subject = ReturnType<typeof mint> | ReturnType<typeof redemption> | ReturnType<typeof rebalance>

layer(rebalanceSandbox({ tokens: { AAPL: "50" } }), { excludeTestServices: true, timeout: 60_000 })(
  "sleepers",
  (it) => {
    it.scoped(
      "append nothing and send nothing new once they wake, and say who has taken over",
      () =>
        Effect.gen(function*() {
          const { environment, world } = yield* ownDatabase

          /** Starts a command and stops it once the last of these moments has come. */
          const asleep = (subject: Subject, ...moments: ReadonlyArray<Moment>) =>
            Effect.gen(function*() {
              let come = 0
              yield* Effect.forEach(moments, ({ call, fault, matches = () => true, server }) =>
                world[server].faults.add({
                  on: (one) => one.name === call && matches(one) && ++come > 0,
                  fault
                }))
              const process = yield* start(subject.command, { ...environment, ...sleepy })
              yield* eventually(
                `${subject.command.join(" ")} comes to its moment`,
                Effect.sync(() => come === moments.length)
              )
              yield* Effect.sync(() => globalThis.process.kill(process.pid, "SIGSTOP"))
              return { ...subject, process }
            })

          // Its withdrawal must be mined before another transaction of the wallet is held up.
          const burning = yield* asleep(rebalance("base-to-alpaca"), {
            server: "base",
            call: "eth_estimateGas",
            fault: answeredLate,
            matches: isBurn
          })
          const sleepers = [
            burning,
            ...yield* Effect.all([
              // It looks for what it has lost, and has already been told that there is nothing.
              asleep(
                mint(randomUUID()),
                { server: "alpaca", call: "POST mint", fault: lost },
                { server: "alpaca", call: "GET requests:by_client_request_id", fault: answeredLate }
              ),
              asleep(
                rebalance("alpaca-to-base"),
                { server: "alpaca", call: "wallets.withdraw", fault: lost },
                { server: "alpaca", call: "wallets.transfers", fault: answeredLate }
              ),
              asleep(redemption(randomUUID()), { server: "base", call: "eth_estimateGas", fault: answeredLate })
            ], { concurrency: "unbounded" }),
            yield* asleep(mint(randomUUID()), { server: "alpaca", call: "POST mint", fault: answeredLate }),
            yield* asleep(redemption(randomUUID()), {
              server: "base",
              call: "eth_sendRawTransaction",
              fault: heardLate
            })
          ]
          yield* anHourPasses(environment)
          const successor = yield* inProcess(["resume", "--json"], environment)
          assert.strictEqual(successor.code, 0, successor.stderr)

          const shown = Effect.forEach(sleepers, ({ id }) => inProcess(["show", id, "--json"], environment))
          const sent = Effect.all({
            mints: world.alpaca.counts.of("POST mint"),
            withdrawals: world.alpaca.counts.of("wallets.withdraw"),
            broadcasts: world.base.counts.of("eth_sendRawTransaction"),
            onEthereum: world.ethereum.counts.of("eth_sendRawTransaction")
          })
          const before = { shown: yield* shown, sent: yield* sent }
          for (const sleeper of sleepers) globalThis.process.kill(sleeper.process.pid, "SIGCONT")
          for (const { command, happened, process } of sleepers) {
            const { code, stderr } = yield* process.ended
            assert.strictEqual(code, 3, `${command.join(" ")}: ${stderr}`)
            assert.match(
              stderr,
              new RegExp(`lost the lease on .*: process ${globalThis.process.pid} on \\S+ has taken it over`)
            )
            assert.include(successor.stderr, `from process ${process.pid} on`)
            yield* happened
          }
          assert.deepStrictEqual({ shown: yield* shown, sent: yield* sent }, before)
          assert.deepStrictEqual(
            before.shown.map((one) => operation(one).events.map(({ type }) => type)),
            sleepers.map(({ events }) => events)
          )
          const verified = yield* inProcess(["verify"], environment)
          assert.include(verified.stdout, "0 faults")
        }),
      { timeout: 120_000 }
    )
  }
)
