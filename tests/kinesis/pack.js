// pack - packs records as a producer that is not ours does.
// SPDX-License-Identifier: ISC
//
// usage: node pack.js < LINES
//
// Reads lines of JSON with "key" and "data" (text), and prints the bytes of one
// aggregated record of them all, made by npm's aws-kinesis-agg, in base64.
'use strict'

const { aggregate } = require('aws-kinesis-agg')
const fs = require('fs')

const records = fs.readFileSync(0, 'utf8').split('\n').filter((x) => x !== '')
  .map((line) => {
    const { key, data } = JSON.parse(line)
    return { partitionKey: key, data: Buffer.from(data) }
  })
const print = (encoded, done) => {
  process.stdout.write(`${Buffer.from(encoded.data).toString('base64')}\n`)
  done()
}
aggregate(records, print, () => {}, (err) => {
  process.stderr.write(`pack: ${err}\n`)
  process.exit(1)
})
