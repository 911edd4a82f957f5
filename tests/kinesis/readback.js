// readback - does the emulator hold what the proxy says it stored?
// SPDX-License-Identifier: ISC
//
// usage: node readback.js URL STREAM <LOG
//
// LOG is that of faulty.js.  Each record of the stream must be in LOG, and each
// of LOG in the stream, so many times, with its key, in its shard.  What is not
// so is counted as lost or doubled on standard error, with status 1.
'use strict'

const fs = require('fs')
const Emulator = require('./emulator.js')

const [url, stream] = process.argv.slice(2)
const name = (r) => JSON.stringify([r.shard, r.key, r.data])

const main = async () => {
  const said = fs.readFileSync(0, 'utf8').split('\n').filter((x) => x !== '')
    .map(JSON.parse)
  const emulator = new Emulator(url)
  const held = await emulator.read(stream)
  emulator.close()
  const count = new Map()
  for (const r of said) count.set(name(r), (count.get(name(r)) || 0) + 1)
  for (const r of held) count.set(name(r), (count.get(name(r)) || 0) - 1)
  let lost = 0
  let doubled = 0
  for (const n of count.values()) {
    lost += Math.max(n, 0)
    doubled += Math.max(-n, 0)
  }
  if (lost === 0 && doubled === 0) return
  process.stderr.write(`${said.length} records were stored, the emulator ` +
    `holds ${held.length}: ${lost} lost, ${doubled} doubled or strange\n`)
  process.exitCode = 1
}

main()
