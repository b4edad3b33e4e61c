/**
 * From when it is told to on stdin it drives mints through the store and the outbox as fast as it can, many at once so that
 * they share commits, until it is killed: path, seed of its ids. Says `ready`, and then what has been acknowledged: `event ID SEQUENCE`,
 * `transaction ID`.
 */
import { Effect, Layer, Option } from "effect"
import * as Address from "../../../../src/domain/Address.ts"
import { MintId } from "../../../../src/domain/OperationId.ts"
import * as TxHash from "../../../../src/domain/TxHash.ts"
import * as Database from "../../../../src/layers/sql/Database.ts"
import * as OutboxTable from "../../../../src/layers/sql/OutboxTable.ts"
import * as SqlEventStore from "../../../../src/layers/sql/SqlEventStore.ts"
import * as SqlLeases from "../../../../src/layers/sql/SqlLeases.ts"
import * as Mints from "../../../../src/layers/testing/contracts/EventStoreMints.ts"

const [path = "", seed = "0"] = process.argv.slice(2)

/** Ends once the pipe has it: what was said is heard, whatever happens next. */
const say = (line: string) =>
  Effect.async<void>((resume) => void process.stdout.write(`${line}\n`, () => resume(Effect.void)))

const wallet = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const fees = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n }

const mint = (index: number) =>
  Effect.gen(function*() {
    const table = yield* OutboxTable.make
    const number = Number(seed) * 100_000 + index
    const id = MintId.make(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`)
    const lease = yield* Mints.hold(id)
    for (const [before, event] of Mints.whole.slice(0, 3).entries()) {
      yield* Mints.append(lease, id, Mints.whole.slice(0, before), [event])
      yield* say(`event ${id} ${before + 1}`)
    }
    const key = { operation: id, step: "transfer", attempt: 1 }
    const call = { chain: "base", chainId: 8453, wallet, to: wallet, data: "0x", gas: 1n } as const
    const row = yield* table.reserve({ key, ...call, fees, cancelling: Option.none() }, [lease], 4)
    const hash = TxHash.make(`0x${number.toString(16).padStart(64, "0")}`)
    yield* table.sign(row, { hash, kind: "call", ...fees, raw: "0x02" })
    yield* say(`transaction ${id}`)
  }).pipe(Effect.scoped)

const lanes = 16

const program = Effect.forEach(
  Array.from({ length: lanes }, (_, lane) => lane),
  (lane) => Effect.iterate(lane, { while: () => true, body: (index) => Effect.as(mint(index), index + lanes) }),
  { concurrency: "unbounded", discard: true }
)

const layer = Layer.mergeAll(
  SqlEventStore.layer({ softwareVersion: "test" }),
  SqlLeases.layer({ duration: "1 hour" })
).pipe(Layer.provideMerge(Database.layer({ path, durability: "full", create: true })))

process.stdout.write("ready\n")
process.stdin.once("data", () => void Effect.runPromise(Effect.provide(program, layer)))
