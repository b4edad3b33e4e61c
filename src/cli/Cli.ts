/** The command line: thin, every command calls a manager. */
import { CliConfig, Command, HelpDoc, ValidationError } from "@effect/cli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer } from "effect"
import { version } from "../layers/Version.ts"
import { check } from "./commands/Check.ts"
import { demo } from "./commands/Demo.ts"
import { list } from "./commands/List.ts"
import { mint } from "./commands/Mint.ts"
import { recheck, resume } from "./commands/Resume.ts"
import { run } from "./commands/Run.ts"
import { sandbox } from "./commands/Sandbox.ts"
import { show } from "./commands/Show.ts"
import { verify } from "./commands/Verify.ts"
import * as Output from "./Output.ts"
import * as Status from "./Status.ts"

const ballast = Command.make("ballast").pipe(
  Command.withDescription("Moves inventory between a broker and a chain, and never loses track of it"),
  Command.withSubcommands([demo, sandbox, run, check, mint, list, show, resume, recheck, verify])
)

const parse = Command.run(ballast, { name: "ballast", version })

/** Runs one command; errors become a message, a document where `--json` was asked for, and an exit code. */
export const main = (args: ReadonlyArray<string>): Effect.Effect<void, never, Status.Status> =>
  parse(args).pipe(
    // What the parser only printed (help, version) has come to a good end; commands say themselves how they end.
    Effect.zipRight(isBuiltIn(args) ? Status.set(0) : Effect.void),
    Effect.catchAll((error) =>
      Effect.gen(function*() {
        const message = ValidationError.isValidationError(error)
          ? HelpDoc.toAnsiText(error.error).trim()
          : error.message
        // The parser has already told its own errors.
        if (!ValidationError.isValidationError(error)) yield* Output.note(message)
        if (args.includes("--json")) yield* Output.json(document(error, message))
        yield* Status.set(exitCode(error))
      })
    ),
    Effect.provide(Layer.merge(NodeContext.layer, CliConfig.layer({ isCaseSensitive: true, finalCheckBuiltIn: true })))
  )

const builtIns = ["--help", "-h", "--version", "--completions", "--wizard"]
const isBuiltIn = (args: ReadonlyArray<string>) => args.length <= 2 || args.some((arg) => builtIns.includes(arg))

type Failure = Effect.Effect.Error<ReturnType<typeof parse>>

/** Nothing was sent, so there is nothing to resume, where the input or the configuration was not usable. */
const exitCode = (error: Failure): Status.Code => {
  switch (error._tag) {
    case "StoreError":
      return error.kind === "permanent" ? 2 : 3
    case "Unreachable":
    case "LocalWorldError":
    case "ChainError":
    case "AlpacaError":
    case "CorruptStream":
    case "LeaseHeld":
    case "LeaseLost":
    case "BadArgument":
    case "SystemError":
      return 3
    default:
      return 2
  }
}

const document = (error: Failure, message: string) => ({
  error: {
    type: error._tag,
    ..."reason" in error ? { reason: error.reason } : {},
    message,
    ..."problems" in error ? { problems: error.problems } : {}
  }
})
