/** The CCTP in memory, driven as its contract suite needs it. */
import { Effect, Layer } from "effect"
import * as Address from "../../domain/Address.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { Attested } from "../../services/CctpBridge.ts"
import { CctpControl } from "./CctpBridgeTest.ts"
import { CctpWorld } from "./CctpWorld.ts"
import { wallet } from "./SignerTest.ts"

const address = (digit: string) => Address.make(`0x${digit.repeat(40)}`)

/** What the contract suite of the bridge needs of it. */
export const layer: Layer.Layer<CctpWorld, never, CctpControl> = Layer.effect(
  CctpWorld,
  Effect.map(CctpControl, (control) => ({
    lane: {
      source: "ethereum" as const,
      destination: "base" as const,
      wallet,
      usdc: { ethereum: address("1"), base: address("2") },
      messenger: address("3"),
      transmitter: address("4")
    },
    give: () => Effect.void,
    mine: () => Effect.void,
    setAttesting: (isOn) =>
      control.setAttested(isOn ? undefined : Attested.Pending({ waitingFor: "the test", delay: undefined })),
    expire: () => control.expire,
    mintAsStranger: control.mintAsStranger,
    effects: Effect.map(Effect.all([control.burns, control.mints]), ([burns, mints]) => ({
      burned: burns.map(({ amount }) => amount),
      minted: mints.map(({ received }) => Usdc.fromUnits(received))
    }))
  }))
)
