#!/usr/bin/env bats
# windowpipe-sql(7): what its examples give, and that it has all functions.
# SPDX-License-Identifier: ISC

load helpers

PAGE=$ROOT/man/windowpipe-sql.7

@test "every example of windowpipe-sql gives what the page says" {
  sed -n 's/\\e/\\/g; s/^\.D1 \(.*\) is \(.*\)$/\1\t\2/p' "$PAGE" >examples
  [[ $(wc -l <examples) -gt 100 ]]
  # As texts: in quotes on the page, but for numbers, truths and times.
  {
    printf 'columns\tx INT\nrow\t{"x":1}\n'
    sed "s/\t.*//; s/.*/expr\tCAST((&) AS STRING)/" examples
  } | "$UNIT/../tools/expressions" | cut -f4 |
    jq -r 'if . == null then "null" else . end' >got
  cut -f2 examples | sed "s/^'\(.*\)'\$/\1/" >want
  diff want got
}

@test "every function has its place in windowpipe-sql" {
  sed -n 's/^\t{ "\([A-Z_0-9]*\)",.*/\1/p' "$ROOT/sql/function.c" |
    grep -vxE 'NEGATE|PLUS|LIKE|NOT' >names
  [[ $(wc -l <names) -gt 80 ]]
  sed -n '/^\.It Li/p' "$PAGE" >forms
  while read -r name; do
    grep -qwF -- "$name" forms || {
      echo "no entry for $name" >&2
      false
    }
  done <names
}
