/**
 * A Schema's encoding as plain functions, made once from its syntax tree. For values that are known to fit: nothing is
 * checked, which takes most of the time of `Schema.encodeSync`.
 */
import { Either, ParseResult, Predicate, Schema, SchemaAST } from "effect"

type Encode = (value: unknown) => unknown

const same: Encode = (value) => value

/** Of a struct, or of one of several: it answers the fields as they are stored. */
export const make = <A, I>(schema: Schema.Schema<A, I>): (value: A) => { readonly [field: string]: unknown } => {
  const encode = compile(schema.ast)
  return (value) => {
    const encoded = encode(value)
    return Predicate.isReadonlyRecord(encoded) ? encoded : {}
  }
}

const compile = (ast: SchemaAST.AST): Encode => {
  switch (ast._tag) {
    case "Literal":
    case "StringKeyword":
    case "NumberKeyword":
    case "BooleanKeyword":
    case "UnknownKeyword":
    case "TemplateLiteral":
      return same
    case "Refinement":
      return compile(ast.from)
    case "TypeLiteral":
      return ast.indexSignatures.length === 0 ? struct(ast) : checked(ast)
    case "TupleType":
      return array(ast) ?? checked(ast)
    case "Union":
      return union(ast) ?? checked(ast)
    case "Transformation":
      return transformation(ast)
    default:
      return checked(ast)
  }
}

/** What is not known here is left to Schema itself. */
const checked = (ast: SchemaAST.AST): Encode => ParseResult.encodeUnknownSync(Schema.make(ast))

const struct = (ast: SchemaAST.TypeLiteral): Encode => {
  const otherwise = checked(ast)
  const fields = ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    isOptional,
    encode: compile(type)
  }))
  return (value) => {
    if (!Predicate.isReadonlyRecord(value)) return otherwise(value)
    const encoded: Record<PropertyKey, unknown> = {}
    for (const { encode, isOptional, name } of fields) {
      if (!isOptional || Object.hasOwn(value, name)) encoded[name] = encode(value[name])
    }
    return encoded
  }
}

const array = (ast: SchemaAST.TupleType): Encode | undefined => {
  const { elements, rest: [rest, ...more] } = ast
  if (elements.length > 0 || rest === undefined || more.length > 0) return undefined
  const [encode, otherwise] = [compile(rest.type), checked(ast)]
  return (value) => Array.isArray(value) ? value.map((one) => encode(one)) : otherwise(value)
}

/** By the tag, where each member has one; literals need not be told apart. */
const union = (ast: SchemaAST.Union): Encode | undefined => {
  const { types } = ast
  if (types.every(SchemaAST.isLiteral)) return same
  const otherwise = checked(ast)
  const members = new Map<unknown, Encode>()
  for (const type of types) {
    const tag = SchemaAST.isTypeLiteral(type)
      ? type.propertySignatures.find(({ name }) => name === "_tag")?.type
      : undefined
    if (tag === undefined || !SchemaAST.isLiteral(tag)) return undefined
    members.set(tag.literal, compile(type))
  }
  return (value) => (Predicate.hasProperty(value, "_tag") ? members.get(value._tag) ?? otherwise : otherwise)(value)
}

/** Answers an Effect by its type, and an Either where it is done at once. */
type Encoding = (
  value: unknown,
  options: SchemaAST.ParseOptions,
  ast: SchemaAST.Transformation,
  from: unknown
) => unknown

const transformation = (ast: SchemaAST.Transformation): Encode => {
  if (ast.transformation._tag !== "FinalTransformation") return checked(ast)
  const encode: Encoding = ast.transformation.encode
  const [rest, otherwise] = [compile(ast.from), checked(ast)]
  return (value) => {
    const encoded = encode(value, {}, ast, value)
    return Either.isEither(encoded) && Either.isRight(encoded) ? rest(encoded.right) : otherwise(value)
  }
}
