/** The local Alpaca's crypto wallets, seen from behind the counter: USDC on Ethereum for one account. */
import { type Duration, Effect, type Ref, type Scope } from "effect"
import { type Address, zeroAddress } from "viem"
import type { Settings } from "./AlpacaSettings.ts"
import type { AlpacaWalletBank } from "./AlpacaWalletBank.ts"
import * as AlpacaWalletLedger from "./AlpacaWalletLedger.ts"
import * as AlpacaWalletSettlement from "./AlpacaWalletSettlement.ts"
import * as AlpacaWhitelist from "./AlpacaWhitelist.ts"
import * as Chain from "./Chain.ts"
import { LocalWorldError } from "./LocalWorldError.ts"
import * as TransferWatch from "./TransferWatch.ts"

export interface Options {
  readonly bank: AlpacaWalletBank
  /** Our own wallet: on the whitelist as the settings say. */
  readonly own: Address
  /** USDC at Alpaca at first, in units of 1e-6. */
  readonly units: bigint
}

export interface AlpacaWallets {
  readonly bank: AlpacaWalletBank
  readonly ledger: AlpacaWalletLedger.AlpacaWalletLedger
  readonly settlement: AlpacaWalletSettlement.AlpacaWalletSettlement
  readonly whitelist: AlpacaWhitelist.AlpacaWhitelist
  readonly own: Address
  /** Where USDC is sent to be credited. */
  readonly depositAddress: Address
  /** USDC came, says the chain. The transfer that this makes follows the settings. */
  readonly deposit: (draft: AlpacaWalletLedger.DepositDraft) => Effect.Effect<AlpacaWalletLedger.WalletTransfer>
  /** Ends a transfer that is under way now and waits for it. Nothing happens to one that is over. */
  readonly settle: (id: string, script: AlpacaWalletSettlement.Script) => Effect.Effect<void, LocalWorldError>
  /** Leaves a transfer under way until `settle`, whatever the settings were when it came. */
  readonly hold: (id: string) => Effect.Effect<void, LocalWorldError>
}

const noBank = new LocalWorldError({ reason: "InvalidOptions", detail: "this Alpaca has no USDC on any chain" })

/** For an Alpaca without chains: it can pay nothing and sees nothing come. */
export const none: Options = {
  own: Chain.wallet("own").address,
  units: 0n,
  bank: {
    address: Chain.wallet("alpaca custody").address,
    payments: Effect.succeed([]),
    prepare: () => noBank,
    send: () => noBank,
    settled: () => noBank,
    received: () => Effect.succeed([])
  }
}

export const make = (
  { bank, own, units }: Options,
  settings: Ref.Ref<Settings>
): Effect.Effect<AlpacaWallets, never, Scope.Scope> =>
  Effect.gen(function*() {
    const depositAddress = Chain.wallet("alpaca deposit").address
    const ledger = yield* AlpacaWalletLedger.make({ custody: bank.address, deposit: depositAddress, units })
    const settlement = yield* AlpacaWalletSettlement.make({ bank, ledger, settings })
    const known = (id: string) =>
      Effect.mapError(
        Effect.flatten(ledger.transfer(id)),
        () => new LocalWorldError({ reason: "InvalidOptions", detail: `there is no transfer ${id}` })
      )
    return {
      bank,
      ledger,
      settlement,
      whitelist: yield* AlpacaWhitelist.make({ own, settings }),
      own,
      depositAddress,
      deposit: (draft) => Effect.tap(ledger.acceptDeposit(draft), settlement.begin),
      settle: (id, script) =>
        Effect.flatMap(known(id), (transfer) =>
          transfer.place === "underway" ? settlement.settle(transfer, script) : Effect.void),
      hold: (id) =>
        Effect.flatMap(known(id), settlement.hold)
    }
  })

/** Has the deposit address watched until its scope closes. */
export const watch = ({ chain, interval, settings, wallets: { bank, deposit, depositAddress } }: {
  readonly chain: Pick<Chain.Chain, "height">
  readonly wallets: Pick<AlpacaWallets, "bank" | "deposit" | "depositAddress">
  readonly settings: Effect.Effect<Settings>
  /** Between two looks. */
  readonly interval: Duration.DurationInput
}): Effect.Effect<void, never, Scope.Scope> => {
  const script = Effect.map(settings, ({ wallets }) => wallets.deposit)
  return TransferWatch.make({
    chain,
    interval,
    read: (blocks) => bank.received(depositAddress, blocks),
    rule: script,
    tell: ({ amount, from, hash }) =>
      Effect.flatMap(script, ({ creditsMints }) =>
        amount > 0n && (creditsMints || from !== zeroAddress)
          ? deposit({ amount, from, txHash: hash })
          : Effect.void)
  })
}
