/* dryrun - what would be sent, as a line of JSON for each record.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_DRYRUN_H
#define KINESIS_PUT_DRYRUN_H

#include "kinesis-put/options.h"
#include "lib/diag.h"

/*
 * Reads standard input and prints {"key":...,"hash_key":...,"bytes":...,
 * "batch":...} for each record: key is null where it would be drawn, hash_key
 * where none is given, bytes is key and data, batch counts from 1 as if all
 * input came at once.  Needs no network and no credentials.
 */
enum status dryrun(struct options *, int *signal);

#endif
