#!/usr/bin/env bats
# kinesis-put when the service does not take us, or what we ask: credentials,
# clock, policy, stream, key.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty

setup() {
  common_setup
  rows 1200
}

# --- who we are --------------------------------------------------------------

@test "a wrong secret key ends with status 3, and shows no secret" {
  start_faulty
  AWS_SECRET_ACCESS_KEY=hidden-secret AWS_SESSION_TOKEN=hidden-token \
    put --undelivered kept
  assert_status 3
  assert_stderr_has InvalidSignatureException
  [[ $stderr != *hidden* ]]
  diff rows.ndjson kept
  assert_stat undelivered 1200
  assert_account
}

@test "a session token is sent and signed" {
  start_faulty
  AWS_SESSION_TOKEN='a+token/of=session' put
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "a clock that is an hour off is corrected, and that is said once" {
  start_faulty '[]' --ms-off 3600000
  put
  assert_status 0
  [[ $(grep -c "clock here differs from the service's" <<<"$stderr") -eq 1 ]]
  assert_stored_once rows.ndjson
}

@test "a clock that is an hour ahead is corrected" {
  start_faulty '[]' --ms-off -3600000
  put
  assert_status 0
  assert_stored_once rows.ndjson
}

# clock_code CODE: from a server whose clock is three minutes ahead, which a
# signature may be, but for that one request.
clock_code() {
  start_faulty "[{\"do\": \"error\", \"status\": 400, \"type\": \"$1\",
    \"message\": \"words of the service\", \"request\": 1}]" --ms-off 180000
  put --in-flight 1
  assert_status 0
  assert_stderr_has "clock here differs from the service's"
  assert_stored_once rows.ndjson
}

@test "RequestExpired: signed anew by the service's clock" { clock_code RequestExpired; }
@test "RequestTimeTooSkewed: signed anew by the service's clock" { clock_code RequestTimeTooSkewed; }
@test "RequestInTheFuture: signed anew by the service's clock" { clock_code RequestInTheFuture; }
@test "SignatureDoesNotMatch: signed anew by the service's clock" { clock_code SignatureDoesNotMatch; }
@test "AuthFailure: signed anew by the service's clock" { clock_code AuthFailure; }

@test "signatures that stay expired end with status 3, not in a loop" {
  start_faulty '[{"do": "error", "status": 400,
    "type": "InvalidSignatureException",
    "message": "Signature expired: 1 is now earlier than 2 (3 - 5 min.)"}]'
  put --undelivered kept
  assert_status 3
  (($(stat_of requests) <= 40))
  diff rows.ndjson kept
}

# Credentials that a command gives, others each time.
renewable() {
  cat >give <<'END'
#!/bin/sh
echo x >>asked
printf '{"Version":1,"AccessKeyId":"id%s","SecretAccessKey":"test"}' \
  "$(wc -l <asked)"
END
  chmod +x give
  printf '[profile p]\ncredential_process = %s/give\n' "$PWD" >config
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  export AWS_CONFIG_FILE=config
}

# refused_once CODE: by the first request alone.
refused_once() {
  start_faulty "[{\"do\": \"error\", \"status\": 400, \"type\": \"$1\",
    \"message\": \"words of the service\", \"request\": 1}]"
  renewable
  put --profile p --in-flight 1
  assert_status 0
  [[ $(wc -l <asked) -eq 2 ]]
  assert_stored_once rows.ndjson
}

@test "ExpiredTokenException: credentials are asked for anew, once" {
  refused_once ExpiredTokenException
}
@test "ExpiredToken: credentials are asked for anew, once" {
  refused_once ExpiredToken
}
@test "UnrecognizedClientException: credentials are asked for anew, once" {
  refused_once UnrecognizedClientException
}
@test "InvalidClientTokenId: credentials are asked for anew, once" {
  refused_once InvalidClientTokenId
}

@test "new credentials that are refused as well end with status 3" {
  start_faulty '[{"do": "error", "status": 400, "type": "ExpiredTokenException",
    "message": "words of the service"}]'
  renewable
  put --profile p --undelivered kept
  assert_status 3
  assert_stderr_has 'new credentials are refused as well'
  [[ $(wc -l <asked) -eq 2 ]]
  diff <(sort -V kept) rows.ndjson
  assert_account
}

@test "expired credentials that cannot be renewed end with status 3" {
  start_faulty '[{"do": "error", "status": 400, "type": "ExpiredTokenException",
    "message": "The security token included in the request is expired"}]'
  put --undelivered kept
  assert_status 3
  assert_stderr_has ExpiredTokenException
  diff rows.ndjson kept
  assert_account
}

@test "no credentials end with status 3 before anything is read" {
  start_faulty
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  put
  assert_status 3
  assert_stderr_has credentials
  assert_stat read 0
}

# --- what no repetition cures ------------------------------------------------

ends_with_3() {
  start_faulty "[{\"do\": \"error\", \"status\": 400, \"type\": \"$1\",
    \"message\": \"words of the service\"}]"
  put --undelivered kept
  assert_status 3
  assert_stderr_has "$1: 'words of the service'"
  assert_stderr_has '1200 lines are not delivered, the first is line 1'
  diff rows.ndjson kept
  assert_stat delivered 0
  assert_account
}

@test "AccessDeniedException ends with status 3, the lines are kept" {
  ends_with_3 AccessDeniedException
  assert_stderr_has kinesis:PutRecords
}

@test "a stream that does not exist ends with status 3, the lines are kept" {
  ends_with_3 ResourceNotFoundException
  assert_stderr_has '--wait-stream'
}

@test "KMSDisabledException ends with status 3" { ends_with_3 KMSDisabledException; }
@test "KMSInvalidStateException ends with status 3" { ends_with_3 KMSInvalidStateException; }
@test "KMSAccessDeniedException ends with status 3" { ends_with_3 KMSAccessDeniedException; }
@test "KMSNotFoundException ends with status 3" { ends_with_3 KMSNotFoundException; }
@test "KMSOptInRequired ends with status 3" { ends_with_3 KMSOptInRequired; }
@test "MissingAuthenticationToken ends with status 3" { ends_with_3 MissingAuthenticationToken; }
@test "IncompleteSignature ends with status 3" { ends_with_3 IncompleteSignature; }
@test "SerializationException ends with status 3" { ends_with_3 SerializationException; }
@test "UnknownOperationException ends with status 3" { ends_with_3 UnknownOperationException; }
@test "UnrecognizedClientException ends with status 3" { ends_with_3 UnrecognizedClientException; }
@test "InvalidClientTokenId ends with status 3" { ends_with_3 InvalidClientTokenId; }
@test "SignatureDoesNotMatch ends with status 3" { ends_with_3 SignatureDoesNotMatch; }
@test "AuthFailure ends with status 3" { ends_with_3 AuthFailure; }
@test "MissingAuthenticationTokenException ends with status 3" { ends_with_3 MissingAuthenticationTokenException; }
@test "IncompleteSignatureException ends with status 3" { ends_with_3 IncompleteSignatureException; }

@test "--wait-stream waits for a stream that is being created" {
  start_faulty '[{"do": "error", "status": 400, "times": 2,
    "type": "ResourceNotFoundException", "message": "not there"}]'
  put --wait-stream 1m --in-flight 1
  assert_status 0
  [[ $(grep -c 'does not exist yet; waiting' <<<"$stderr") -eq 1 ]]
  assert_stored_once rows.ndjson
}

@test "--wait-stream has an end" {
  start_faulty '[{"do": "error", "status": 400,
    "type": "ResourceNotFoundException", "message": "not there"}]'
  put --wait-stream 100ms --undelivered kept
  assert_status 3
  diff rows.ndjson kept
}
