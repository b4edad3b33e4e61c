/** What becomes of an accepted transfer of USDC: custody pays a withdrawal at most once, and then the books follow. */
import { Effect, Option, Ref, Schedule, type Scope } from "effect"
import { zeroAddress } from "viem"
import type { Settings } from "./AlpacaSettings.ts"
import type { AlpacaWalletBank } from "./AlpacaWalletBank.ts"
import type { AlpacaWalletLedger, Told, WalletTransfer } from "./AlpacaWalletLedger.ts"
import type { DepositScript, WithdrawScript } from "./AlpacaWalletSettings.ts"
import * as Endings from "./Endings.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

/** Of a deposit only `outcome`, as far as it has it, and `fee` count. */
export type Script = Partial<WithdrawScript>

export interface AlpacaWalletSettlement {
  /** Follows the settings of this moment, in the background. */
  readonly begin: (transfer: WalletTransfer) => Effect.Effect<void>
  /** From now on only `settle` ends it. What has begun already goes on. */
  readonly hold: (transfer: WalletTransfer) => Effect.Effect<void>
  /**
   * Ends a transfer now, whatever the settings were when it came, and waits for the end. The first to end it decides how;
   * whoever comes later waits for the same end.
   */
  readonly settle: (transfer: WalletTransfer, script: Script) => Effect.Effect<void, LocalWorldError>
}

/** As long as it takes: a payment that is signed must be sent, and what is sent has an end. */
const untilDone = Schedule.spaced("200 millis")

const smaller = (one: bigint, other: bigint) => one < other ? one : other

export const make = ({ bank, ledger, settings }: {
  readonly bank: AlpacaWalletBank
  readonly ledger: AlpacaWalletLedger
  readonly settings: Ref.Ref<Settings>
}): Effect.Effect<AlpacaWalletSettlement, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ends = yield* Endings.make
    const held = yield* Ref.make<ReadonlySet<string>>(new Set())

    /** Sends a payment, or one that the token refuses, and says of it what the script says. */
    const pay = ({ amount, id, to }: WalletTransfer, script: WithdrawScript) =>
      Effect.gen(function*() {
        const arriving = amount - smaller(amount, script.networkFee + script.fee + script.shortBy)
        const signed = yield* Effect.retry(
          bank.prepare({
            transferId: id,
            to: script.outcome === "failReverted" ? zeroAddress : to,
            amount: arriving
          }),
          untilDone
        )
        const named: Told = {
          txHash: script.hash === "own" ? Option.some(signed.hash) : Option.none(),
          networkFee: script.networkFee,
          fee: script.fee
        }
        const end = script.outcome === "complete" ? "COMPLETE" : "FAILED"
        if (script.toldBeforeMillis > 0) {
          yield* ledger.tell(id, { ...named, status: end })
          yield* Effect.sleep(script.toldBeforeMillis)
        }
        yield* Effect.retry(bank.send(signed), untilDone)
        yield* ledger.tell(id, script.outcome === "complete" ? named : { ...named, status: end })
        const result = yield* Effect.retry(bank.settled(signed), untilDone)
        // A payment that failed against custody's will, such as to an address that USDC refuses, is FAILED all the same.
        if (result === "reverted") return yield* ledger.giveBack(id, { status: "FAILED" })
        yield* ledger.arrive(id, arriving, { status: script.outcome === "failSent" ? "FAILED" : "COMPLETE" })
      })

    const withdraw = (transfer: WalletTransfer, script: WithdrawScript) =>
      script.outcome === "fail" ? ledger.giveBack(transfer.id, { status: "FAILED" }) : pay(transfer, script)

    const credit = ({ amount, id }: WalletTransfer, script: DepositScript) => {
      if (script.outcome === "fail") return ledger.tell(id, { status: "FAILED" })
      const fee = smaller(amount, script.fee)
      return ledger.arrive(id, amount - fee, { status: "COMPLETE", fee })
    }

    const settle: AlpacaWalletSettlement["settle"] = (transfer, script) =>
      Effect.flatMap(Ref.get(settings), ({ wallets }) => {
        const { fee = wallets.deposit.fee, outcome } = script
        return ends.once(
          transfer.id,
          transfer.direction === "OUTGOING"
            ? withdraw(transfer, { ...wallets.withdraw, ...script })
            : credit(transfer, { ...wallets.deposit, fee, outcome: outcome === "fail" ? "fail" : "complete" })
        )
      })

    return {
      settle,
      hold: ({ id }) => Ref.update(held, (all) => new Set([...all, id])),
      begin: (transfer) =>
        Effect.gen(function*() {
          const { deposit, withdraw: script } = (yield* Ref.get(settings)).wallets
          const { delayMillis, ...rest } = transfer.direction === "OUTGOING" ? script : deposit
          if (rest.outcome === "hold") return
          yield* Effect.sleep(delayMillis).pipe(
            Effect.zipRight(Ref.get(held)),
            Effect.flatMap((all) => all.has(transfer.id) ? Effect.void : settle(transfer, rest)),
            Effect.catchAll((error) => Effect.logError(`transfer ${transfer.id} stays under way`, error)),
            Effect.interruptible,
            Effect.forkIn(scope)
          )
        })
    }
  })
