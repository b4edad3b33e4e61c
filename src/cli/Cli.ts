/** The command line: thin, every command calls a manager. */
import { CliConfig, Command, HelpDoc, ValidationError } from "@effect/cli"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { Effect, Layer } from "effect"
import { printable, quoted } from "../domain/Printable.ts"
import { version } from "../layers/Version.ts"
import { ballast } from "./Commands.ts"
import { InvalidInput } from "./InvalidInput.ts"
import * as Output from "./Output.ts"
import * as Status from "./Status.ts"

const execute = Command.run(ballast, { name: "ballast", version })

/** The parser would tell its errors itself, and less than `misread` does. */
const parse = (args: ReadonlyArray<string>) =>
  Effect.consoleWith((console) => Effect.withConsole(execute(helping(args)), { ...console, error: () => Effect.void }))

/** Not all of the platform: workers and child processes would be loaded with it. */
const environment = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeTerminal.layer,
  CliConfig.layer({ isCaseSensitive: true })
)

/** Runs one command; errors become a message, a document where `--json` was asked for, and an exit code. */
export const main = (args: ReadonlyArray<string>): Effect.Effect<void, never, Status.Status> =>
  parse(args).pipe(
    // What the parser only printed (help, version) has come to a good end; commands say themselves how they end.
    Effect.zipRight(isBuiltIn(args) ? Status.set(0) : Effect.void),
    Effect.catchAll((error) =>
      Effect.gen(function*() {
        const told = ValidationError.isValidationError(error) ? misread(error, args) : error
        yield* Output.note(told.message)
        if (args.includes("--json")) yield* Output.json(document(told))
        yield* Status.set(exitCode(told))
      })
    ),
    Effect.provide(environment)
  )

const helps = ["--help", "-h"]
const builtIns = [...helps, "--version", "--completions", "--wizard"]
/** Wherever the help is asked for it is that of the command: the parser looks for it before any other option only. */
const helping = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!args.some((arg) => helps.includes(arg))) return args
  const options = args.findIndex((arg, at) => at >= 2 && arg.startsWith("-"))
  return [...args.slice(0, options), "--help"]
}

const isBuiltIn = (args: ReadonlyArray<string>) => args.length <= 2 || args.some((arg) => builtIns.includes(arg))

/** Every long option of every command, as the help names them. */
const options = () =>
  new Set(HelpDoc.toAnsiText(Command.getHelp(ballast, CliConfig.defaultConfig)).match(/--[a-z][a-z-]*/g) ?? [])

/**
 * What the parser did not understand. It stops at the first option that it does not know, and then misses those that
 * follow; of an unknown command it does not say which.
 */
const misread = (error: ValidationError.ValidationError, args: ReadonlyArray<string>): InvalidInput => {
  const [command = "", ...words] = args.slice(2)
  const known = options()
  const unknown = words.filter((word) => /^--[^=]/.test(word) && !known.has(word.replace(/=.*/s, "")))
  const told = HelpDoc.toAnsiText(error.error).trim().split(/\n\s*\n/)
  return new InvalidInput({
    problems: ValidationError.isCommandMismatch(error)
      ? told.map((problem) => `${problem}, got ${quoted(command)}`)
      : unknown.length === 0 || ValidationError.isCorrectedFlag(error)
      ? told
      : unknown.map((word) => `unknown option ${printable(word)}, see ballast ${command} --help`)
  })
}

type Failure = Exclude<Effect.Effect.Error<ReturnType<typeof parse>>, ValidationError.ValidationError> | InvalidInput

/** Nothing was sent, so there is nothing to resume, where the input or the configuration was not usable. */
const exitCode = (error: Failure): Status.Code => {
  switch (error._tag) {
    case "Refused":
      return error.kind === "permanent" ? 2 : 3
    case "StoreError":
      return error.kind === "permanent" ? 2 : 3
    case "Unreachable":
    case "LocalWorldError":
    case "ChainError":
    case "AlpacaError":
    case "CctpError":
    case "CorruptStream":
    case "LeaseHeld":
    case "LeaseLost":
    case "OutboxError":
    case "SignerError":
    case "BadArgument":
    case "SystemError":
      return 3
    default:
      return 2
  }
}

const document = (error: Failure) => ({
  error: {
    type: error._tag,
    ..."reason" in error ? { reason: error.reason } : {},
    message: error.message,
    ..."problems" in error ? { problems: error.problems } : {}
  }
})
