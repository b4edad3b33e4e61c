import { Layer } from "effect"
import { afterAll } from "vitest"
import * as CctpBridgeTest from "../../../src/layers/testing/CctpBridgeTest.ts"
import * as CctpTestWorld from "../../../src/layers/testing/CctpTestWorld.ts"
import * as CctpBridge from "../../../src/layers/testing/contracts/CctpBridge.ts"
import * as LeasesMemory from "../../../src/layers/testing/LeasesMemory.ts"
import * as MemoryDatabase from "../../../src/layers/testing/MemoryDatabase.ts"
import { runContract } from "../../support/contract.ts"
import * as AnvilCctp from "./AnvilCctp.ts"

runContract(
  "CCTP in memory",
  CctpBridge.cases,
  Layer.merge(
    CctpTestWorld.layer.pipe(Layer.provideMerge(CctpBridgeTest.layer)),
    Layer.provide(LeasesMemory.layerMemory({ duration: "15 seconds" }), MemoryDatabase.layerMemory)
  )
)

const nodes = AnvilCctp.runtime()
afterAll(() => nodes.dispose())

runContract("CCTP on two nodes, with the local Circle", CctpBridge.cases, AnvilCctp.shared(nodes))
