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
declare -A born=()      # when it was started
declare -A ended=()     # its exit status, once it has ended
declare -A ended_at=()  # and when, in centiseconds

failed=''        # the first stage that died
broken=''        # a stage that died of a broken pipe: somebody else's fault
stopping=''      # the source was told to stop
declare -A told=()   # other stages that were
source_deadline='' # when the source is killed, centiseconds
stop_deadline=''   # when those who still hold something are told to stop
kill_deadline=''   # and when all are killed

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
# user's.  stderr of all is the FIFO that scripts/run reads; they hold its end
# for writing alone, so that none waits there for a run that was killed.
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
    exec 2>"$work/talk" {talk}>&-
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
  born[$id]=$(process_start $!)
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
  wait "$copier" 2>/dev/null # where bash would say how it ended
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
  local i id

  for ((i = ${#stages[@]} - 1; i >= 0; i--)); do
    id=${stages[i]}
    if [[ -z ${pid[$id]-} ]] || kill -0 "${pid[$id]}" 2>/dev/null; then
      continue
    fi
    wait "${pid[$id]}" 2>/dev/null # where bash would say how it ended
    ended[$id]=$?
    ended_at[$id]=$now
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
  0 | 1) ;;
  141) broken=${broken:-$1} ;;
  143) [[ -n ${told[$1]-} || ($1 == source && -n $stopping) ]] || fail "$1" ;;
  *) fail "$1" ;;
  esac
}

# The end of a stage is seen a moment before that of the one that feeds it,
# even in order; after that moment, long on a busy machine, it is a death.
moment_cs=200
watch_order() {
  local id

  for id in "${stages[@]}"; do
    if ended_early "$id" && [[ ${ended[$id]} == [01] ]] &&
      ((now - ended_at[$id] > moment_cs)); then
      fail "$id"
    fi
  done
  [[ -z $broken || -n $stopping ]] || stop_source
}

# fail ID: it died; the others are to finish what they hold.
fail() {
  [[ -z $failed ]] || return 0
  failed=$1
  tell "${title[$failed]} died: $(in_words "${ended[$failed]}")"
  stop_source
  source_deadline=$((now + 80))
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

# From here on the end is bounded.
stop_source() {
  [[ -z $stopping ]] || return 0
  stopping=1
  stop_deadline=$((now + drain_cs))
  kill_deadline=$((stop_deadline + drain_cs + 400))
  signal_stage TERM source
}

# hurry: what is held is kept at once, not delivered.
hurry() {
  stop_source
  hurried=1
  source_deadline=$now
  stop_deadline=$((now + 50))
  kill_deadline=$((now + 400))
}
hurried=''

# Those that do not end by themselves are helped.
watch_deadlines() {
  local id

  [[ -n $stopping ]] || return 0
  if [[ -n $source_deadline ]] && ((now >= source_deadline)); then
    source_deadline=''
    signal_stage KILL source
  fi
  for id in "${!pid[@]}"; do
    case $id in
    source) ;;
    # Once it has read all, the end of kinesis-put is bounded by its --drain.
    # It is told after the window, whose last results it is to read.
    put?)
      if ((now >= stop_deadline + 100)) || { [[ -z ${pid[window${id#put}]-} ]] &&
        has_read_all "${id#put}"; }; then
        tell_to_stop "$id"
      fi
      ;;
    *) ((now < stop_deadline)) || tell_to_stop "$id" ;;
    esac
  done
  ((now < kill_deadline)) || kill_stages
}

# has_read_all I: as far as its own count tells, and had a second to deliver it.
has_read_all() {
  [[ -z $hurried ]] || return 0
  [[ -n $state || ${m[put$1 read]-} == "${m[window$1 output]-}" ]] &&
    ((now > ${ended_at[window$1]} + 100))
}

# Twice to who is to hurry.
tell_to_stop() {
  if [[ -z ${told[$1]-} ]]; then
    tell "${title[$1]} still holds something; telling it to stop"
  elif [[ -z $hurried ]]; then
    return 0
  fi
  told[$1]=1
  signal_stage TERM "$1"
}

signal_stage() { [[ -z ${pid[$2]-} ]] || kill -s "$1" "${pid[$2]}" 2>/dev/null; }

kill_stages() {
  ((${#pid[@]} == 0)) || kill -KILL "${pid[@]}" 2>/dev/null
  return 0
}

# --- if run itself is killed -------------------------------------------------

# Waits, as a process of its own, for the end of what run alone holds open, and
# then ends the stages as run would have.
guard() {
  local id tenths=0 any=1 end_tenths=$((drain_cs / 10))

  trap '' HUP INT QUIT TERM
  exec {talk}>&- >/dev/null 2>&1
  read -r || :
  signal_stage TERM source
  while [[ -n $any ]]; do
    any=''
    for id in "${!pid[@]}"; do
      is_alive "$id" || continue
      any=1
      case $id in
      source) ;;
      put?)
        if ((tenths > 10)) && ! is_alive "window${id#put}" ||
          ((tenths > end_tenths + 10)); then
          signal_once TERM "$id"
        fi
        ;;
      *) ((tenths <= end_tenths)) || signal_once TERM "$id" ;;
      esac
      ((tenths < 2 * end_tenths + 40)) || signal_stage KILL "$id"
    done
    sleep 0.1
    tenths=$((tenths + 1))
  done
  rm -rf "$work"
  find "$keep" -type f -empty -delete
  rmdir "$keep"
}

is_alive() { [[ $(process_start "${pid[$1]}") == "${born[$1]}" ]]; }

signal_once() {
  [[ -n ${told[$2]-} ]] || signal_stage "$1" "$2"
  told[$2]=1
}
