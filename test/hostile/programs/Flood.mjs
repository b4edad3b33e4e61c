// A server that says too much, in a process of its own, so that what it holds is not counted. Prints its port.
// The first segment of a path says how, the second with what status; whatever follows is the client's.
import { createServer } from "node:http"
import { gzipSync } from "node:zlib"

const megabyte = Buffer.alloc(1024 * 1024, 0x20)
const size = 100 * megabyte.length

/** Members of gzip may follow each other: a hundred megabytes are a hundred kilobytes. */
const member = gzipSync(megabyte)

let open = 0

const flood = (response, piece, pieces) => {
  open += 1
  response.once("close", () => open -= 1)
  let left = pieces
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1
      if (!response.write(piece)) {
        response.once("drain", more)
        return
      }
    }
    if (left === 0) response.end()
  }
  more()
}

const ways = {
  hundred: (response, status) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": size })
    flood(response, megabyte, 100)
  },
  endless: (response, status) => {
    response.writeHead(status, { "content-type": "application/json" })
    flood(response, megabyte, Infinity)
  },
  // Says little and sends much; a client that believes it takes the rest for an answer to nothing.
  lying: (response, status) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": 10 })
    open += 1
    response.socket.once("close", () => open -= 1)
    response.write("[         ")
    response.socket.write(megabyte)
  },
  bomb: (response, status) => {
    response.writeHead(status, { "content-type": "application/json", "content-encoding": "gzip" })
    flood(response, member, 100)
  },
  open: (response) => response.end(String(open))
}

const server = createServer({ keepAliveTimeout: 100 }, (request, response) => {
  request.resume()
  const [, way, status] = request.url.split("/")
  ways[way](response, Number(status ?? 200))
})
server.on("clientError", (_, socket) => socket.destroy())
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
// Ends with whoever started it.
process.stdin.resume().once("end", () => process.exit())
