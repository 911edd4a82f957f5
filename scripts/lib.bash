# lib.bash - what the scripts share: messages, configuration, calls to Kinesis.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # much is used only by those who source this file
#
# Sourced, after `set -euo pipefail`.  The caller may set these before:
#   region, endpoint   given by an option; empty: the file's, else what
#                      kinesis-put finds where AWS's own tools look

here=${BASH_SOURCE[0]%/*} # absolute, as those who source it have it
root=${here%/*}
. "$here/shield.bash"
self=${0##*/}
region=${region-}
endpoint=${endpoint-}
properties=$root/application_properties.json

say() { printf '%s: %s\n' "$self" "$*" >&2; }

# die STATUS TEXT…: 2 for a wrong command line or configuration, 3 for a
# system that failed, as the programs do.
die() {
  say "${@:2}"
  exit "$1"
}

# out FORMAT TEXT…: to standard output.
out() {
  # shellcheck disable=SC2059
  printf "$@" 2>/dev/null || die 3 'cannot write to standard output'
}

# Here, so that it is known where something stands between.
to_terminal=''
[[ ! -t 1 ]] || to_terminal=1

# for_terminal: lines from outside; what a terminal would obey, or show in
# another order, stands there as JSON has it escaped.
for_terminal() {
  local unsafe='[\x00-\x08\x0b-\x1f\x{7f}-\x{9f}\x{61c}\x{200e}\x{200f}'
  unsafe+='\x{2028}-\x{202e}\x{2066}-\x{2069}]'

  if [[ -z $to_terminal ]]; then
    cat
    return
  fi
  # shellcheck disable=SC2016
  jq -Rr --arg unsafe "$unsafe" 'def digit: "0123456789abcdef"[. : . + 1];
    gsub("(?<c>\($unsafe))"; .c | explode[0] | "\\u" +
      ([4096, 256, 16, 1] as $places | . as $c |
        [$places[] | $c / . | floor % 16 | digit] | join("")))'
}

# show FILE: those lines, to standard output.
show() {
  local status=0

  for_terminal <"$1" 2>/dev/null || status=$?
  ((status < 128)) || exit "$status" # nobody reads any more
  ((status == 0)) || die 3 'cannot write to standard output'
}

# count N NOUN: 1 line, 2 lines.
count() { out '%s %s\n' "$1" "$2$( (($1 == 1)) || echo s)"; }

need() {
  command -v "$1" >/dev/null ||
    die 3 "$1 is missing; run scripts/setup, or apt-get install ${2-$1}"
}

# option_value "$@": the value of $1, whether --name=VALUE or --name VALUE.
# Sets value and shifts, the number of arguments it took.
option_value() {
  if [[ $1 == --*=* ]]; then
    value=${1#*=}
    shifts=1
  elif (($# >= 2)); then
    value=$2
    shifts=2
  else
    die 2 "$1 needs a value; try $0 --help"
  fi
}

# other_argument "$@": what all scripts have, --help, --version and -- before
# operands; any other option is a mistake.  Sets shifts, and adds to operands.
operands=()
other_argument() {
  shifts=1
  case $1 in
  -h | --help)
    usage 2>/dev/null || die 3 'cannot write to standard output'
    exit 0
    ;;
  -V | --version)
    out '%s %s (windowpipe)\n' "$self" \
      "$(sed -n 's/^VERSION := //p' "$root/Makefile")"
    exit 0
    ;;
  --) operands+=("${@:2}") && shifts=$# ;;
  -?*) die 2 "unknown option '$1'; $(near "${1%%=*}")" ;;
  *) operands+=("$1") ;;
  esac
}

# near OPTION: the one of usage's that may have been meant, at no more than two
# letters' distance, or where to look.
near() {
  usage | grep -oE -- '--[a-z-]+' | awk -v word="$1" -v self="$0" '
    BEGIN { least = 3; n = length(word) }
    {
      for (j = 0; j <= length($1); j++) row[j] = j
      for (i = 1; i <= n; i++) {
        corner = i - 1
        row[0] = i
        for (j = 1; j <= length($1); j++) {
          d = corner + (substr(word, i, 1) != substr($1, j, 1))
          corner = row[j]
          if (row[j] + 1 < d) d = row[j] + 1
          if (row[j - 1] + 1 < d) d = row[j - 1] + 1
          row[j] = d
        }
      }
      if (row[length($1)] < least) { least = row[length($1)]; best = $1 }
    }
    END { print best == "" ? "try " self " --help" : "did you mean " best "?" }'
}

# --- where -----------------------------------------------------------------

# The folder of what must be found again: only ours, and only for us.  Where
# XDG_RUNTIME_DIR is of another user (su, sudo -E) or is not there, /tmp.
state_dir() {
  local dir=${XDG_RUNTIME_DIR-}

  [[ -d $dir && -O $dir && -w $dir ]] || dir=/tmp
  dir=$dir/windowpipe-$UID
  if ! mkdir -m 700 "$dir" 2>/dev/null; then
    [[ -d $dir && ! -L $dir && -O $dir ]] ||
      die 3 "$dir is not a directory that you own; remove it or set XDG_RUNTIME_DIR"
  fi
  printf '%s\n' "$dir"
}

# When the process was started, in ticks since boot: with the pid, who it is.
# Fails where it has ended.
process_start() {
  local stat

  read -r stat <"/proc/$1/stat" || return 1
  # The name, in brackets, may hold blanks.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [[ $1 != Z ]] || return 1
  printf '%s\n' "${20}"
} 2>/dev/null

# kinesalite LOG [OPTION…]: starts it; sets local_pid, local_port, local_url.  In
# a session of its own: Ctrl-C at the terminal is not for it.  It keeps none of
# our files open, so that nobody waits for it as for us.
kinesalite() {
  need node nodejs
  [[ -d $root/tests/node_modules/kinesalite ]] ||
    die 3 'kinesalite is not installed; run scripts/setup'
  local_pid='' local_port=''
  read -r local_pid local_port < <(
    shield
    [[ -z ${lock-} ]] || exec {lock}>&-
    exec setsid node "$root/tests/kinesis/kinesalite.js" "${@:2}" </dev/null \
      2>"$1" 3>&- 4>&-
  ) || :
  [[ -n $local_port ]] || die 3 "kinesalite did not start: $(tail -n 3 "$1")"
  local_url=http://127.0.0.1:$local_port
}

# Where the local Kinesis of this folder of sources is noted.
local_kinesis_note() {
  local dir sum

  dir=$(state_dir) || exit
  sum=$(printf %s "$root" | sha256sum)
  printf '%s/kinesis-%.16s\n' "$dir" "$sum"
}

# Sets local_pid, local_port, local_url; fails where no local Kinesis runs.
local_kinesis_find() {
  local file start

  file=$(local_kinesis_note) || exit
  [[ -f $file ]] || return 1
  read -r local_pid local_port start <"$file" || return 1
  [[ $(process_start "$local_pid") == "$start" ]] || return 1
  local_url=http://127.0.0.1:$local_port
}

# The local Kinesis, or the one at $endpoint, asks for a signature, not whose.
use_local_kinesis() {
  if [[ -z $endpoint ]]; then
    local_kinesis_find ||
      die 3 'no local Kinesis is running; start one with scripts/local-kinesis start'
    endpoint=$local_url
  fi
  use_local_credentials
}

# Nothing else of the user's AWS settings is to be seen, no file either.
use_local_credentials() {
  shield
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
}

# read_streams [NAME…]: sets streams, those named or else all that
# application_properties.json names, and regions, what the file says of each.
streams=() regions=()
read_streams() {
  local lines line name

  need jq
  [[ $# -gt 0 || -r $properties ]] || die 2 "cannot read $properties"
  lines=$(jq -er '.[] | select(.PropertyGroupId | startswith("OutputStream"))
    | .PropertyMap | select(."stream.name")
    | "\(."aws.region" // "") \(."stream.name")"' "$properties" 2>/dev/null) ||
    [[ $# -gt 0 ]] ||
    die 2 "$properties: no group OutputStream0 with a stream.name"
  streams=("$@")
  regions=("${@//*/}")
  while IFS= read -r line; do
    [[ $# -gt 0 ]] || { streams+=("${line#* }") && regions+=("${line%% *}"); }
    for name in "${!streams[@]}"; do
      [[ $# == 0 || -n ${regions[name]} || ${streams[name]} != "${line#* }" ]] ||
        regions[name]=${line%% *}
    done
  done <<<"$lines"
}

# --- calling Kinesis -------------------------------------------------------

# Sets arguments, those by which kinesis-put finds STREAM, of the file's REGION.
kinesis_put=${BIN:-$root/bin}/kinesis-put
# shellcheck disable=SC2034 # view calls it
kinesis_get=${BIN:-$root/bin}/kinesis-get
find_stream() {
  [[ -x $kinesis_put ]] || die 3 "$kinesis_put does not exist; run make"
  arguments=()
  [[ -z ${region:-$2} ]] || arguments+=(--region "${region:-$2}")
  [[ -z $endpoint ]] || arguments+=(--endpoint-url "$endpoint")
  arguments+=(-- "$1")
}

# kinesis_open STREAM REGION: from now on calls go where that stream is.  Who
# we are, where it answers and how to sign kinesis-put knows; it makes one call
# after the other, until this script ends or opens another.
to='' from='' caller='' patience=5s
kinesis_open() {
  local arguments in out

  [[ -z $to ]] || exec {to}>&- {from}<&-
  [[ -z $caller ]] || wait "$caller" || :
  find_stream "$@"
  coproc exec "$kinesis_put" --call --retry-for "$patience" "${arguments[@]}"
  caller=$COPROC_PID
  # Copies: those of a coprocess are closed in every subshell.
  in=${COPROC[0]} out=${COPROC[1]}
  exec {to}>&"$out" {from}<&"$in" {in}<&- {out}>&-
}

# kinesis OPERATION JSON: puts the reply in answer (no subshell, so that what
# follows is kept too).  When the service refuses, the status is 1, the kind is
# in refusal and the whole in why.  Without kinesis-put's answer the script ends
# as kinesis-put did, which has said why.
kinesis() {
  local status=0

  trap '' PIPE # of a kinesis-put that has ended already
  { printf '%s %s\n' "$1" "$2" 1>&"$to"; } 2>/dev/null || :
  trap - PIPE
  refusal='' why=''
  answer=$(head -n 1 <&"$from")
  if [[ -z $answer ]]; then
    wait "$caller" || status=$?
    exit $((status == 0 ? 3 : status))
  fi
  [[ $answer == '{"error":'* ]] || return 0
  refusal=$(jq -r .error <<<"$answer")
  why=$(jq -r --arg call "$1" '.message as $said | "\($call): \(.error)" +
    if $said == "" then "" else ": \($said)" end' <<<"$answer")
  return 1
}

# kinesis_or_die OPERATION JSON: as above, but a refusal ends the script.
kinesis_or_die() {
  kinesis "$@" || die 3 "$why"
}

# stream_member STREAM: what names it in a call, a name or an ARN.
stream_member() {
  [[ $1 == arn:* ]] && echo StreamARN || echo StreamName
}

# json_object NAME VALUE…: {"NAME":"VALUE",…}, every value a text; what no text
# of ours holds, control characters, is left out.
json_object() {
  local text out=''

  while (($# > 0)); do
    text=${2//[[:cntrl:]]/}
    text=${text//\\/\\\\}
    out+=",\"$1\":\"${text//\"/\\\"}\""
    shift 2
  done
  printf '{%s}\n' "${out#,}"
}
