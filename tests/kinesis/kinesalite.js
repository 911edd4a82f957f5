// kinesalite - runs the local Kinesis on the loopback interface alone.
// SPDX-License-Identifier: ISC
//
// usage: node kinesalite.js [--port N] [--owner PID] [--create-ms MS]
//
// kinesalite's own command binds every interface.  Here it is 127.0.0.1, with
// a port of the system's choice unless --port names one.  When it listens it
// prints "PID PORT", and nothing after that.  Records are kept in memory.  It
// ends by SIGTERM, or when the process --owner has gone.
'use strict'

// An iterator AT_TIMESTAMP is never answered where a shard holds nothing so late:
// then it is one that begins behind all.
const path = require.resolve('kinesalite/actions/getShardIterator')
const ask = require(path)
require.cache[path].exports = (store, data, cb) => {
  if (data.ShardIteratorType !== 'AT_TIMESTAMP') return ask(store, data, cb)
  const { Timestamp, ...latest } = { ...data, ShardIteratorType: 'LATEST' }
  ask(store, latest, (err, behind) => {
    if (err) return cb(err)
    let answered = false
    const answer = (...result) => answered || (answered = true, cb(...result))
    const watched = Object.create(store, { getStreamDb: { value: (name) => ({
      createReadStream: (range) => store.getStreamDb(name)
        .createReadStream(range)
        .on('end', () => setImmediate(() => answer(null, behind)))
    }) } })
    ask(watched, data, answer)
  })
}

const kinesalite = require('kinesalite')

const options = { port: 0, owner: 0, 'create-ms': 50 }
const args = process.argv.slice(2)
for (let i = 0; i < args.length; i += 2) {
  const name = args[i].replace(/^--/, '')
  if (!(name in options) || !/^[0-9]+$/.test(args[i + 1] || '')) {
    process.stderr.write(`kinesalite: bad argument '${args[i]}'\n`)
    process.exit(2)
  }
  options[name] = Number(args[i + 1])
}

// Clients that speak CBOR put bytes, which are kept as JSON: as base64, then, as
// those who speak JSON put and get them.
// eslint-disable-next-line no-extend-native
Buffer.prototype.toJSON = function () { return this.toString('base64') }

const server = kinesalite({
  createStreamMs: options['create-ms'],
  deleteStreamMs: options['create-ms'],
  updateStreamMs: options['create-ms'],
  shardLimit: 1000
})

const stop = () => process.exit(0)
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

// The reader of the one line is allowed to leave.
process.stdout.on('error', () => {})

server.on('error', (err) => {
  process.stderr.write(`kinesalite: cannot listen: ${err.message}\n`)
  process.exit(3)
})
// Head and body of an answer leave at once; else each waits 40 ms.
server.on('connection', (socket) => socket.setNoDelay(true))
server.keepAliveTimeout = 60000
server.listen(options.port, '127.0.0.1', () => {
  process.stdout.write(`${process.pid} ${server.address().port}\n`)
})

if (options.owner > 0) {
  setInterval(() => {
    try {
      process.kill(options.owner, 0)
    } catch (err) {
      if (err.code === 'ESRCH') stop()
    }
  }, 500).unref()
}
