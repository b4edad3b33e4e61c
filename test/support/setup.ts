/** chai takes Some and None for equal, as long as neither has a value of its own: their tags are on their prototypes. */
import { Option } from "effect"
import { chai } from "vitest"

const tellsOptionsApart = (one: unknown, other: unknown): boolean | null =>
  Option.isOption(one) && Option.isOption(other) && one._tag !== other._tag ? false : null

chai.config.deepEqual = (expected, actual) => chai.util.eql(expected, actual, { comparator: tellsOptionsApart })
