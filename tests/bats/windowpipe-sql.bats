# windowpipe sql: window's queries as a job for Apache Flink.
# SPDX-License-Identifier: ISC

# shellcheck disable=SC2016 # backticks are SQL's

load helpers

SAMPLE=(--tumble 10s --event-time measurement_time --delay 5s --key sensor_id
  --avg temperature:avg_temp --from
  'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)'
  --into 'sensor_id INT, avg_temp DECIMAL(6,2), window_end')

# flink OPTION…: the job, on one line.
flink() {
  run --separate-stderr windowpipe sql --exact --guess -- "$@"
  output=${output//$'\n'/ }
  output=${output//  / }
  output=${output//  / }
  output=${output//( /(}
  output=${output// )/)}
}

# plain_lines: SQL without quotes, needless blanks, comments, NOT NULL of a sink,
# and settings that the recorded runs had from elsewhere; a job a line.
plain_lines() {
  sed -E "s/SET 'parallelism[^;]*; //
    s/SET 'pipeline.auto-watermark-interval' = '0 ms'; //
    s/SET 'table.local-time-zone' = 'UTC'; //
    s/SET 'table.optimizer.agg-phase[^;]*; //
    s/^(--[^;]* )?(SET|CREATE)/\\2/; s/\\$\{readings[^}]*\}/\${input}/
    s/\\$\{results[^}]*\}/\${output}/; s/\(\*\)/(:)/g
    s/\`//g; s/ NOT NULL//g; s/TIME\(0\)/TIME/g; s/ +/ /g; s/ $//
    s/\( /(/g; s/ \)/)/g"
}

# sql WANT… -- OPTION…: the job in Flink's SQL has each WANT.
sql() {
  local want=()

  while [[ $1 != -- ]]; do want+=("$1"); shift; done
  flink --tumble 10s --event-time t --count "${@:2}"
  for one in "${want[@]}"; do assert_output_has "$one"; done
}

@test "a fixed offset is written as Flink takes it" {
  local zone
  for zone in +05:30=GMT+05:30 +0530=GMT+05:30 -03=GMT-03:00 Z=UTC \
    Asia/Kolkata=Asia/Kolkata; do
    flink --tumble 1d --event-time t --count --timezone "${zone%%=*}"
    assert_status 0
    assert_output_has "SET 'table.local-time-zone' = '${zone#*=}';"
  done
}

@test "the SQL is that which Flink ran for the recorded cases" {
  local case args lines recorded release

  # A line of a file is a case: one sed takes them all.
  for case in "$VECTORS"/flink/*/ "$VECTORS"/flink/differs/*/; do
    [[ -e $case/window.args && $case != */random-* ]] || continue
    mapfile -t lines <"$case/flink.sql"
    printf '%s\n' "${lines[*]}"
  done | plain_lines >recorded
  for case in "$VECTORS"/flink/*/ "$VECTORS"/flink/differs/*/; do
    [[ -e $case/window.args && $case != */random-* ]] || continue
    IFS= read -r recorded
    mapfile -t args <"$case/window.args"
    # Not ours: time text with a blank, table functions where group windows do,
    # other names, other settings, rows.
    case $recorded in
    *"'SQL')"* | *' AS TO_TIMESTAMP'* | *' AS PROCTIME('* | *'ROW<'* | \
      "SET 'table.exec.emit"* | "SET 'pipeline."*) continue ;;
    *'FROM TABLE('*) [[ ${args[*]} == *--cumulate* && \
      ${args[*]} != *--offset* && ${args[*]} != *Sao_Paulo* ]] || continue ;;
    esac
    [[ -e $case/version ]] && release=2.2 || release=1.20
    windowpipe sql --flink "$release" --exact --guess -- "${args[@]}" >sql
    mapfile -t lines <sql
    printf '%s\n' "${lines[*]}" >>ours
    printf '%s\n' "$recorded" >>theirs
  done <recorded
  plain_lines <ours | diff theirs - >&2
  (($(wc -l <ours) >= 270))
}

@test "undeclared columns are noted, with a guess of their type" {
  flink --tumble 10s --event-time ts --key k --sum x
  assert_output_has '-- note: ts is not declared in --from; STRING is a guess'
  assert_output_has '-- note: k is not declared in --from; STRING is a guess'
  assert_output_has '-- note: x is not declared in --from; DECIMAL(38,6) is a guess'
  assert_output_has '(`k` STRING, `sum_x` DECIMAL(38,6), '
}

@test "nested fields are rows, and odd names are quoted" {
  flink --tumble 10s --event-time o.t --key '"a`.b"' --max o.d.x \
    --from 'o.t TIMESTAMP(3), "a`.b" INT, o.d.x INT'
  assert_output_has '(`o` ROW<`t` TIMESTAMP(3), `d` ROW<`x` INT>>, `a``.b` INT, `row_time` AS `o`.`t`,'
  assert_output_has 'MAX(`o`.`d`.`x`)'
  assert_output_has 'GROUP BY TUMBLE(`row_time`, INTERVAL '"'10' SECOND), "'`a``.b`'
}

@test "epoch and processing time have a column of their own" {
  flink --tumble 10s --event-time e --time-unit us --count --from 'e BIGINT'
  assert_output_has '`row_time` AS TO_TIMESTAMP_LTZ(FLOOR(`e` / 1000.0), 3)'
  assert_output_has 'WATERMARK FOR `row_time` AS `row_time`)'
  for unit in s ms us ns; do
    flink --tumble 10s --event-time e --time-unit "$unit" --count
    assert_output_has '-- note: e is not declared in --from; BIGINT is a guess'
    assert_output_has '(`e` BIGINT, `row_time` AS TO_TIMESTAMP_LTZ('
  done
  flink --tumble 10s --event-time e --time-unit s --count \
    --from 'e DECIMAL(20,6)'
  assert_output_has '`row_time` AS TO_TIMESTAMP_LTZ(FLOOR(`e` * 1000), 3)'
  flink --session 100s --processing-time --count
  assert_output_has '(`proc_time` AS PROCTIME())'
  assert_output_has "SESSION(\`proc_time\`, INTERVAL '100' SECOND(3))"
}

@test "that column's name is none of the input's" {
  flink --tumble 10s --event-time e --key row_time --count \
    --from 'e BIGINT, row_time INT, row_time_.x INT'
  assert_output_has '`row_time__` AS TO_TIMESTAMP_LTZ(`e`, 3)'
  assert_output_has 'WATERMARK FOR `row_time__` AS `row_time__`)'
  assert_output_has 'GROUP BY TUMBLE(`row_time__`, INTERVAL '"'10' SECOND), "'`row_time`'
  flink --tumble 10s --processing-time --key proc_time --count \
    --from 'proc_time INT'
  assert_output_has '(`proc_time` INT, `proc_time_` AS PROCTIME())'
}

@test "a decimal is written plain there as here" {
  flink "${SAMPLE[@]}"
  assert_output_has "'json.encode.decimal-as-plain-number' = 'true'"
  flink "${SAMPLE[@]}" --decimal flink
  [[ $output != *plain-number* ]]
}

@test "what Flink has not is said" {
  flink --hop 10s --slide 5s --event-time t --first x --p99 y \
    --approx-distinct z --allowed-lateness 1s --max-ahead 1m --max-jump 1m --null - \
    --idle-timeout 5s --at-eof discard
  for note in '--first: Flink has FIRST_VALUE only in TUMBLE' \
    'quantiles: PERCENTILE is in Flink from 2.0 on' 'PERCENTILE(`y`, 0.99)' \
    'quantiles: Flink'"'"'s last digits are those of DOUBLE' '--approx-distinct: Flink counts exactly' \
    --allowed-lateness --max-ahead --max-jump --null --idle-timeout '--at-eof'; do
    assert_output_has "$note"
  done
}

@test "a time by --time-format is Flink's TO_TIMESTAMP with a pattern, and what that lacks is noted" {
  sql '`t` STRING, `row_time` AS TO_TIMESTAMP(`t`, '"'dd.MM.yyyy HH:mm:ss')" \
    -- --time-format '%d.%m.%Y %T'
  [[ $output != *'--time-format'* ]]
  sql "'EEE, dd MMM yyyy''T''hh:mm a ''[''')" \
    -- --time-format '%a, %d %b %YT%I:%M %p ['
  sql "'dd/MMM/yyyy:HH:mm:ss.SSS XX')" \
    '--time-format: TO_TIMESTAMP leaves the zone of the text out' \
    '--time-format: %f has three digits here' \
    -- --time-format '%d/%b/%Y:%T.%f %z' --from 't TIMESTAMP(3)'
  sql '--time-format: TO_TIMESTAMP takes 1970 where there is no year' \
    -- --time-format '%b %e %T'
  sql 'TO_TIMESTAMP_LTZ(FLOOR(CAST(`t` AS DECIMAL(38, 9)) * 1000), 3)' \
    -- --time-format %s.%f
  # Letters side by side are quoted together: 'G''M' would be G'M.
  sql "'EEE, dd MMM yyyy HH:mm:ss ''GMT''')" -- --time-format '%a, %d %b %Y %T GMT'
  sql "'yyyy-MM-dd''''''''HH:mm:ss')" -- --time-format "%F'%T"
  sql '--time-format: names are those of the JVM' -- --time-format '%F %I:%M %p'
}

@test "seconds keep their fraction in Flink's SQL, and another unit means a number" {
  sql '`t` DECIMAL(20,6), `row_time` AS TO_TIMESTAMP_LTZ(FLOOR(`t` * 1000), 3)' \
    -- --time-unit s --from 't DECIMAL(20,6)'
  sql 'BIGINT is a guess' 'TO_TIMESTAMP_LTZ(FLOOR(`t` / 1000.0), 3)' -- --time-unit us
  sql 'TO_TIMESTAMP_LTZ(`t`, 0)' -- --time-unit s --from 't DOUBLE'
  sql '`row_time` AS CAST(`t` AS TIMESTAMP(3))' -- --from 't DATE'
}

@test "a bound as BIGINT is UNIX_TIMESTAMP in Flink's SQL" {
  sql '`window_end` BIGINT' "SELECT UNIX_TIMESTAMP(DATE_FORMAT(\
TUMBLE_END(\`row_time\`, INTERVAL '10' SECOND), 'yyyy-MM-dd HH:mm:ss'))" \
    -- --time-unit s --into 'window_end BIGINT'
  sql "'yyyy-MM-dd HH:mm:ss')) * 1000 FROM readings" -- --into 'window_end BIGINT'
  # Java takes the second hour of two; at midnight there is but one.
  run --separate-stderr windowpipe sql --strict -- --tumble 1d --event-time t --count \
    --from 't TIMESTAMP(3)' --into 'window_end BIGINT' --timezone Europe/Berlin
  assert_status 0
  for one in '--tumble 1h Europe/Berlin' '--tumble 1d America/Havana' \
    '--session 1d Europe/Berlin'; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr windowpipe sql --strict -- ${one% *} --event-time t --count \
      --from 't TIMESTAMP(3)' --into 'window_end BIGINT' --timezone "${one##* }"
    assert_status 2
    assert_stderr_has "--into BIGINT: of a time that the clocks of ${one##* } show twice"
  done
  flink --session 1ms --event-time t --count --into 'window_end BIGINT'
  assert_output_has '* 1000 + MOD(EXTRACT(MILLISECOND FROM SESSION_END('
}

@test "--on-bad null is what Flink calls ignore-parse-errors" {
  flink --tumble 10s --event-time t --count --on-bad null
  assert_output_has "'ISO-8601', 'json.ignore-parse-errors' = 'true');"
  flink --tumble 10s --event-time t --count
  [[ $output != *ignore-parse* ]]
}

@test "what is wrong with the options window says, and nothing is written" {
  flink --tumbel 10s
  assert_status 2
  assert_output ''
  assert_stderr "window: unknown option '--tumbel'; did you mean --tumble?"
  flink --tumble 10s --event-time t
  assert_status 2
  assert_stderr_has 'window: no key and no aggregate given'
  run --separate-stderr windowpipe sql
  assert_status 2
  assert_stderr_has 'no query; give window'
}

@test "SQL to a full disk is status 3" {
  run --separate-stderr bash -c \
    'windowpipe sql --guess -- --tumble 1s --event-time t --count >/dev/full'
  assert_status 3
  assert_stderr_has 'cannot write to standard output'
}

@test "--top is a rank over table functions, equal results in the order of keys" {
  flink --tumble 10s --event-time t --key k --count=n --top 3:-n:k
  assert_output_has 'SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, `k` ORDER BY `n` ASC, `k` ASC) AS `rank` FROM (SELECT `k` AS `k`, COUNT(*) AS `n`,'
  assert_output_has 'FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(`row_time`), '
  assert_output_has 'WHERE `rank` <= 3;'
}

@test "a filter stands with its aggregate" {
  flink --tumble 10s --event-time t --key k --count=n --filter 's >= 500' \
    --sum x --from 't TIMESTAMP(3), k INT, x INT, s INT'
  assert_status 0
  assert_output_has 'COUNT(*) FILTER (WHERE `s` >= 500)'
  # Flink 1.20.0 loses these.
  flink --cumulate 10s --step 5s --event-time t --count=n --filter 's >= 500' \
    --from 't TIMESTAMP(3), s INT'
  assert_output_has 'COUNT(CASE WHEN `s` >= 500 THEN 1 END)'
  flink --tumble 10s --event-time t --var-pop s --filter 's >= 500' \
    --from 't TIMESTAMP(3), s INT'
  assert_output_has 'VAR_POP(CASE WHEN `s` >= 500 THEN `s` END)'
}

@test "CSV has its options" {
  flink --tumble 10s --event-time t --count --format csv --delimiter ';' \
    --quote "'" --comments --on-bad null
  assert_output_has "'format' = 'csv', 'csv.field-delimiter' = ';', 'csv.quote-character' = '''', 'csv.allow-comments' = 'true', 'csv.ignore-parse-errors' = 'true');"
}

@test "each row is a result without windows" {
  flink --each --from 't TIMESTAMP(3)' --timestamps sql
  assert_output_has "'format' = 'json', 'json.timestamp-format.standard' = 'SQL')"
  flink --each --from 'x INT, y AS x + 1' --where 'y > 1' \
    --into 'x, z DECIMAL(6,2) AS y * 2'
  assert_output_has 'INSERT INTO results SELECT `x`, `y` * 2'
  assert_output_has 'FROM readings WHERE `y` > 1;'
}

@test "results are computed around the query" {
  local query=(--tumble 1h --event-time t --key x --sum d --count=n --from
    't TIMESTAMP(3), x INT, d DECIMAL(6,2)' --having 'n > 1')

  flink "${query[@]}" --into 'y INT AS sum_d * 2, n'
  assert_status 2 # DECIMAL is no INT unasked
  flink "${query[@]}" --into 'y AS sum_d * 2, n'
  [[ $output == *'INSERT INTO results SELECT `sum_d` * 2, `n` FROM (SELECT `x` AS `x`, SUM(`d`) AS `sum_d`, COUNT(*) AS `n`, '*') WHERE `n` > 1;' ]]
}

@test "what is written runs here, too, and gives the rows of window" {
  local case args

  # One of a kind: an offset, a rank, a session, a zone, a filter, times in text.
  from='t TIMESTAMP(3), k STRING, x INT, c.d DECIMAL(6,2), count INT'
  text='t STRING, k STRING, x INT'
  for i in {1..40}; do
    printf '{"t":"2026-01-01T00:%02d:%02d.5","k":"%s","x":%d,"c":{"d":%d.25},"count":%d}\n' \
      $((i / 3)) $((i * 7 % 60)) $((i % 4)) $((i * i % 17)) "$i" $((i % 5))
  done >in
  both() {
    windowpipe sql -- "$@" >job.sql
    windowpipe run job.sql --stdin readings --stdout results <in 2>err | sort >ours
    window "$@" <in 2>err2 | sort | diff - ours
    [[ -s ours ]]
  }
  both --tumble 1m --offset -13s --event-time t --delay 1m --key k --sum x --from "$from"
  both --cumulate 10m --step 2m --offset 1m --event-time t --key c.d --count --from "$from" \
    --timezone Asia/Kolkata
  both --hop 5m --slide 1m --event-time t --delay 1m --key k --count=n --top 2:n \
    --from "$from" --offset 30s --into 'k, rank, n, window_end'
  both --session 30s --event-time t --key k --max c.d:m --from "$from" \
    --having 'm > 3 -- not few
      AND window_end IS NOT NULL' --into 'k CHAR(3), y AS m * 2, window_start BIGINT'
  both --tumble 5m --event-time t --count=count --filter 'count > 2' --stddev-pop x:s \
    --filter 'y > 3' --from "$from, y AS x + 1, z AS y * 2" --key z --where 'z < 30'
  both --each --from "$from, y AS x + 1" --where 'y IN (1, 2)' --into 'y, w AS UPPER(k) || k'
  both --tumble 5m --event-time t --delay all --key k --first x --last c.d --from \
    "$from"
  sed -i '2s/T/ /; 3s/","k/Z","k/; 4s/","k/+01:00","k/; 5s/","k/ -0130","k/' in
  both --tumble 5m --event-time t --delay 3h --key k --count --from "$text"
  for i in {1..9}; do
    printf '{"t":"%s","rank":%d,"o":{"a.b":%d}}\n' "it''s 02'Jan, 2026" $((i % 2)) $((i % 3))
  done >in
  both --tumble 5m --event-time t --key rank --key o.a.b:rank_ --count --top 1:count \
    --from 't STRING, rank INT, o."a.b" INT' --time-format "it''s %d'%b, %Y"
}

@test "what no table of Flink's can be, and what would be ignored, is refused" {
  no() {
    run --separate-stderr windowpipe sql -- --tumble 1m --event-time t --count "${@:2}"
    assert_status 2
    assert_output ''
    assert_stderr_has "$1"
  }
  no "'n' either as a value or as a row with 'n.v' in it" --key n.v --key n \
    --from 't TIMESTAMP(3), n STRING, n.v INT'
  no "put its name in quotes, '\"n.v\"'" --format csv --key n.v \
    --from 't TIMESTAMP(3), n.v INT'
  no 'leave it out' --explain --from 't TIMESTAMP(3)'
  flink --tumble 1m --event-time t --count --format csv --key '"n.v"' \
    --from 't TIMESTAMP(3), "n.v" INT'
  assert_status 0
  assert_output_has '`n.v` INT'
}

@test "queries that can share a source do, and each has a sink" {
  local same=(--event-time t --delay 5s --from 't TIMESTAMP(3), k INT')

  run --separate-stderr windowpipe sql -- --tumble 10s "${same[@]}" --key k --count -- \
    --hop 10s --slide 5s "${same[@]}" --count -- --tumble 1m --processing-time \
    --key k --count --from 'k INT' -- --tumble 1m "${same[@]}" --offset 1s --count
  assert_status 0
  [[ $(grep -o 'CREATE TABLE [a-z_0-9]*\|INSERT INTO [a-z_0-9]*\|FROM [a-z_0-9]*' <<<"$output") == \
    'CREATE TABLE readings
CREATE TABLE readings_2
CREATE TABLE results
CREATE TABLE results_2
CREATE TABLE results_3
CREATE TABLE results_4
INSERT INTO results
FROM readings
INSERT INTO results_2
FROM readings
INSERT INTO results_3
FROM readings
INSERT INTO results_4
FROM readings_2' ]]
  assert_output_has '`proc_time` AS PROCTIME(),'
  run --separate-stderr windowpipe sql -- --tumble 10s "${same[@]}" --count -- \
    --tumble 10s "${same[@]}" --count --timezone Europe/Berlin
  assert_status 2
  assert_stderr_has 'query 2 has another --timezone than the first'
}

@test "what window has and Flink has not is a note, which --strict refuses" {
  local query=(--tumble 10s --event-time t --count --from 't TIMESTAMP(3), x FLOAT, i INT')
  local option

  run --separate-stderr windowpipe sql --strict -- "${query[@]}"
  assert_status 0
  [[ $output != *'-- note'* ]]
  for option in '--late f' '--rejects f' '--on-bad null' '--allowed-lateness 1s' \
    '--max-ahead 1s' '--max-jump 1s' '--idle-timeout 1s' '--max-keys 9' \
    '--max-bytes 9M' '--overflow oldest' '--max-line 9' '--state f' '--checkpoint d' \
    '--at-eof discard' '--null -' '--output csv' '--approx-distinct x' '--p99 x' \
    '--var-pop i' '--avg i --stddev-samp i' '--avg x --sum x --count-of x'; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr windowpipe sql --strict -- "${query[@]}" $option
    assert_status 2
    assert_output ''
    assert_stderr_has "-- note: ${option:0:4}" || assert_stderr_has '-- note: '
  done
  query[2]=--processing-time query[3]=--at-eof=discard
  run --separate-stderr windowpipe sql --strict -- "${query[@]}"
  assert_status 0
  run --separate-stderr windowpipe sql --strict --flink 2.2 -- "${query[@]}" \
    --from 'd DECIMAL(6,2)' --sum d
  assert_stderr_has 'decimals: Flink 2.2 keeps their zeros'
}

@test "columns that are not declared are refused, by name" {
  run --separate-stderr windowpipe sql -- --tumble 10s --event-time o.t --key k \
    --sum x --from 'x INT'
  assert_status 2
  assert_stderr_has 'these columns have none: o.t, k; declare them with --from'
}

@test "a package has the notes of what was written" {
  windowpipe sql -- --tumble 10s --event-time t --count --late f \
    --from 't TIMESTAMP(3)' >job.sql
  run --separate-stderr windowpipe package job.sql d
  assert_status 0
  grep -q '^- window --late: Flink drops late rows' d/NOTES.md
  cmp job.sql d/job.sql
  # Quantiles are of 2.2, here as there.
  for i in {1..9}; do echo '{"t":"2026-01-01T00:00:01","x":'$((i * i)).5}; done >in
  query=(--tumble 10s --event-time t --p99 x --quantile 0.25:x --from
    't TIMESTAMP(3), x DECIMAL(6,2)')
  windowpipe sql --flink 2.2 -- "${query[@]}" >job.sql
  [[ $(windowpipe run job.sql --stdin readings --stdout results <in 2>err) == \
    $(window "${query[@]}" <in) ]]
  run --separate-stderr windowpipe package job.sql q
  assert_status 2
  assert_stderr_has 'Flink 1.20 has no PERCENTILE; package the job for --flink 2.2'
  run --separate-stderr windowpipe package job.sql q --flink 2.2
  assert_status 0
  grep -q '^- PERCENTILE: Flink computes in DOUBLE, so last digits' q/NOTES.md
}
