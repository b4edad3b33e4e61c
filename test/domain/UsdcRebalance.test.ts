import { assert, describe, it } from "@effect/vitest"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { left, specOf } from "../support/spec.ts"
import { at, id } from "./Examples.ts"
import { amounts, attestedAgain, cameShort, hash, nonce, toAlpaca, toBase } from "./UsdcRebalanceExamples.ts"

type CommandName = Rebalance.Command["_tag"]

const spec = specOf(Rebalance.decider, id)
const contradiction = (detail: string) => new Rebalance.Contradiction({ detail })

for (
  const [{ command, event, history, name, recovered, recovery, state }, other] of [[toBase, toAlpaca], [
    toAlpaca,
    toBase
  ]] as const
) {
  /** All that a state accepts: it refuses every other command, also one that does not exist yet. */
  const acceptsOnly = (name: keyof typeof history, ...accepted: ReadonlyArray<CommandName>) =>
    spec.refuses(history[name], Object.values(command).filter(({ _tag }) => !accepted.includes(_tag)))

  /** Failures before which the step has moved nothing: only then it is taken again. */
  const untried = {
    WithdrawalFailed: history.WithdrawalFailed,
    BridgingFailed: [...history.WithdrawalComplete, event.BridgingFailed],
    DepositFailed: [...history.Bridged, event.DepositFailed]
  }

  /** What comes after the failure in this history, whichever it is. */
  const takesUp = (
    failure: "WithdrawalFailed" | "BridgingFailed" | "DepositFailed",
    column: ReadonlyArray<keyof typeof recovery>
  ) => {
    for (const to of Object.values(recovery)) {
      const given = spec.given(...(to._tag === column[0] ? untried[failure] : history[failure]))
      const recover = Rebalance.Recover.make({ to, at: at(14) })
      if (column.includes(to._tag)) {
        it(`Recover to ${to._tag} takes what was found now, and forgets what the failure knew`, () =>
          given.when(recover).thenEmits([{ ...event.RebalanceRecovered, to }], recovered[to._tag]))
      } else {
        it(`Recover to ${to._tag} is refused: it is not of this failure`, () =>
          given.when(recover).thenRefused(
            contradiction(`${failure} cannot be taken up again at ${to._tag}`)
          ))
      }
    }
    it("Reconcile keeps every reference, and the failure", () =>
      spec.given(...history[failure]).when(command.Reconcile)
        .thenEmits([event.RebalanceReconciled], state.Reconciled[failure]))
    acceptsOnly(failure, "Recover", "Reconcile")
  }

  describe(name, () => {
    describe("NotStarted", () => {
      it("RequestRebalance records the intent, with all that is needed to finish", () =>
        spec.given().when(command.RequestRebalance).thenEmits([event.RebalanceRequested], state.Requested))
      acceptsOnly("NotStarted", "RequestRebalance")
    })

    describe("Requested", () => {
      const given = spec.given(...history.Requested)
      it("Initiate records what leads to the withdrawal", () =>
        given.when(command.Initiate).thenEmits([event.Initiated], state.Withdrawing))
      it("Initiate by the other direction's kind of withdrawal is refused", () =>
        given.when(other.command.Initiate).thenRefused(
          contradiction(`a rebalance ${name} is not withdrawn by ${other.command.Initiate.withdrawal._tag}`)
        ))
      it("FailWithdrawal keeps the order; the amount is what was asked", () =>
        given.when(command.FailWithdrawal).thenEmits([event.WithdrawalFailed], state.WithdrawalFailed.Requested))
      it("FailWithdrawal of one that came short is about what came", () =>
        given.when({ ...command.FailWithdrawal, ...cameShort })
          .thenEmits([event.WithdrawalFailedShort], state.WithdrawalFailedShort.Requested))
      it("Cancel fails it where the money still is: at its source", () =>
        given.when(command.Cancel).thenEmits([event.RebalanceCancelled], state.Cancelled))
      acceptsOnly("Requested", "Initiate", "FailWithdrawal", "Cancel")
    })

    describe("Withdrawing", () => {
      const given = spec.given(...history.Withdrawing)
      it("ConfirmWithdrawal records what came, not what was asked", () =>
        given.when(command.ConfirmWithdrawal).thenEmits([event.WithdrawalConfirmed], state.WithdrawalComplete))
      it("FailWithdrawal keeps what leads to the withdrawal; the amount is what was asked", () =>
        given.when(command.FailWithdrawal).thenEmits([event.WithdrawalFailed], state.WithdrawalFailed.Withdrawing))
      it("FailWithdrawal of one that came short keeps what came, and is about that", () =>
        given.when({ ...command.FailWithdrawal, ...cameShort })
          .thenEmits([event.WithdrawalFailedShort], state.WithdrawalFailedShort.Withdrawing))
      acceptsOnly("Withdrawing", "ConfirmWithdrawal", "FailWithdrawal")
    })

    describe("WithdrawalComplete", () => {
      const given = spec.given(...history.WithdrawalComplete)
      const burning = (burned: Usdc.Usdc) => given.when({ ...command.InitiateBridging, burned })
      it("InitiateBridging records the burn", () =>
        given.when(command.InitiateBridging).thenEmits([event.BridgingInitiated], state.Bridging))
      it("InitiateBridging may burn all that came", () =>
        burning(amounts.withdrawn).thenEmits([{ ...event.BridgingInitiated, burned: amounts.withdrawn }], {
          ...state.Bridging,
          burn: { ...state.Bridging.burn, burned: amounts.withdrawn }
        }))
      it("InitiateBridging of a unit more than came is refused, though more was asked", () =>
        burning(Usdc.fromUnits(amounts.withdrawn + 1n))
          .thenRefused(contradiction("1000.400001 USDC were burned, of 1000.4 that came")))
      it("FailBridging before the burn is about what came", () =>
        given.when(command.FailBridging).thenEmits([event.BridgingFailed], state.BridgingFailed.WithdrawalComplete))
      acceptsOnly("WithdrawalComplete", "InitiateBridging", "FailBridging")
    })

    describe("Bridging", () => {
      const given = spec.given(...history.Bridging)
      it("ReceiveAttestation records the message to mint", () =>
        given.when(command.ReceiveAttestation).thenEmits([event.AttestationReceived], state.Attested))
      it("FailBridging keeps the burn, and is about what was burned", () =>
        given.when(command.FailBridging).thenEmits([event.BridgingFailedLate], state.BridgingFailed.Bridging))
      acceptsOnly("Bridging", "ReceiveAttestation", "FailBridging")
    })

    describe("Attested", () => {
      const given = spec.given(...history.Attested)
      const minting = (received: bigint, fee: bigint) =>
        given.when({
          ...command.ConfirmBridging,
          received: Usdc.fromUnits(received),
          feeCollected: Usdc.fromUnits(fee)
        })
      it("ReceiveAttestation of the same nonce takes the newer message", () =>
        given.when({ ...command.ReceiveAttestation, ...attestedAgain, at: at(5) })
          .thenEmits([event.AttestedAgain], state.AttestedAgain))
      it("ReceiveAttestation of the very same leads to where it stands, but for the time", () =>
        given.when({ ...command.ReceiveAttestation, at: at(5) })
          .thenEmits([{ ...event.AttestationReceived, at: at(5) }], { ...state.Attested, since: at(5) }))
      it("ReceiveAttestation of another nonce is refused: it is another burn's", () =>
        given.when({ ...command.ReceiveAttestation, nonce: nonce("c2") }).thenRefused(
          contradiction(`nonce 0x${"c2".repeat(32)} is not that of the burn, 0x${"c1".repeat(32)}`)
        ))
      it("ConfirmBridging records what was minted, net of the fee", () =>
        given.when(command.ConfirmBridging).thenEmits([event.Bridged], state.Bridged))
      it("ConfirmBridging of a mint without a fee brings all that was burned", () =>
        minting(amounts.burned, 0n).thenEmits(
          [{ ...event.Bridged, received: amounts.burned, feeCollected: Usdc.fromUnits(0n) }],
          {
            ...state.Bridged,
            minted: { mintTx: hash("d1"), received: amounts.burned, feeCollected: Usdc.fromUnits(0n) }
          }
        ))
      it("ConfirmBridging of a unit too little or too much is refused", () => {
        minting(amounts.minted - 1n, amounts.fee).thenRefused(
          contradiction("1000.199999 USDC and a fee of 0.1 were minted for a burn of 1000.3")
        )
        minting(amounts.minted, amounts.fee + 1n).thenRefused(
          contradiction("1000.2 USDC and a fee of 0.100001 were minted for a burn of 1000.3")
        )
      })
      it("FailBridging keeps the attestation, and is about what was burned", () =>
        given.when(command.FailBridging).thenEmits([event.BridgingFailedLate], state.BridgingFailed.Attested))
      acceptsOnly("Attested", "ReceiveAttestation", "ConfirmBridging", "FailBridging")
    })

    describe("Bridged", () => {
      const given = spec.given(...history.Bridged)
      it("InitiateDeposit records the transaction", () =>
        given.when(command.InitiateDeposit).thenEmits([event.DepositInitiated], state.DepositInitiated))
      it("FailDeposit keeps the mint; the amount is what was minted", () =>
        given.when(command.FailDeposit).thenEmits([event.DepositFailed], state.DepositFailed.Bridged))
      acceptsOnly("Bridged", "InitiateDeposit", "FailDeposit")
    })

    describe("DepositInitiated", () => {
      const given = spec.given(...history.DepositInitiated)
      it("ConfirmDeposit records what was credited", () =>
        given.when(command.ConfirmDeposit).thenEmits([event.DepositConfirmed], state.DepositConfirmed))
      it("FailDeposit keeps the deposit; the amount is what was minted", () =>
        given.when(command.FailDeposit).thenEmits([event.DepositFailed], state.DepositFailed.DepositInitiated))
      acceptsOnly("DepositInitiated", "ConfirmDeposit", "FailDeposit")
    })

    describe("DepositConfirmed", () => acceptsOnly("DepositConfirmed"))

    describe("WithdrawalFailed", () => {
      takesUp("WithdrawalFailed", ["Requested", "Withdrawing", "WithdrawalComplete"])
      it("Recover of one that came short goes on with what came, and does not withdraw it again", () => {
        const given = spec.given(...history.Withdrawing, event.WithdrawalFailedShort)
        given.when(command.Recover).thenRefused(contradiction(
          `transaction ${hash("a2")} has brought 1000.4 USDC: they are not withdrawn again`
        ))
        given.when({ ...command.Recover, to: recovery.WithdrawalComplete })
          .thenEmits([{ ...event.RebalanceRecovered, to: recovery.WithdrawalComplete }], recovered.WithdrawalComplete)
      })
      it("Recover says why, when that is known", () =>
        spec.given(...history.WithdrawalFailed).when({ ...command.Recover, reason: "as told" })
          .thenEmits([{ ...event.RebalanceRecovered, reason: "as told" }], recovered.Requested))
      it("Recover to a withdrawal of the other direction's kind is refused", () =>
        spec.given(...history.WithdrawalFailed)
          .when({ ...command.Recover, to: other.recovery.Withdrawing })
          .thenRefused(contradiction(
            `a rebalance ${name} is not withdrawn by ${other.recovery.Withdrawing.withdrawal._tag}`
          )))
      it("Reconcile of a cancelled one says of nothing that it was withdrawn", () =>
        spec.given(...history.Requested, event.RebalanceCancelled).when(command.Reconcile)
          .thenEmits([event.RebalanceReconciled], state.Reconciled.Cancelled))
    })

    describe("BridgingFailed", () => {
      takesUp("BridgingFailed", ["WithdrawalComplete", "Bridging", "Attested", "Bridged"])
      const given = spec.given(...history.BridgingFailed)
      const recovering = (to: Rebalance.Recovery.Recovery) => given.when({ ...command.Recover, to })
      it("Recover to before the burn is refused once something was burned", () =>
        recovering(recovery.WithdrawalComplete).thenRefused(contradiction(
          `transaction ${hash("b1")} has burned 1000.3 USDC: they are not burned again`
        )))
      it("Recover to a burn of more than came is refused", () => {
        const { burn, withdrawn } = recovery.Bridging
        const burned = Usdc.fromUnits(withdrawn.received + 1n)
        recovering({ ...recovery.Bridging, burn: { ...burn, burned } })
          .thenRefused(contradiction("1000.400001 USDC were burned, of 1000.4 that came"))
      })
      it("Recover to a mint that the fee does not explain is refused", () => {
        const minted = { ...recovery.Bridged.minted, received: amounts.burned }
        recovering({ ...recovery.Bridged, minted })
          .thenRefused(contradiction("1000.3 USDC and a fee of 0.1 were minted for a burn of 1000.3"))
      })
    })

    describe("DepositFailed", () => {
      takesUp("DepositFailed", ["Bridged", "DepositInitiated", "DepositConfirmed"])
      it("Recover to before the deposit is refused once there was one", () =>
        spec.given(...history.DepositFailed).when({ ...command.Recover, to: recovery.Bridged }).thenRefused(
          contradiction(`transaction ${hash("e1")} was the deposit: it is not made again`)
        ))
    })

    describe("Reconciled", () => acceptsOnly("Reconciled"))
  })
}

describe("the whole way", () => {
  const { command, event, history, recovered, recovery, state } = toAlpaca
  const to = (to: Rebalance.Recovery.Recovery) => ({ ...event.RebalanceRecovered, to })

  it("a recovered rebalance goes on by the same rows as any other", () => {
    const { _tag, ...known } = recovered.WithdrawalComplete
    spec.given(...history.WithdrawalComplete, event.BridgingFailed, to(recovery.WithdrawalComplete)).when(
      command.InitiateBridging
    ).thenEmits(
      [event.BridgingInitiated],
      Rebalance.State.Bridging.make({ ...known, burn: state.Bridging.burn, since: at(3) })
    )
  })
  it("one that fails again keeps what the recovery found", () => {
    const { _tag, ...known } = recovered.Bridged
    spec.given(...history.BridgingFailed, to(recovery.Bridged)).when(command.FailDeposit).thenEmits(
      [event.DepositFailed],
      Rebalance.State.DepositFailed.make({
        ...known,
        failure: state.DepositFailed.Bridged.failure,
        since: at(12)
      })
    )
  })
  it("every withdrawal that was given up stays known, however often", () => {
    const { event, history, recovery, state } = toBase
    const again = [...history.Withdrawing, event.WithdrawalFailed, to(recovery.Requested)] as const
    const second = { ...event.Initiated, withdrawal: recovery.Withdrawing.withdrawal }
    const twice = spec.given(...again, second, event.WithdrawalFailed, to(recovery.Requested))
    assert.deepInclude<object>(twice.state, { _tag: "Requested", abandoned: ["withdrawal-1", "withdrawal-2"] })
    const failed = spec.given(...again, event.WithdrawalFailed, to(recovery.Requested))
    assert.deepInclude<object>(failed.state, { abandoned: ["withdrawal-1"] })
    assert.deepInclude<object>(spec.given(...again, second, event.WithdrawalConfirmed).state, {
      ...state.WithdrawalComplete,
      withdrawal: second.withdrawal,
      abandoned: ["withdrawal-1"]
    })
  })
  it("a nonce that a recovery found is the one that can be attested again", () => {
    const given = spec.given(...history.BridgingFailed, to(recovery.Attested))
    const { attested } = recovery.Attested
    given.when({ ...command.ReceiveAttestation, ...attested })
      .thenEmits([{ ...event.AttestationReceived, ...attested }], {
        ...recovered.Attested,
        since: event.AttestationReceived.at
      })
    given.when(command.ReceiveAttestation).thenRefused(
      contradiction(`nonce 0x${"c1".repeat(32)} is not that of the burn, 0x${"c2".repeat(32)}`)
    )
  })
  it("a recovery to the end closes it", () =>
    assert.isTrue(
      Rebalance.decider.isClosed(spec.given(...history.DepositFailed, to(recovery.DepositConfirmed)).state)
    ))
  it("an event that cannot follow stops the fold, and is named", () => {
    const encoded = [event.RebalanceRequested, event.Initiated, event.Bridged].map(Rebalance.aggregate.codec.encode)
    const { cause, index } = left(Rebalance.aggregate.fold(encoded))
    assert.strictEqual(index, 2)
    assert.strictEqual(cause.message, "Bridged cannot follow state Withdrawing")
  })
})
