#!/usr/bin/env bats
# kinesis-put --spool on disks that are small, full or damaged: what was
# promised is kept, what is lost is said.
# SPDX-License-Identifier: ISC

load helpers
load faulty

setup() {
  common_setup
  seq -f '{"id":%g,"pad":"some bytes to make the row longer"}' 20000 >rows.ndjson
}

teardown() {
  stop_faulty
  [[ -z ${small-} ]] || umount "$small"
}

# A file system of its own with so much room.
mount_small() {
  mkdir small
  mount -t tmpfs -o size="$1" none small 2>/dev/null ||
    skip 'a small file system needs the right to mount'
  small=$PWD/small
}

segment() { find spool -name '*.seg'; }

@test "a disk with less room than one group of lines is used again and again" {
  mount_small 200k
  start_faulty
  run --separate-stderr timeout 300 kinesis-put s --stats --spool small/spool \
    <rows.ndjson
  assert_status 0
  assert_stderr_has 'the spool is full: No space left on device'
  assert_stored_once rows.ndjson
  assert_stat durable 20000
  assert_stat spooled 0
}

@test "lines behind a damaged head of a segment are delivered, and it is said" {
  use_endpoint http://127.0.0.1:1
  kinesis-put s --spool spool --drain 0ms <rows.ndjson || :
  printf 'XXXX' | dd of="$(segment)" conv=notrunc status=none
  start_faulty
  printf 'stream s\nregion us-east-1\nendpoint http://127.0.0.1:%s/\n' \
    "$FAULTY_PORT" >spool/stream
  put --spool spool </dev/null
  assert_status 1
  assert_stderr_has "the spool 'spool': the head of a segment is damaged"
  assert_stat resumed 20000
  assert_stored_all rows.ndjson
}

@test "the name of a new spool is on disk before its lines count" {
  command -v strace >/dev/null || skip 'strace is missing'
  strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
  use_endpoint http://127.0.0.1:1
  mkdir deep
  head -n 1 rows.ndjson |
    strace -y -e trace=fsync,fdatasync -o calls \
      kinesis-put s --spool deep/spool --drain 0ms || :
  # The folder above, then the spool itself, then the segment.
  [[ $(grep -oE '/deep[^>]*' calls | sed 's/.*deep//; s/[0-9]*\.seg/seg/' |
    uniq | paste -sd' ') == ' /spool/stream.new /spool /spool/seg' ]] ||
    { cat calls >&2; false; }
}

@test "that lines were kept is said only where they were" {
  use_endpoint http://127.0.0.1:1
  run --separate-stderr kinesis-put s --retry-for 1ms --undelivered /dev/full \
    <<<line
  assert_status 3
  assert_stderr_has '1 line is not delivered, the first is line 1; not all could be kept'
  assert_stderr_has '/dev/full: cannot write: No space left on device'
}

@test "a line that leaves the spool for a file is on disk there first" {
  command -v strace >/dev/null || skip 'strace is missing'
  strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
  use_endpoint http://127.0.0.1:1
  head -n 1 rows.ndjson |
    strace -y -e trace=fdatasync,unlinkat -o calls \
      kinesis-put s --spool spool --retry-for 1ms --undelivered kept || :
  diff - kept < <(head -n 1 rows.ndjson)
  [[ $(grep -oE 'fdatasync.*/kept>|unlinkat.*\.seg' calls |
    sed 's/(.*//' | paste -sd' ') == 'fdatasync unlinkat' ]] ||
    { cat calls >&2; false; }
}
