# display.bash - what scripts/run shows while it runs, and its account.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # shares variables with scripts/run
#
# What is shown while they run comes from the files that the programs write by
# --metrics; the account, from what they say by --stats when they end.

declare -A m=()        # "ID MEMBER" -> value
declare -A rate=()     # rows a second, over the last stretch known
declare -A seen_rows=() seen_ms=()
table_lines=0          # what is to be taken away before anything is printed

# read_metrics ID PROGRAM
read_metrics() {
  local key value prefix=windowpipe_${2//-/_}_ rows ms

  # What it has said itself at its end is newer.
  [[ -z ${told_all[$1]-} && -r $work/$1.prom ]] || return 0
  while read -r key value; do
    [[ $key == "$prefix"* ]] || continue
    key=${key#"$prefix"}
    key=${key%%\{*}
    m[$1 ${key%_total}]=$value
  done <"$work/$1.prom"
  rows=${m[$1 read]-${m[$1 output]-0}}
  [[ $2 != datagen ]] || rows=${m[$1 output]-0}
  ms=${m[$1 elapsed_seconds]-0.000}
  ms=$((10#${ms/./}))
  # Over less than half a second a rate says little.
  if ((ms > ${seen_ms[$1]-0} + 500)); then
    rate[$1]=$(((rows - ${seen_rows[$1]-0}) * 1000 / (ms - ${seen_ms[$1]-0})))
    seen_rows[$1]=$rows
    seen_ms[$1]=$ms
  fi
}

read_all_metrics() {
  local i

  [[ $source_program != datagen ]] || read_metrics source datagen
  [[ $split_program != fanout ]] || read_metrics split fanout
  for i in 0 1 2 3; do
    read_metrics "window$i" window
    read_metrics "put$i" kinesis-put
  done
}

# take_account LINE: is it what a stage says at its end?  Then it is what it did.
take_account() {
  local id key i

  [[ $1 =~ ^\{\"program\":\"([a-z-]+)\",\"name\":(null|\"([a-z-]+)\"), ]] || return
  case ${BASH_REMATCH[1]} in
  datagen) id=source ;;
  fanout) id='split' ;;
  *)
    for i in 0 1 2 3; do
      [[ ${label[i]} != "${BASH_REMATCH[3]}" ]] ||
        id=${BASH_REMATCH[1]#kinesis-}$i
    done
    ;;
  esac
  for key in read aggregated late outside rejected output delivered \
    undelivered retried bytes; do
    [[ ! $1 =~ \"$key\":([0-9]+) ]] || m[$id $key]=${BASH_REMATCH[1]}
  done
  told_all[$id]=1
}
declare -A told_all=() # who has said what it did

# short N: at most eight characters; sets text.
short() {
  text=${1-}
  if ((${#text} > 11)); then
    text=$((text / 1000000000))G
  elif ((${#text} > 8)); then
    text=$((text / 1000000))M
  fi
}

# add_line NAME CELL…: to the table.
add_line() {
  local cells=("${@:2}") text line i

  printf -v line '%-14s' "$1"
  for i in "${!cells[@]}"; do
    text=${cells[i]}
    [[ ! $text =~ ^[0-9]+$ ]] || short "$text"
    printf -v line '%s %*s' "$line" "${widths[i]}" "$text"
  done
  table+=("${line:0:columns - 1}")
}

# The clock part of a time in seconds since 1970; sets text.
clock_of() {
  text=''
  [[ ! ${1-} =~ ^[0-9]+\. ]] || TZ=UTC printf -v text '%(%T)T' "${1%.*}"
}

build_table() {
  local i text

  table=()
  if ((columns >= 98)); then
    widths=(11 9 9 5 9 6 8 9 7)
    add_line stage in out rows/s open watermark late rejected delivered retried
  else
    widths=(8 7 7 4 8 4 4 7 4)
    add_line stage in out rows/s open event-t. late rej. deliv. retr
  fi
  add_line "$source_program" '' "${m[source output]-}" "${rate[source]-}"
  add_line "$split_program" # tee counts nothing, fanout bytes
  add_line window
  for i in 0 1 2 3; do
    clock_of "${m[window$i watermark]-}"
    add_line " ${label[i]}" "${m[window$i read]-}" "${m[window$i output]-}" \
      "${rate[window$i]-}" "${m[window$i open_windows]-}" "$text" \
      "${m[window$i late]-}" "${m[window$i rejected]-}"
  done
  add_line kinesis-put
  for i in 0 1 2 3; do
    add_line " ${label[i]}" "${m[put$i read]-}" '' "${rate[put$i]-}" '' '' '' \
      "${m[put$i rejected]-}" "${m[put$i delivered]-}" "${m[put$i retried]-}"
  done
}

# Where the table does not fit, there are lines instead.
measure_terminal() {
  local size

  size=$(stty size <&2 2>/dev/null) || size=
  columns=${size#* }
  [[ ${columns:-0} -gt 20 ]] || columns=80
  fits=1
  [[ ${size% *} != [1-9] && ${size% *} != 1[0-4] ]] || fits=''
}
fits=1

# The cursor may stand behind a ^C that the terminal has shown.
take_table_away() {
  ((table_lines == 0)) || printf '\r\e[%dA\e[J' "$table_lines" >&2
  table_lines=0
}

draw_table() {
  local text state=${stopping:+ending}

  build_table
  text="$((elapsed_cs / 100)) s${for_d:+ of $for_d}  $source_program |"
  text+=" $split_program | 4 x (window | kinesis-put)  ${state:-Ctrl-C ends it}"
  printf -v text '%s\n' "${text:0:columns - 1}" "${table[@]}"
  # In one write, so that nothing flickers.
  if ((table_lines > 0)); then
    printf '\r\e[%dA\e[J%s' "$table_lines" "$text" >&2
  else
    printf '%s' "$text" >&2
  fi
  table_lines=$((${#table[@]} + 1))
}

# sum PREFIX MEMBER: over the four; sets text.
sum() {
  local i

  text=0
  for i in 0 1 2 3; do
    text=$((text + ${m[$1$i $2]-0}))
  done
}

progress_line() {
  local late rejected retried delivered=() i text

  for i in 0 1 2 3; do
    delivered+=("${label[i]} ${m[put$i delivered]-0} (${m[window$i open_windows]-0} open)")
  done
  sum window late && late=$text
  sum window rejected && rejected=$text
  sum put rejected && rejected=$((rejected + text))
  sum put retried && retried=$text
  printf -v text '%s, ' "${delivered[@]}"
  say "$((elapsed_cs / 100)) s: ${m[window0 read]-0} rows in," \
    "${rate[window0]-0}/s; delivered: ${text%, };" \
    "late $late, rejected $rejected, retried $retried"
}

# refresh: reads what there is, and shows it when its time has come.
refresh() {
  read_all_metrics
  if [[ -n $live && -n $fits ]]; then
    draw_table
  elif ((elapsed_cs >= line_due_cs)); then
    progress_line
    line_due_cs=$((elapsed_cs + 1000))
  fi
}

# tell TEXT…: a message, above the table.
tell() {
  take_table_away
  say "$@"
}

# --- the account -----------------------------------------------------------

# balance ID TOTAL PART…: "read 5 = aggregated 3 + late 2"; says where it does
# not add up, and sets unbalanced.
balance() {
  local id=$1 member parts=() got=0

  if [[ -z ${told_all[$id]-} ]]; then
    text='no account'
    unbalanced=1
    return 0
  fi
  for member in "${@:3}"; do
    got=$((got + ${m[$id $member]}))
    parts+=("$member ${m[$id $member]} +")
  done
  text="${parts[*]}"
  text="$2 ${m[$id $2]} = ${text% +}"
  if ((got != ${m[$id $2]})); then
    text+=" (does not add up: $((${m[$id $2]} - got)) unaccounted for)"
    unbalanced=1
  fi
}

show_account() {
  local i text

  unbalanced=''
  # A window's counts go on where those of its state end.
  out 'account%s\n' "${state:+ (of windows: of all runs with this --state)}"
  if [[ $source_program == datagen ]]; then
    if [[ -n ${told_all[source]-} ]]; then
      out '  datagen: %s rows\n' "${m[source output]}"
    else
      out '  datagen: no account%s\n' "$(ending source)"
      unbalanced=1
    fi
  fi
  for i in 0 1 2 3; do
    balance "window$i" read aggregated late outside rejected
    out '  %s: %s%s%s\n' "${title[window$i]}" "$text" \
      "${told_all[window$i]+; output ${m[window$i output]}}" \
      "$(ending "window$i")"
    balance "put$i" read delivered rejected undelivered
    out '  %s: %s%s%s\n' "${title[put$i]}" "$text" \
      "${told_all[put$i]+; retried ${m[put$i retried]-0}}" "$(ending "put$i")"
    if [[ -z $state && -n ${told_all[window$i]-} && -n ${told_all[put$i]-} ]] &&
      [[ ${m[window$i output]} != "${m[put$i read]}" ]]; then
      out '  %s: window wrote %s, kinesis-put read %s\n' "${label[i]}" \
        "$(count "${m[window$i output]}" result)" "${m[put$i read]}"
      unbalanced=1
    fi
  done
}

ending() {
  [[ ${ended[$1]-0} == 0 ]] || out '; %s' "$(in_words "${ended[$1]}")"
}
