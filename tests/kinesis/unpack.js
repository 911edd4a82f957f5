// unpack - what is inside aggregated records, by a library that is not ours.
// SPDX-License-Identifier: ISC
//
// usage: node unpack.js < LINES
//
// Reads lines of JSON with "key", "hash" and "data" (base64), as faulty.js logs
// them.  Prints a line of JSON for each record within: "key", "hash" (null for
// none), "data" (text), "outer" (the key it was sent by), "packed", "shard"
// (where it is) and "place" (where it belongs among the hashes, 32 hex digits).
'use strict'

const agg = require('aws-kinesis-agg')
const crypto = require('crypto')
const fs = require('fs')

// By the hash key, else by the key's MD5: so does who reads it.
const placeOf = (key, hash) => hash
  ? BigInt(hash).toString(16).padStart(32, '0')
  : crypto.createHash('md5').update(key, 'utf8').digest('hex')

for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue
  const outer = JSON.parse(line)
  const packed = outer.data.startsWith('84mawg') // F3 89 9A C2
  const show = (key, hash, base64) => process.stdout.write(JSON.stringify({
    key,
    hash: hash || null,
    data: Buffer.from(base64, 'base64').toString(),
    outer: outer.key,
    packed,
    shard: outer.shard,
    place: placeOf(key, hash)
  }) + '\n')
  if (!packed) {
    show(outer.key, outer.hash, outer.data)
    continue
  }
  agg.deaggregateSync({
    partitionKey: outer.key,
    explicitPartitionKey: outer.hash,
    sequenceNumber: '1',
    data: outer.data
  }, true, (err, records) => {
    if (err) {
      process.stderr.write(`unpack: ${err}\n`)
      process.exit(1)
    }
    for (const r of records) show(r.partitionKey, r.explicitPartitionKey, r.data)
  })
}
