/** No boundary without a hostile test: whatever reads foreign text or bytes stands here, with the test that lies to it. */
import { describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { expect } from "vitest"

const root = path.join(import.meta.dirname, "../..")

/** How something foreign is read here. */
const reads =
  /decodeUnknown|Schema\.(?:decode|is\()|JSON\.parse|parseJson|Json\.parse|Json\.column|Foreign\.|Row\.decoder|decodeEventLog|decodeErrorResult|parseEnv|DateTime\.make\(|new URL\(|\.exec\(|\.test\(|BigInt\(/

/** The local world is one of our own making, and so are the test layers. */
const isWorld = (file: string) => /^layers\/(?:local|testing)\//.test(file)

const tests = {
  "Answers.test.ts": [
    "layers/alpaca/AlpacaClient.ts",
    "layers/alpaca/AlpacaErrors.ts",
    "layers/alpaca/Amount.ts",
    "layers/alpaca/OAuth.ts",
    "layers/alpaca/Row.ts",
    "layers/alpaca/TokenizationRow.ts",
    "layers/alpaca/WalletRow.ts",
    "layers/cctp/CircleClient.ts",
    "layers/cctp/Fee.ts",
    "layers/http/Json.ts",
    "layers/http/RetryAfter.ts"
  ],
  "Nodes.test.ts": [
    "layers/cctp/Attesting.ts",
    "layers/cctp/Logs.ts",
    "layers/cctp/Reads.ts",
    "layers/evm/BroadcastAnswer.ts",
    "layers/evm/EvmChain.ts",
    "layers/evm/LogSearch.ts",
    "layers/evm/Redaction.ts",
    "layers/evm/RevertReason.ts",
    "layers/evm/RpcAnswer.ts",
    "layers/evm/RpcClient.ts",
    "layers/evm/RpcFailure.ts",
    "layers/evm/TransferLogs.ts"
  ],
  "Stored.test.ts": [
    "cli/RebalanceMoney.ts",
    "layers/sql/OutboxRow.ts",
    "layers/sql/OutboxTable.ts",
    "layers/sql/SqlAlerts.ts",
    "layers/sql/SqlLeases.ts",
    "layers/sql/Snapshots.ts",
    "layers/sql/StoredEvents.ts",
    "layers/sql/StoredJson.ts",
    "layers/sql/Views.ts"
  ],
  "Typed.test.ts": ["cli/Cli.ts", "cli/Typed.ts", "layers/Config.ts", "layers/ConfigField.ts", "layers/ConfigSource.ts"]
} satisfies Readonly<Record<string, ReadonlyArray<string>>>

/** What these read has been read before, by one of those above, or is our own. */
const trusted: Readonly<Record<string, string>> = {
  "layers/PackageRoot.ts": "where our own package is",
  "layers/Preflight.ts": "what EvmChain has decoded",
  "layers/Version.ts": "our own package.json",
  "layers/cctp/Minting.ts": "what Reads has decoded",
  "layers/evm/Erc20.ts": "what EvmChain has decoded",
  "layers/evm/outbox/Observation.ts": "what EvmChain has decoded",
  "layers/sql/Transaction.ts": "what SQLite says of itself",
  "managers/RedemptionManager/Reservation.ts": "what Views has decoded, by plain structs",
  "managers/UsdcRebalanceManager/AlpacaWithdrawal.ts": "what Views has decoded, by plain structs",
  "managers/UsdcRebalanceManager/Limits.ts": "what Views has decoded, by plain structs"
}

const readers = ["cli", "layers", "managers"]
  .flatMap((folder) =>
    readdirSync(path.join(root, "src", folder), { recursive: true, encoding: "utf8" }).map((file) =>
      `${folder}/${file}`
    )
  )
  .filter((file) =>
    file.endsWith(".ts") && !isWorld(file) && reads.test(readFileSync(path.join(root, "src", file), "utf8"))
  )

describe("whatever reads what is foreign", () => {
  it("is lied to by a test, or is told to be trusted", () => {
    expect(readers.toSorted()).toEqual([...Object.values(tests).flat(), ...Object.keys(trusted)].toSorted())
  })

  /** By itself, or by the module that is the way to it. */
  const ways: Readonly<Record<string, string>> = {
    "cli/Cli.ts": "cli/InProcess.ts",
    "layers/ConfigField.ts": "layers/Config.ts",
    "layers/alpaca/AlpacaErrors.ts": "layers/alpaca/AlpacaTokenization.ts",
    "layers/alpaca/Amount.ts": "layers/alpaca/AlpacaWallet.ts",
    "layers/alpaca/Row.ts": "layers/alpaca/AlpacaWallet.ts",
    "layers/alpaca/TokenizationRow.ts": "layers/alpaca/AlpacaTokenization.ts",
    "layers/alpaca/WalletRow.ts": "layers/alpaca/AlpacaWallet.ts",
    "layers/cctp/Fee.ts": "layers/cctp/CircleClient.ts",
    "layers/evm/LogSearch.ts": "layers/evm/EvmChain.ts",
    "layers/evm/Redaction.ts": "layers/evm/RpcEndpoint.ts",
    "layers/evm/RpcAnswer.ts": "layers/evm/EvmChain.ts",
    "layers/evm/RpcClient.ts": "layers/evm/EvmChain.ts",
    "layers/http/Json.ts": "layers/alpaca/OAuth.ts",
    "layers/http/RetryAfter.ts": "layers/alpaca/OAuth.ts",
    "layers/sql/OutboxRow.ts": "layers/sql/OutboxTable.ts",
    "layers/sql/SqlAlerts.ts": "sql/Temporary.ts",
    "layers/sql/SqlLeases.ts": "sql/Temporary.ts",
    "layers/sql/Snapshots.ts": "sql/Temporary.ts",
    "layers/sql/StoredEvents.ts": "sql/Temporary.ts",
    "layers/sql/StoredJson.ts": "sql/Temporary.ts",
    "layers/sql/Views.ts": "sql/Temporary.ts"
  }
  for (const [test, modules] of Object.entries(tests)) {
    it(`${test} does so to what stands beside it`, () => {
      const text = readFileSync(path.join(import.meta.dirname, test), "utf8")
      for (const module of modules) expect(text, module).toContain(`/${ways[module] ?? module}"`)
    })
  }
})
