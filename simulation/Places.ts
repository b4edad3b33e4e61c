/** Who and what there is in the simulated world. Contracts have the same addresses in every run. */
import { Schema } from "effect"
import { getAddress, type Hex, keccak256, toHex } from "viem"
import { privateKeyToAddress } from "viem/accounts"
import { Address } from "../src/domain/Address.ts"

const keyOf = (name: string): Hex => keccak256(toHex(`ballast simulation, key of ${name}`))
const addressOf = (name: string): Address => Schema.decodeSync(Address)(getAddress(`0x${keyOf(name).slice(-40)}`))

/** Ballast's own key. */
export const walletKey = keyOf("wallet")
export const wallet = Schema.decodeSync(Address)(privateKeyToAddress(walletKey))

export const usdc = { ethereum: addressOf("USDC on Ethereum"), base: addressOf("USDC on Base") }
/** CCTP, at the same addresses on both chains. */
export const messenger = addressOf("TokenMessengerV2")
export const transmitter = addressOf("MessageTransmitterV2")
export const minter = addressOf("TokenMinterV2")
export const orderbook = addressOf("RainOrderBook")
export const vaultId = keyOf("vault id")
/** Circle's, in ascending order of their addresses. */
export const attesterKeys: ReadonlyArray<Hex> = [keyOf("attester 1"), keyOf("attester 2")].toSorted((one, other) =>
  BigInt(privateKeyToAddress(one)) < BigInt(privateKeyToAddress(other)) ? -1 : 1
)
/** One that no contract knows. */
export const strangeAttesterKey = keyOf("stranger among attesters")

export const equities = {
  AAPL: { token: addressOf("tAAPL"), decimals: 18 },
  TSLA: { token: addressOf("tTSLA"), decimals: 18 }
}

/** Takes tokens back from us. */
export const redemptionWallet = addressOf("issuer's redemption wallet")
export const issuer = addressOf("issuer")
/** Pays out withdrawals on Ethereum, and takes what is deposited. */
export const alpacaCustody = addressOf("Alpaca's custody")
export const alpacaDeposit = addressOf("Alpaca's deposit address for us")
/** Trades with our vault, mints other people's messages and ours, burns USDC of its own. */
export const stranger = addressOf("stranger")

export const chainIds = { ethereum: 1, base: 8453 }
export const alpacaUrl = "https://broker-api.alpaca.test"
export const circleUrl = "https://iris-api.circle.test"
export const account = "7b1e2c9c-5d0d-4e1c-9c1d-0f6d4cb0a001"
