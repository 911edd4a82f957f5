# shield.bash - keeps the user's AWS account and network settings away.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Sourced by what must reach this machine alone: the tests, and through
# lib.bash what speaks to the local Kinesis.

# shield: takes every variable out of the environment by which a program could
# find an account, a proxy, a certificate or a setting of the user's.
shield() {
  local name

  for name in $(compgen -e); do
    case ${name,,} in
    aws_* | boto_* | *_proxy | ssl_* | *_ca_bundle | curl_* | openssl_* | \
      node_* | is_local | cdpath | bash_env)
      unset "$name"
      ;;
    esac
  done
  export AWS_EC2_METADATA_DISABLED=true
}
