/**
 * A Schema's encoding as plain functions, made once from its syntax tree. For values that are known to fit: nothing is
 * checked, which takes most of the time of `Schema.encodeSync`.
 */
import { Either, ParseResult, Schema, SchemaAST } from "effect"

type Encode = (value: any) => any

const same: Encode = (value) => value

export const make = <A, I>(schema: Schema.Schema<A, I>): (value: A) => I => compile(schema.ast)

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
const checked = (ast: SchemaAST.AST): Encode => ParseResult.encodeSync(Schema.make(ast))

const struct = ({ propertySignatures }: SchemaAST.TypeLiteral): Encode => {
  const fields = propertySignatures.map(({ isOptional, name, type }) => ({ name, isOptional, encode: compile(type) }))
  return (value) => {
    const encoded: Record<PropertyKey, unknown> = {}
    for (const { encode, isOptional, name } of fields) {
      if (!isOptional || Object.hasOwn(value, name)) encoded[name] = encode(value[name])
    }
    return encoded
  }
}

const array = ({ elements, rest: [rest, ...more] }: SchemaAST.TupleType): Encode | undefined => {
  if (elements.length > 0 || rest === undefined || more.length > 0) return undefined
  const encode = compile(rest.type)
  return (values) => values.map(encode)
}

/** By the tag, where each member has one; of literals nothing needs to be told apart. */
const union = ({ types }: SchemaAST.Union): Encode | undefined => {
  if (types.every(SchemaAST.isLiteral)) return same
  const members = new Map(types.flatMap((type) => {
    const tag = SchemaAST.isTypeLiteral(type)
      ? type.propertySignatures.find(({ name }) => name === "_tag")?.type
      : undefined
    return tag !== undefined && SchemaAST.isLiteral(tag) ? [[tag.literal, compile(type)] as const] : []
  }))
  if (members.size !== types.length) return undefined
  return (value) => members.get(value._tag)?.(value)
}

/** Its `encode` answers an Effect by its type, and an Either where it is done at once. */
type Encoding = { readonly encode: (...of: ReadonlyArray<unknown>) => unknown }

const transformation = (ast: SchemaAST.Transformation): Encode => {
  if (ast.transformation._tag !== "FinalTransformation") return checked(ast)
  const { encode } = ast.transformation as Encoding
  const [rest, otherwise] = [compile(ast.from), checked(ast)]
  return (value) => {
    const encoded = encode(value, {}, ast, value)
    return Either.isEither(encoded) && Either.isRight(encoded) ? rest(encoded.right) : otherwise(value)
  }
}
