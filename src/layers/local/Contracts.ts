/**
 * The contracts of the local world, compiled once: `contracts/compiled/<hash>.json` keeps the result for this set of
 * sources, compiler and settings, so that only the first start pays for the compiler.
 */
import { Effect, Option, Schema } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { parseAbi } from "viem"
import { Hex } from "../../domain/Hex.ts"
import { root } from "../PackageRoot.ts"
import { describe, LocalWorldError } from "./LocalWorldError.ts"
import * as Solidity from "./Solidity.ts"

/** What our own code calls on an EquityToken; a test holds it against what the compiler reports. */
export const equityTokenAbi = parseAbi([
  "constructor(string name_, string symbol_, uint8 decimals_)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "event Approval(address indexed owner, address indexed spender, uint256 value)",
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function issuer() view returns (address)",
  "function paused() view returns (bool)",
  "function totalSupply() view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function mint(address to, uint256 value)",
  "function burn(uint256 value)",
  "function setPaused(bool paused_)",
  "function transfer(address to, uint256 value) returns (bool)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function transferFrom(address from, address to, uint256 value) returns (bool)"
])

export const Artifact = Schema.Struct({
  /** As the compiler prints it. For typed calls use the constants above. */
  abi: Schema.Array(Schema.Struct({ type: Schema.String }, { key: Schema.String, value: Schema.Unknown })),
  /** That of deployment, without constructor arguments. */
  bytecode: Hex
})
export type Artifact = typeof Artifact.Type

/** Every contract that the world deploys. */
export const Artifacts = Schema.Struct({
  EquityToken: Artifact,
  UsdcProxy: Artifact,
  Usdc: Artifact,
  MessageTransmitterV2: Artifact,
  TokenMessengerV2: Artifact,
  TokenMinterV2: Artifact,
  RainOrderBook: Artifact,
  RaindexInventory: Artifact
})
export type Artifacts = typeof Artifacts.Type

const CacheFile = Schema.parseJson(Artifacts)

/** For tests; by default the package's own directories and the real compiler. */
export interface Options {
  readonly sources?: string
  readonly cache?: string
  readonly compile?: typeof Solidity.compile
}

const read = (directory: string): Effect.Effect<Solidity.Sources, LocalWorldError> =>
  Effect.tryPromise({
    try: async () => {
      const files = (await readdir(directory)).filter((file) => file.endsWith(".sol")).toSorted()
      return Object.fromEntries(
        await Promise.all(files.map(async (file) => [file, await readFile(join(directory, file), "utf8")] as const))
      )
    },
    catch: (cause) =>
      new LocalWorldError({ reason: "CompilerFailed", detail: `cannot read ${directory}, ${describe(cause)}`, cause })
  })

const cached = (file: string): Effect.Effect<Option.Option<Artifacts>> =>
  Effect.tryPromise(() => readFile(file, "utf8")).pipe(
    Effect.flatMap(Schema.decode(CacheFile)),
    Effect.option
  )

/** Written beside and renamed, so that a second process sees all of it or nothing. Without a cache we only lose time. */
const keep = (directory: string, file: string, artifacts: Artifacts): Effect.Effect<void> =>
  Effect.gen(function*() {
    const text = yield* Schema.encode(CacheFile)(artifacts)
    const draft = `${file}.${randomUUID()}`
    yield* Effect.tryPromise(async () => {
      await mkdir(directory, { recursive: true })
      await writeFile(draft, text)
      await rename(draft, file)
    }).pipe(Effect.tapError(() => Effect.ignore(Effect.tryPromise(() => rm(draft, { force: true })))))
  }).pipe(Effect.catchAll((cause) => Effect.logDebug(`compiled contracts are not kept in ${file}`, cause)))

/** Compiled contracts, from the cache where it has them. */
export const load = (options: Options = {}): Effect.Effect<Artifacts, LocalWorldError> =>
  Effect.gen(function*() {
    const { cache = join(root, "contracts", "compiled"), compile = Solidity.compile } = options
    const sources = yield* read(options.sources ?? join(root, "contracts"))
    const version = yield* Solidity.version
    const hash = createHash("sha256").update(JSON.stringify([version, Solidity.settings, sources])).digest("hex")
    const file = join(cache, `${hash.slice(0, 32)}.json`)
    const known = yield* cached(file)
    if (Option.isSome(known)) return known.value
    yield* Effect.logInfo("compiling the contracts of the local world (only the first time)")
    const artifacts = yield* compile(sources).pipe(
      Effect.flatMap((output) =>
        Schema.decodeUnknown(Artifacts)(output).pipe(
          Effect.mapError((cause) =>
            new LocalWorldError({ reason: "CompilerFailed", detail: `unexpected contracts, ${cause.message}`, cause })
          )
        )
      )
    )
    yield* keep(cache, file, artifacts)
    return artifacts
  })
