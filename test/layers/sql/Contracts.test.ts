import { Layer } from "effect"
import * as AlertsMemory from "../../../src/layers/testing/AlertsMemory.ts"
import * as AlertsContract from "../../../src/layers/testing/contracts/Alerts.ts"
import * as EventStoreContract from "../../../src/layers/testing/contracts/EventStore.ts"
import * as LeasesContract from "../../../src/layers/testing/contracts/Leases.ts"
import * as EventStoreMemory from "../../../src/layers/testing/EventStoreMemory.ts"
import * as LeasesMemory from "../../../src/layers/testing/LeasesMemory.ts"
import * as MemoryDatabase from "../../../src/layers/testing/MemoryDatabase.ts"
import { runContract } from "../../support/contract.ts"
import * as Temporary from "./Temporary.ts"

const memory = Layer.mergeAll(
  EventStoreMemory.layerMemory({ softwareVersion: "1.2.3" }),
  LeasesMemory.layerMemory({ duration: Temporary.leaseDuration }),
  AlertsMemory.layerMemory,
  EventStoreMemory.layerControl,
  LeasesMemory.layerControl({ duration: Temporary.leaseDuration })
).pipe(Layer.provide(MemoryDatabase.layerMemory))

for (const [name, layer] of [["SQLite", Temporary.ports], ["memory", memory]] as const) {
  runContract(`EventStore in ${name}`, EventStoreContract.cases, layer, { clock: "test" })
  runContract(`Leases in ${name}`, LeasesContract.cases, layer, { clock: "test" })
  runContract(`Alerts in ${name}`, AlertsContract.cases, layer, { clock: "test" })
}
