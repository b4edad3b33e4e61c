/**
 * For the tests of an embedding application: a layer of every port that plays by script, and the contract suites that a
 * layer of one's own has to pass, whatever the test runner.
 */
export * as AlertsMemory from "./layers/testing/AlertsMemory.ts"
export { AlpacaTokenizationControl } from "./layers/testing/AlpacaTokenizationControl.ts"
export * as AlpacaTokenizationTest from "./layers/testing/AlpacaTokenizationTest.ts"
export * as AlpacaTokenizationWorld from "./layers/testing/AlpacaTokenizationWorld.ts"
export { ChainControl } from "./layers/testing/ChainControl.ts"
export * as ChainTest from "./layers/testing/ChainTest.ts"
export * as ChainWorld from "./layers/testing/ChainWorld.ts"
export { Erc20Control } from "./layers/testing/Erc20Test.ts"
export * as Erc20Test from "./layers/testing/Erc20Test.ts"
export { EventStoreControl } from "./layers/testing/EventStoreControl.ts"
export * as EventStoreMemory from "./layers/testing/EventStoreMemory.ts"
export { LeasesControl } from "./layers/testing/LeasesControl.ts"
export * as LeasesMemory from "./layers/testing/LeasesMemory.ts"
export * as MemoryChain from "./layers/testing/MemoryChain.ts"
export * as MemoryDatabase from "./layers/testing/MemoryDatabase.ts"
export { SignerControl } from "./layers/testing/SignerTest.ts"
export * as SignerTest from "./layers/testing/SignerTest.ts"
export * as TransactionOutboxTest from "./layers/testing/TransactionOutboxTest.ts"

export * as AlertsContract from "./layers/testing/contracts/Alerts.ts"
export * as AlpacaTokenizationContract from "./layers/testing/contracts/AlpacaTokenization.ts"
export * as ChainContract from "./layers/testing/contracts/Chain.ts"
export * as Contract from "./layers/testing/contracts/Contract.ts"
export * as Erc20Contract from "./layers/testing/contracts/Erc20.ts"
export * as EventStoreContract from "./layers/testing/contracts/EventStore.ts"
export * as LeasesContract from "./layers/testing/contracts/Leases.ts"
export * as SignerContract from "./layers/testing/contracts/Signer.ts"
export * as TransactionOutboxContract from "./layers/testing/contracts/TransactionOutbox.ts"

export * as LocalWorld from "./layers/local/LocalWorld.ts"
