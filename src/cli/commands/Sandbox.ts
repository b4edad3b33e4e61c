import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import * as BallastConfig from "../../layers/Config.ts"
import * as ConfigSource from "../../layers/ConfigSource.ts"
import * as LocalWorld from "../../layers/local/LocalWorld.ts"
import * as Looking from "../Looking.ts"
import * as Output from "../Output.ts"
import * as Status from "../Status.ts"

/** What Alpaca keeps of a withdrawal, in units of 1e-6 USDC: less arrives than was asked for, as in life. */
const networkFee = 250_000n

/** A world and a database of its own, both gone with the scope. */
export const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "ballast-" })
  const world = yield* LocalWorld.make({ settings: { wallets: { withdraw: { networkFee } } } })
  return { ...world, environment: { ...world.environment, BALLAST_DATABASE: `sqlite:${folder}/ballast.db` } }
})

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function*() {
    const logs = yield* ConfigSource.load(BallastConfig.logging)
    // That contracts are compiled is told as well: not among what another shell is to read.
    const { environment } = yield* Looking.logging(logs)(world)
    yield* Status.set(0)
    yield* json
      ? Output.json(environment)
      : Output.line(Object.entries(environment).map(([key, value]) => `export ${key}='${value}'`).join("\n"))
    yield* Output.note(
      "The local world is running. In another shell, with this environment: ballast mint --symbol AAPL --quantity 10.5"
    )
    yield* Output.note("Ctrl-C stops it; it keeps nothing.")
    return yield* Effect.never
  }).pipe(Effect.scoped)
