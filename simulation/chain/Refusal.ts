/** An error of JSON-RPC, as geth words it. */
import type { Hex } from "viem"
import type { Reverted } from "./Execution.ts"

export class RpcRefusal extends Error {
  readonly code: number
  readonly data: Hex | undefined
  constructor(code: number, message: string, data?: Hex) {
    super(message)
    this.code = code
    this.data = data
  }
}

const serverError = -32000

/** Geth's code for nearly everything. */
export const refuse = (message: string): never => {
  throw new RpcRefusal(serverError, message)
}

/** Without data there is no code of its own either. */
export const refuseReverted = ({ data, words }: Reverted): never => {
  if (data === "0x") return refuse("execution reverted")
  throw new RpcRefusal(3, words === undefined ? "execution reverted" : `execution reverted: ${words}`, data)
}
