# lib.bash - what the scripts share: messages, configuration, calls to Kinesis.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # much is used only by those who source this file
#
# Sourced, after `set -euo pipefail`.  The caller may set these before:
#   region, endpoint   given by an option; empty: from the environment

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
    die 2 "$1 needs a value; try $self --help"
  fi
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
      die 3 "$dir is not a folder of yours; remove it or set XDG_RUNTIME_DIR"
  fi
  printf '%s\n' "$dir"
}

# When the process was started, in ticks since boot: with the pid, who it is.
process_start() {
  local stat

  read -r stat <"/proc/$1/stat" || return 1
  # The name, in brackets, may hold blanks.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
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

# The local Kinesis asks for a signature, but not whose.
use_local_kinesis() {
  local_kinesis_find ||
    die 3 'no local Kinesis runs; start one with scripts/local-kinesis start'
  endpoint=$local_url
  use_local_credentials
}

# Nothing else of the user's AWS settings is to be seen, no file either.
use_local_credentials() {
  shield
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
}

# The streams of application_properties.json, one a line, in its order.
property_streams() {
  need jq
  [[ -r $properties ]] || die 2 "cannot read $properties"
  jq -er '.[] | select(.PropertyGroupId | startswith("OutputStream"))
    | .PropertyMap["stream.name"]' "$properties" 2>/dev/null ||
    die 2 "$properties: no group OutputStream0 with a stream.name"
}

property_region() {
  jq -r 'first(.[] | select(.PropertyGroupId | startswith("OutputStream"))
    | .PropertyMap["aws.region"] // empty)' "$properties" 2>/dev/null || :
}

# Fills region and endpoint where no option gave them.
resolve_endpoint() {
  region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(property_region)}}}
  [[ -n $region ]] || die 2 'no region; give --region or set AWS_REGION'
  [[ $region =~ ^[a-z0-9-]+$ ]] || die 2 "'$region' is no region"
  endpoint=${endpoint:-${AWS_ENDPOINT_URL_KINESIS:-${AWS_ENDPOINT_URL:-}}}
  if [[ -z $endpoint ]]; then
    case $region in
    cn-*) endpoint=https://kinesis.$region.amazonaws.com.cn ;;
    *) endpoint=https://kinesis.$region.amazonaws.com ;;
    esac
  fi
}

need_credentials() {
  [[ -n ${AWS_ACCESS_KEY_ID-} && -n ${AWS_SECRET_ACCESS_KEY-} ]] && return
  say 'no credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;' \
    'this puts those of the AWS command line there:'
  # shellcheck disable=SC2016 # to be typed as it stands
  printf '  %s\n' 'eval "$(aws configure export-credentials --format env)"' >&2
  exit 3
}

# --- calling Kinesis -------------------------------------------------------

# One line of a curl configuration; everything goes by -K -, where neither ps
# nor /proc shows it.
curl_setting() {
  local text=${2//\\/\\\\}

  printf '%s = "%s"\n' "$1" "${text//\"/\\\"}"
}

# kinesis_once ACTION JSON: the answer, then its HTTP status on a last line.
kinesis_once() {
  {
    curl_setting url "$endpoint/"
    curl_setting aws-sigv4 "aws:amz:$region:kinesis"
    curl_setting user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
    [[ -z ${AWS_SESSION_TOKEN-} ]] ||
      curl_setting header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"
    curl_setting header "X-Amz-Target: Kinesis_20131202.$1"
    curl_setting header 'Content-Type: application/x-amz-json-1.1'
    curl_setting data-raw "$2"
  } | curl -q -sS --http1.1 --connect-timeout 5 --max-time 30 \
    --write-out '\n%{http_code}' -K -
}

# kinesis ACTION JSON: puts the reply in answer (no subshell, so that what
# follows is kept too).  Tries again where the service is busy.  When it
# refuses, the status is 1, the kind is in refusal and the whole in why.
kinesis() {
  local reply code try

  for try in 1 2 3 4 5 6; do
    answer='' refusal='' why='' code=''
    if ! reply=$(kinesis_once "$1" "$2" 2>&1); then
      refusal=Unreachable
      why=${reply#curl: }
      why="cannot reach $endpoint: ${why%%$'\n'*}"
      return 1
    fi
    code=${reply##*$'\n'}
    reply=${reply%$'\n'*}
    if [[ $code == 200 ]]; then
      answer=$reply
      return 0
    fi
    refusal=$(jq -r '.__type // "" | sub(".*#"; "")' <<<"$reply" 2>&1) ||
      refusal=''
    why=$(jq -r '.message // .Message // ""' <<<"$reply" 2>&1) || why=''
    why="$1: HTTP $code ${refusal:-without a reason}${why:+: $why}"
    case $code:$refusal in
    5*:* | *:LimitExceededException | *:ProvisionedThroughputExceededException)
      ((try == 6)) || sleep "$((try * try / 10)).$((try * try % 10))"
      ;;
    *) return 1 ;;
    esac
  done
  return 1
}

# kinesis_or_die ACTION JSON: as above, but a refusal ends the script.
kinesis_or_die() {
  kinesis "$@" || die 3 "$why"
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
