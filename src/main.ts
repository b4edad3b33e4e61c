#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { main } from "./cli/Cli.ts"
import * as Status from "./cli/Status.ts"

const status = Effect.runSync(Status.make)

NodeRuntime.runMain(Effect.provideService(main(process.argv), Status.Status, status), {
  disablePrettyLogger: true,
  // A signal ends the process with what the command has said so far. Node would wait for its optimizing compiler first.
  teardown: () => process.stdout.write("", () => process.exit(Effect.runSync(status.get)))
})
