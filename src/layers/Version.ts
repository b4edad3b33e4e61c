/** This release, as it is recorded with every event. */
import { Schema } from "effect"
import { createRequire } from "node:module"

const manifest: unknown = createRequire(import.meta.url)("../../package.json")

export const version = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.NonEmptyString }))(manifest).version
