/** A field that may not be known (yet): absent then, never null. */
import { Schema } from "effect"

export const known = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })
