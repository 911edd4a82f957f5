# stages.bash - the processes of a pipeline: started, watched, stopped.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # shares variables with scripts/run
#
# A stage is an id with entries in these tables.  They are joined by FIFOs in
# $work, opened by each stage's own process, so that the one who watches holds
# none of them open and an end is seen as an end.

stages=()               # ids, in the order of the data
declare -A title=()     # what people call it
declare -A upstream=()  # the id it reads from; none for the source
declare -A input=()     # its FIFOs, to wake those who wait for it to open them
declare -A outputs=()
declare -A pid=()       # while it runs
declare -A ended=()     # its exit status, once it has ended

failed=''         # the first stage that died
broken=''         # a stage that died of a broken pipe: somebody else's fault
stopping=''       # the source was told to stop
source_deadline='' # when the source is killed, centiseconds
stop_deadline=''   # when those who still hold something are told to stop
put_deadline=''    # and those at the end of the pipeline
kill_deadline=''

# What is killed takes its child with it, where there is a way to ask for that.
with_parent=()
! command -v setpriv >/dev/null || with_parent=(setpriv --pdeathsig TERM)

# Centiseconds of a clock that nobody sets.
now_cs() {
  local up

  read -r up _ </proc/uptime
  now=$((10#${up/./}))
}

# add_stage ID TITLE UPSTREAM INPUT OUTPUT COMMAND…: starts it.  Input - is the
# user's.  stderr of all is the FIFO that scripts/run reads.
add_stage() {
  local id=$1 in=$4 out=$5

  stages+=("$id")
  title[$id]=$2
  upstream[$id]=$3
  input[$id]=$in
  outputs[$id]=$out
  [[ $out != "$work/"* ]] || mkfifo "$out"
  # The terminal's Ctrl-C is not for the stages, which end by the end of their
  # input; what is ignored here stays ignored in them.
  (
    trap '' HUP INT QUIT
    exec 2>&"$talk"
    exec {talk}>&-
    if [[ $in == - ]]; then
      exec <&"$stdin"
    else
      exec <"$in"
    fi || exit 3
    exec {stdin}<&-
    exec >"$out" || exit 3
    "${@:6}"
  ) &
  pid[$id]=$!
}

# --- the user's rows -------------------------------------------------------

# Copies stdin to stdout; TERM ends it after a whole line.  The first byte goes
# by a file, whose filling is the sign that rows have begun to come.
pass_rows() {
  copier=''
  trap 'stop_copier; exit 0' TERM
  copy head -c 1 >"$work/first" || exit 3
  cat "$work/first"
  if [[ ! -s $work/first ]]; then
    exit 0
  elif [[ -f /dev/stdin && -r /proc/self/io ]]; then
    trap 'stop_copier_of_file; exit 0' TERM
    copy dd bs=256K status=none
  else
    # grep writes line by line, so that an end cuts none in two (none that is
    # shorter than a pipe's atomic 4 KiB).
    LC_ALL=C copy grep -a --line-buffered ''
  fi
  case $? in
  0 | 1) exit 0 ;;
  141) exit 141 ;;
  *) exit 3 ;;
  esac
}

# In the background, since a shell that waits can be interrupted.
copy() {
  "${with_parent[@]}" "$@" <&0 &
  copier=$!
  wait "$copier"
}

stop_copier() { kill "$copier" 2>/dev/null || :; }

# dd of a file is cut anywhere; what is missing of the line is in the file.
stop_copier_of_file() {
  local state='' wrote='' name value start

  kill -STOP "$copier" 2>/dev/null || return 0
  until [[ $state == [TZ] ]]; do
    read -r state _ < <(sed 's/.*) //' "/proc/$copier/stat") || return 0
  done
  while read -r name value; do
    [[ $name != wchar: ]] || wrote=$value
  done <"/proc/$copier/io"
  kill -KILL "$copier"
  # From the last byte that was written: if that is a newline, it is all.
  start=$((offset + 1 + wrote))
  [[ -z $wrote ]] || tail -c "+$start" /dev/stdin | head -n 1 | tail -c +2
}

# --- watching --------------------------------------------------------------

# Takes note of the stages that have ended; downstream first, because a death
# travels upstream as a broken pipe.
watch_stages() {
  local i id alive

  jobs -rp >"$work/running"
  mapfile -t alive <"$work/running"
  for ((i = ${#stages[@]} - 1; i >= 0; i--)); do
    id=${stages[i]}
    [[ -n ${pid[$id]-} && " ${alive[*]} " != *" ${pid[$id]} "* ]] || continue
    wait "${pid[$id]}" 2>/dev/null # where bash would say how it ended
    ended[$id]=$?
    unset "pid[$id]"
    # Whoever waits for it to open its FIFO waits no longer.
    [[ ${input[$id]} != "$work/"* ]] || : <>"${input[$id]}"
    [[ ${outputs[$id]} != "$work/"* ]] || : <>"${outputs[$id]}"
    judge_end "$id" "${ended[$id]}"
  done
  return 0
}

ended_early() {
  [[ -n ${ended[$1]-} && -n ${upstream[$1]} && -n ${pid[${upstream[$1]}]-} ]]
}

judge_end() {
  case $2 in
  0 | 1) early_since[$1]=$now ;;
  141) broken=${broken:-$1} ;;
  143) [[ $1 == source && -n $stopping ]] || fail "$1" ;;
  *) fail "$1" ;;
  esac
}

# The end of a stage is seen a moment before that of the one that feeds it,
# even in order; after that moment, long on a busy machine, it is a death.
declare -A early_since=()
moment_cs=200
watch_order() {
  local id

  for id in "${stages[@]}"; do
    if ended_early "$id" && [[ -n ${early_since[$id]-} ]] &&
      ((now - early_since[$id] > moment_cs)); then
      fail "$id"
    fi
  done
  [[ -z $broken || -n $stopping ]] || stop_source
}

# fail ID: it died; the others are to finish what they hold.
fail() {
  [[ -z $failed ]] || return 0
  failed=$1
  tell "${title[$1]} died: $(in_words "${ended[$1]}")"
  stop_source
  source_deadline=$((now + 80))
  stop_deadline=$((now + drain_cs))
  # The results that a window writes when it is told to stop are to be read.
  put_deadline=$((stop_deadline + 100))
  kill_deadline=$((put_deadline + drain_cs + 100))
}

in_words() {
  local name

  if (($1 > 128)) && name=$(kill -l "$1" 2>/dev/null); then
    echo "status $1, killed by SIG$name"
  else
    echo "status $1"
  fi
}

# --- stopping --------------------------------------------------------------

stop_source() {
  [[ -z $stopping ]] || return 0
  stopping=1
  [[ -z ${pid[source]-} ]] || kill -TERM "${pid[source]}" 2>/dev/null
}

# After a death those that do not end by themselves are helped.
watch_deadlines() {
  local id

  [[ -n $failed ]] || return 0
  if [[ -n $source_deadline ]] && ((now >= source_deadline)); then
    source_deadline=''
    [[ -z ${pid[source]-} ]] || kill -KILL "${pid[source]}" 2>/dev/null
  fi
  if [[ -n $stop_deadline ]] && ((now >= stop_deadline)); then
    stop_deadline=''
    for id in "${!pid[@]}"; do
      [[ $id == put? ]] || tell_to_stop "$id"
    done
  fi
  if [[ -n $put_deadline ]] && ((now >= put_deadline)); then
    put_deadline=''
    for id in "${!pid[@]}"; do
      [[ $id != put? ]] || tell_to_stop "$id"
    done
  fi
  if ((now >= kill_deadline)); then
    kill_stages
  fi
}

tell_to_stop() {
  tell "${title[$1]} still holds something; telling it to stop"
  kill -TERM "${pid[$1]}" 2>/dev/null
}

kill_stages() {
  ((${#pid[@]} == 0)) || kill -KILL "${pid[@]}" 2>/dev/null
  return 0
}
