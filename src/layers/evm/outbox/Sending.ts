/** Signs what is reserved, stores the bytes, and only then hands them to the nodes. */
import { Effect, Option } from "effect"
import * as Decimal from "../../../domain/Decimal.ts"
import type { TxHash } from "../../../domain/TxHash.ts"
import { Alerts } from "../../../services/Alerts.ts"
import type { Broadcast, Chain, ChainName } from "../../../services/Chain.ts"
import { type PreparedTransaction, Signer, type SignerError } from "../../../services/Signer.ts"
import { type Fees, hasBytes, type Signature, type Stored } from "../../sql/OutboxRow.ts"
import type { OutboxTable } from "../../sql/OutboxTable.ts"
import { shortage } from "./Preparation.ts"
import * as Signing from "./Signing.ts"

/** What a transfer of nothing to a wallet without code takes. */
export const emptyGas = 21_000n

/** The call, or the empty transaction that takes its place once it is to be cancelled. */
const prepared = (row: Stored, fees: Fees): PreparedTransaction => ({
  chainId: row.chainId,
  nonce: row.nonce,
  value: 0n,
  ...fees,
  ...Option.match(row.cancelling, {
    onNone: () => ({ to: row.to, data: row.data, gas: row.gas }),
    onSome: () => ({ to: row.wallet, data: "0x" as const, gas: emptyGas })
  })
})

/** Of those that can be broadcast. */
export const newest = ({ signatures }: Stored): Option.Option<Signature> =>
  Option.fromNullable(signatures.findLast(hasBytes))

/** Of what is signed for it next. */
export const gasOf = ({ cancelling, gas }: Stored): bigint => Option.isSome(cancelling) ? emptyGas : gas

/** `transfer, attempt 1 of operation 6f1b..` */
export const describe = ({ key: { attempt, operation, step } }: Stored): string =>
  `${step}, attempt ${attempt} of operation ${operation}`

/** What an alert about it is known by: each is told once for one transaction. */
export const conditionOf = ({ key: { attempt, operation, step } }: Pick<Stored, "key">, what: string): string =>
  `${operation}/${step}/${attempt}/${what}`

const has = ({ answer }: Broadcast): boolean => answer === "Accepted" || answer === "AlreadyKnown"

/** @param chains the two that can be sent to */
export const make = (table: OutboxTable, chains: { readonly [name in ChainName]: Chain }) =>
  Effect.gen(function*() {
    const signer = yield* Signer
    const alerts = yield* Alerts
    /** What the nodes said to this process, by hash. Nothing depends on it but how soon a transaction is broadcast again. */
    const answers = new Map<TxHash, Broadcast>()

    const answerTo = (row: Stored) => Option.flatMap(newest(row), ({ hash }) => Option.fromNullable(answers.get(hash)))

    const isHeld = ({ hash }: Signature) => Option.exists(Option.fromNullable(answers.get(hash)), has)

    /** Whether this process knows that a node has its newest bytes, or those before if these cannot be paid. */
    const isOut = (row: Stored) =>
      Option.exists(answerTo(row), (said) =>
        has(said) || (said.answer === "InsufficientFunds" && row.signatures.some(isHeld)))

    /** Told once, with what it takes at that time. */
    const tellShortage = (row: Stored, cost: bigint, balance: bigint) =>
      alerts.raise({
        condition: conditionOf(row, `gas-on-${row.chain}`),
        operation: row.key.operation,
        message: `${describe(row)} waits: ${
          shortage({ chain: row.chain, wallet: row.wallet, cost, balance })
        }. It then goes on by itself`
      })

    const hand = (row: Stored, { hash, raw }: Signature) =>
      Effect.gen(function*() {
        const said = yield* chains[row.chain].broadcast(raw)
        answers.set(hash, said)
        const { answer, detail } = said
        const told = `${describe(row)}: nonce ${row.nonce} on ${row.chain}, ${hash}: ${answer}`
        yield* has(said) ? Effect.logInfo(told) : Effect.logWarning(`${told} (${detail})`)
        return said
      })

    /** The last signature, or another one of the row's. Any number of times: the bytes are the same. */
    const broadcast = (row: Stored, signature = newest(row)) =>
      Effect.gen(function*() {
        if (Option.isNone(signature)) {
          return
        }
        const { hash, kind, maxFeePerGas } = signature.value
        const { answer } = yield* hand(row, signature.value)
        if (answer !== "InsufficientFunds") {
          return
        }
        // Those before it cost less.
        const index = row.signatures.findIndex((one) =>
          one.hash === hash
        )
        const before = row.signatures.slice(0, index).filter((one) => one.kind === kind && hasBytes(one))
        for (const one of before.toReversed()) if (has(yield* hand(row, one))) break
        const balance = yield* Effect.option(chains[row.chain].look((view) => view.balance(row.wallet)))
        yield* Effect.forEach(
          Option.toArray(balance),
          (balance) => tellShortage(row, (kind === "call" ? row.gas : emptyGas) * maxFeePerGas, balance)
        )
      })

    /** Answers the row as it then is, signed by us or by somebody else who was faster. */
    const sign = (row: Stored, fees: Fees) =>
      Effect.gen(function*() {
        const signed = yield* Signing.sign(signer, prepared(row, fees))
        const kind = Option.isSome(row.cancelling) ? "cancellation" : "call"
        // Stored and out, or neither, as far as that is in our hands.
        return yield* Effect.uninterruptible(
          Effect.tap(table.sign(row, { ...signed, ...fees, kind }), (stored) => broadcast(stored))
        )
      })

    /** What its keeper does not sign will never be mined, and its nonce must not stay in the way of others. */
    const unlessRefused = (row: Stored, error: SignerError) =>
      error.reason === "Refused" && Option.isNone(row.cancelling)
        ? Effect.flatMap(table.cancel(row, `the signer refused it: ${error.detail}`, []), (row) => sign(row, row.fees))
        : error

    return {
      answerTo,
      isOut,
      /** Whether this process knows that a node has any of its bytes. */
      isAnyOut: (row: Stored) => row.signatures.some(isHeld),
      tellShortage,
      broadcast,
      /** The first signature of a reserved row. */
      start: (row: Stored) => Effect.catchTag(sign(row, row.fees), "SignerError", (error) => unlessRefused(row, error)),
      /** A further one at the same nonce. All are kept: whichever is mined counts. */
      replace: (row: Stored, fees: Fees) =>
        Effect.zipRight(
          Effect.logWarning(
            `${describe(row)}: nonce ${row.nonce} on ${row.chain} is replaced, at most ${
              Decimal.print(fees.maxFeePerGas, 9)
            } gwei`
          ),
          sign(row, fees)
        ),
      forget: ({ signatures }: Stored) => signatures.forEach(({ hash }) => answers.delete(hash))
    }
  })

export type Sending = Effect.Effect.Success<ReturnType<typeof make>>
