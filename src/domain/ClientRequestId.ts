/** What a try of a mint is known by at Alpaca: its `Idempotency-Key` and its `client_request_id`. */
import { sha256 } from "@noble/hashes/sha2"
import { bytesToHex } from "@noble/hashes/utils"
import { MintId } from "./OperationId.ts"

/**
 * Of the first try the id of the mint. Alpaca answers an old key with its old refusal, so a further try has another one: a
 * UUID of version 8 that follows from the id and the number of the try alone. Never changed: what was sent is looked for by it.
 */
export const ofTry = (id: MintId, attempt: number): MintId => {
  if (attempt === 1) return id
  const hex = bytesToHex(sha256(`ballast mint ${id}, try ${attempt}`))
  return MintId.make(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  )
}
