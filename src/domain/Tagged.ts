/** A member of a union whose `make` checks nothing: what is inside is typed, and what came from outside is parsed already. */
import { Schema } from "effect"

/**
 * As `Schema.TaggedStruct`, with a `make` that takes the fields that are its own and leaves out all others. A check of the
 * same fields for a command, its event and the state that follows would take longer than all else that is done with them.
 * What is to be stored is checked once, when it is encoded.
 */
export const tagged = <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) => {
  const names = Object.keys(fields)
  return class extends Schema.TaggedStruct(tag, fields) {
    static override make(props: any): any {
      const made: Record<string, unknown> = {}
      for (const name of names) if (Object.hasOwn(props, name)) made[name] = props[name]
      made["_tag"] = tag
      return made
    }
  } as Schema.TaggedStruct<Tag, Fields>
}
