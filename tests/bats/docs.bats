# docs - what README.md and the manual pages show is so.
# SPDX-License-Identifier: ISC
#
# Options and the form of the pages are scripts/lint's; see lint.bats.
#
# A block of README.md after the line <!-- run --> is run.  Of a manual page two
# kinds of literal displays are: one after the line .\" run, whose output is in
# the display after .\" prints; and a session, in which a command follows "$ "
# and goes on in lines that begin with a blank, and its output follows it.  A
# command whose output is not shown is not run.  All of a page share one folder.

load helpers

setup() {
  common_setup
  ln -s "$BIN" bin
}

# readme_block MARK N: the N-th fenced block that stands after <!-- MARK -->.
readme_block() {
  awk -v mark="<!-- $1 -->" -v n="$2" '
    $0 == mark { armed = 1; next }
    /^```/ && armed { armed = 0; inside = (++seen == n); next }
    /^```/ { inside = 0 }
    inside' "$ROOT/README.md"
}

# page_examples PAGE: its examples, as the reader sees them, each in a file
# NNN.run, and what it prints in NNN.prints.
page_examples() {
  awk '
    function open_file(kind) {
      if (kind == "run") n++
      file = sprintf("%03d.%s", n, kind)
    }
    $0 == ".\\\" run" || $0 == ".\\\" prints" { kind = $2; next }
    /^\.Bd -literal/ { inside = 1; if (kind != "") open_file(kind); next }
    /^\.Ed/ { inside = 0; kind = file = ""; next }
    !inside { next }
    {
      sub(/^\\&/, "")
      gsub(/\\\(dq/, "\"")
      gsub(/\\-/, "-")
      gsub(/\\e/, "\\")
    }
    kind == "" && /^\$ / { open_file("run"); print substr($0, 3) >file; next }
    kind == "" && /^[^ ]/ && file ~ /run$/ { open_file("prints") }
    file != "" { print >file }' "$1"
}

# run_page PAGE N: runs its examples, of which there are N or more.
run_page() {
  local page=$ROOT/man/$1 example n=0

  mkdir examples work
  (cd examples && page_examples "$page")
  cd work || return
  for example in ../examples/*.run; do
    example=${example%.run}
    [[ -e $example.prints ]] || continue
    n=$((n + 1))
    bash -o pipefail "$example.run" >../got 2>../err </dev/null || :
    diff -u --label "what $1 shows" --label 'what it prints' \
      "$example.prints" ../got >&2 || {
      cat ../err >&2
      return 1
    }
  done
  ((n >= $2)) || {
    echo "$1: $n examples were run, not $2" >&2
    return 1
  }
}

@test "each example of window(1) prints what the page shows" {
  run_page window.1 9
}

@test "each example of datagen(1) prints what the page shows" {
  run_page datagen.1 2
}

@test "each example of kinesis-put(1) with its output prints what the page shows" {
  run_page kinesis-put.1 1
}

@test "the example of fanout(1) that names a slow reader prints what the page shows" {
  run_page fanout.1 1
}

@test "the example of README with the load of the machine counts its 20 samples" {
  readme_block run 1 >example.sh
  grep -q /proc/loadavg example.sh
  run --separate-stderr bash -o pipefail example.sh
  assert_status 0
  assert_stderr ''
  jq -es 'map(.count) | add == 20' <<<"$output"
  jq -es 'all(.avg_load >= 0 and .max_running >= 1)' <<<"$output"
  jq -es 'all((.window_end | fromdate) - (.window_start | fromdate) == 2)' \
    <<<"$output"
}

@test "the access log of README gives what README shows" {
  ln -s "$ROOT/examples" examples
  readme_block nginx 1 >example.sh
  readme_block nginx 2 >want
  [[ -s example.sh && -s want ]]
  bash example.sh >got
  diff -u want got
}

@test "the crontab line of README works in cron's environment, run after run" {
  local line

  mkdir -p home/windowpipe
  cd home/windowpipe
  ln -s "$BIN" bin
  readme_block run 2 >options.sh
  bash options.sh
  line=$(readme_block cron 1)
  # Five fields of time, then the command, in which cron reads % as a newline.
  [[ $line =~ ^([^ ]+' '+){5}(.*)$ ]]
  line=${BASH_REMATCH[2]}
  [[ $line != *%* ]]
  cron() {
    run --separate-stderr env -i HOME="${PWD%/*}" PATH=/usr/bin:/bin \
      SHELL=/bin/sh sh -c "cd && $line"
  }
  cat >latency.ndjson <<END
{"ts":"2026-11-22T06:13:21Z","host":"a","latency":12.5}
{"ts":"2026-11-22T06:14:59Z","host":"a","latency":20}
oops
END
  cron
  assert_status 1
  assert_output ''
  assert_stderr_has 'stdin:3:1: bad line'
  [[ $(<latency.bad) == oops ]]
  [[ ! -s latency.5m.ndjson && ! -e latency.now ]]
  # Nothing new has come.
  cron
  assert_status 1
  assert_stderr_has latency.ndjson
  # A run that fails leaves its rows to the next.
  cat >latency.ndjson <<END
{"ts":"2026-11-22T06:14:55Z","host":"a","latency":1}
{"ts":"2026-11-22T06:15:10Z","host":"a","latency":2}
END
  mv latency.options away
  cron
  assert_status 2
  mv away latency.options
  cron
  assert_stderr ''
  assert_status 0
  [[ $(jq -c '[.host, .count, .window_end]' latency.5m.ndjson) == \
    '["a",3,"2026-11-22T06:15:00Z"]' ]]
}

@test "README names each program and each script" {
  local file name

  for file in "$ROOT"/*/main.c; do
    name=${file%/main.c}
    grep -qF "| \`${name##*/}\` |" "$ROOT/README.md" || {
      echo "README.md does not list ${name##*/}" >&2
      return 1
    }
  done
  for file in "$ROOT"/scripts/*; do
    [[ -f $file && -x $file ]] || continue
    grep -qF "| \`scripts/${file##*/}\` |" "$ROOT/README.md" || {
      echo "README.md does not list scripts/${file##*/}" >&2
      return 1
    }
  done
}

@test "README gives the true number of recorded queries" {
  local cases=$ROOT/tests/vectors/flink same other

  same=$(find "$cases" -mindepth 2 -maxdepth 2 -name window.args | wc -l)
  other=$(find "$cases/differs" -mindepth 2 -maxdepth 2 -name window.args | wc -l)
  grep -E "\| $same queries recorded from Flink itself, .* and $other more" \
    "$ROOT/README.md"
}

@test "README lists no program and no script that is not there" {
  local name

  while IFS= read -r name; do
    [[ -x $ROOT/$name || -e $ROOT/$name/main.c ]] || {
      echo "README.md lists $name" >&2
      return 1
    }
  done < <(grep -oE '^\| `[a-z/-]+` \|' "$ROOT/README.md" | tr -d '|` ')
}

@test "the options of windowpipe that README shows are known to it" {
  local help option

  help=$(windowpipe --help)
  while IFS= read -r option; do
    [[ $help =~ [^a-z-]"$option"[^a-z0-9-] ]] || {
      echo "windowpipe has no $option" >&2
      return 1
    }
  done < <(sed -n '/bin\/windowpipe run.*\\$/,/[^\\]$/p; /bin\/windowpipe run/p' \
    "$ROOT/README.md" | grep -oE -- '--[a-z0-9-]+' | sort -u)
}

@test "the command of the supervisord section runs in an environment without HOME" {
  local line

  start_kinesis TumblingWindowProcessingTimeOutput \
    TumblingWindowEventTimeOutput SlidingWindowProcessingTimeOutput \
    SlidingWindowEventTimeOutput
  line=$(readme_block supervisord 1 | sed -n 's/^command=//p')
  line=${line//\/opt\/windowpipe\/bin/$BIN}
  line=${line//\/opt\/windowpipe/$ROOT}
  line=${line//\/var\/lib/$PWD}
  mkdir windowpipe
  # The words of the command, as supervisord takes them.
  # shellcheck disable=SC2086
  env -i PATH=/usr/bin:/bin LANG=C AWS_ENDPOINT_URL_KINESIS="$KINESIS_URL" \
    AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b \
    $line >out 2>err 3>&- </dev/null &
  pid=$!
  wait_until 60 holds_a_record
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  stop_kinesis
  output=$(<out) stderr=$(<err)
  assert_status 0
  assert_stderr_has 'kinesis-put[sliding_processing]: read '
}

holds_a_record() { [[ $(stream_count SlidingWindowProcessingTimeOutput) -gt 0 ]]; }

@test "the supervisord example of README is read by supervisord" {
  local pid

  command -v supervisord >/dev/null || skip 'supervisord is not installed'
  {
    printf '[supervisord]\nnodaemon=true\nlogfile=%s/log\npidfile=%s/pid\n' \
      "$PWD" "$PWD"
    [[ $EUID -ne 0 ]] || echo 'user=root'
    readme_block supervisord 1 |
      sed 's|^command=.*|command=/bin/true|'
    echo 'autostart=false'
  } >supervisord.conf
  supervisord -c supervisord.conf >out 2>&1 3>&- </dev/null &
  pid=$!
  wait_until 60 file_has out 'supervisord started with pid' || {
    cat out >&2
    return 1
  }
  kill "$pid"
  wait "$pid"
}

@test "the unit of README is read by systemd" {
  command -v systemd-analyze >/dev/null || skip 'systemd is not installed'
  readme_block systemd 1 |
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' >windowpipe.service
  run --separate-stderr systemd-analyze verify "$PWD/windowpipe.service"
  assert_status 0
  assert_stderr ''
}

@test "each page of ours that a manual page points to is there" {
  local page

  while IFS= read -r page; do
    [[ -e $ROOT/man/$page ]] || {
      echo "there is no man/$page" >&2
      return 1
    }
  done < <(sed -n 's/^\.Xr \([a-z-]*\) \([17]\).*/\1.\2/p' "$ROOT"/man/*.[17] |
    grep -E '^(datagen|window|kinesis-put|fanout|windowpipe)\.' | sort -u)
}

# --- the tables of tests/kinesis ---------------------------------------------

kinesis_rows() { grep '^| ' "$ROOT/tests/kinesis/README.md" | grep -v '^| ---'; }

@test "each test that tests/kinesis/README.md names is there, and each row names one or says why not" {
  sed -n 's/^@test "\(.*\)" {.*/\1/p' "$ROOT"/tests/bats/*.bats >names
  grep -oh 'cmocka_unit_test[a-z_]*([^,)]*' "$ROOT"/tests/unit/*.c |
    sed 's/.*(//' >>names
  # Some stand in a line of their own.
  sed -n 's/^[[:blank:]]*\([a-z0-9_]*\)),$/\1/p' "$ROOT"/tests/unit/*.c >>names
  kinesis_rows | sed -n '/| tests |$/,$p' | grep -v '| tests |$' |
    sed 's/ |$//; s/.* | //' >cells
  (($(wc -l <cells) >= 80))
  run ! grep -vE '`|^not: ' cells
  grep -o '`[^`]*`' cells | tr -d '`' | sort -u |
    grep -vxFf names >unknown || :
  while read -r file; do
    [[ $file == tests/* && -e $ROOT/$file ]] && continue
    echo "there is no test called: $file" >&2
    bad=1
  done <unknown
  [[ -z ${bad-} ]]
}

@test "each code of an error that is known has its row in tests/kinesis/README.md" {
  sed -n 's/^\t{ "\([A-Za-z0-9]*\)", ERROR_.*/\1/p' "$ROOT/aws/errors.c" >codes
  (($(wc -l <codes) > 40))
  while read -r code; do
    kinesis_rows | grep -qF "\`$code\`" && continue
    echo "no row has $code" >&2
    bad=1
  done <codes
  [[ -z ${bad-} ]]
}
