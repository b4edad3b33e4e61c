/** This release, as it is recorded with every event. */
import { Schema } from "effect"
import { createRequire } from "node:module"
import { join } from "node:path"
import { root } from "./PackageRoot.ts"

const manifest: unknown = createRequire(import.meta.url)(join(root, "package.json"))

export const version = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.NonEmptyString }))(manifest).version
