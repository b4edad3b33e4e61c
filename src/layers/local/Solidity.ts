/** The Solidity compiler, run in a process of its own: loading it takes a second and it keeps hundreds of megabytes. */
import { Effect, Schema } from "effect"
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { LocalWorldError } from "./LocalWorldError.ts"

const require = createRequire(import.meta.url)

/** File name to text. */
export type Sources = Readonly<Record<string, string>>

/** Settings of solc's standard JSON. They are part of the cache key. */
export const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } }
}

/** Version of the installed compiler, without loading it. */
export const version: Effect.Effect<string, LocalWorldError> = Effect.try((): unknown => require("solc/package.json"))
  .pipe(
    Effect.flatMap(Schema.decodeUnknown(Schema.Struct({ version: Schema.String }))),
    Effect.mapBoth({
      onFailure: (cause) =>
        new LocalWorldError({ reason: "CompilerFailed", detail: "the npm package solc is missing", cause }),
      onSuccess: (solc) => solc.version
    })
  )

const Output = Schema.parseJson(Schema.Struct({
  errors: Schema.optionalWith(
    Schema.Array(Schema.Struct({ severity: Schema.String, formattedMessage: Schema.String })),
    { default: () => [] }
  ),
  contracts: Schema.optionalWith(
    Schema.Record({
      key: Schema.String,
      value: Schema.Record({
        key: Schema.String,
        value: Schema.Struct({
          abi: Schema.Array(Schema.Unknown),
          evm: Schema.Struct({ bytecode: Schema.Struct({ object: Schema.String }) })
        })
      })
    }),
    { default: () => ({}) }
  )
}))

/** Plain JavaScript for `node -e`: standard JSON from stdin to stdout. Argument: the compiler's module. */
const compiler = `
const solc = require(process.argv[1])
let input = ""
process.stdin.on("data", (chunk) => { input += chunk })
process.stdin.on("end", () => process.stdout.write(solc.compile(input)))
`

const run = (input: string): Effect.Effect<string, string> =>
  Effect.async<string, string>((resume) => {
    const child = spawn(process.execPath, ["-e", compiler, "--", require.resolve("solc")], {
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true
    })
    const output: Array<Buffer> = []
    const complaints: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk))
    child.stdin.on("error", () => undefined)
    child.on("error", (error) => resume(Effect.fail(error.message)))
    child.on("close", (code) =>
      resume(
        code === 0
          ? Effect.succeed(Buffer.concat(output).toString())
          : Effect.fail(`code ${code}: ${Buffer.concat(complaints).toString().slice(-500)}`)
      ))
    child.stdin.end(input)
    return Effect.sync(() => child.kill())
  })

/** Compiles all of them together. Answers by contract name; bytecode is that of deployment. */
export const compile = (
  sources: Sources
): Effect.Effect<Readonly<Record<string, { readonly abi: unknown; readonly bytecode: string }>>, LocalWorldError> =>
  Effect.gen(function*() {
    const failed = (detail: string, cause?: unknown) =>
      new LocalWorldError({ reason: "CompilerFailed", detail: `compiling contracts/: ${detail}`, cause })
    const input = JSON.stringify({
      language: "Solidity",
      sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
      settings
    })
    const text = yield* Effect.mapError(run(input), (detail) => failed(detail))
    const output = yield* Schema.decode(Output)(text).pipe(
      Effect.mapError((cause) => failed("the compiler's answer is not understood", cause))
    )
    const errors = output.errors.filter((error) => error.severity === "error")
    if (errors.length > 0) return yield* failed(errors.map((error) => error.formattedMessage.trim()).join("\n"))
    return Object.fromEntries(
      Object.values(output.contracts).flatMap((contracts) =>
        Object.entries(contracts).map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }])
      )
    )
  })
