/**
 * Keys of RPC providers stand in the path, the query or the user part of a URL, and viem writes whole URLs into its
 * errors. What leaves this folder (messages, logs, spans) names scheme and host of an endpoint and nothing else of it.
 */
import { cut } from "../../domain/Printable.ts"

/** Shorter parts (`v2`, `eth`) are no keys, and without them an error could not be read any more. */
const shortestSecret = 4

/** Much longer than any useful explanation, much shorter than a page of HTML. */
const longestText = 300
const longestRead = 20 * longestText

const removed = "[redacted]"

const parse = (url: string): URL | undefined => {
  try {
    return new URL(url)
  } catch {
    // The error of the parser quotes the URL.
    return undefined
  }
}

/** `https://host:port` of a URL. */
export const host = (url: string): string => {
  const parsed = parse(url)
  return parsed === undefined || parsed.host === "" ? "[not a URL]" : `${parsed.protocol}//${parsed.host}`
}

const decoded = (text: string): ReadonlyArray<string> => {
  try {
    return [text, decodeURIComponent(text)]
  } catch {
    return [text]
  }
}

const secretsOf = (url: string): ReadonlyArray<string> => {
  const parsed = parse(url)
  if (parsed === undefined) return [url]
  const { hash, password, pathname, search, username } = parsed
  return [pathname + search, ...pathname.split("/"), ...search.split(/[?&=]/), username, password, hash.slice(1)]
    .flatMap(decoded)
}

const anyUrl = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\]+/gi

/** Line breaks, with which a foreign text could forge lines of a log, and whatever else cannot be seen. */
const control = /[\p{C}\p{Zl}\p{Zp}]+/gu

/** Makes a foreign text fit to be shown: no URL beyond its host, no part of the `urls` given, one line, not long. */
export const make = (urls: ReadonlyArray<string>): (text: string) => string => {
  const secrets = [...new Set(urls.flatMap(secretsOf))]
    .filter((secret) => secret.length >= shortestSecret)
    // The longest first: a part of a secret must not be taken out of its middle.
    .toSorted((a, b) => b.length - a.length)
  const longestSecret = secrets[0]?.length ?? 0
  return (text) => {
    // What comes from outside may be megabytes, so it is cut first; then its end may be the first half of a secret.
    const isCut = text.length > longestRead
    const withoutUrls = text.slice(0, longestRead).replace(anyUrl, host)
    const redacted = secrets.reduce((rest, secret) => rest.replaceAll(secret, removed), withoutUrls)
    const clean = redacted.slice(0, isCut ? -longestSecret || undefined : undefined).replace(control, " ").trim()
    return cut(clean, longestText + 3)
  }
}
