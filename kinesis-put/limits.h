/* limits - what the service takes in one record and one request.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_LIMITS_H
#define KINESIS_PUT_LIMITS_H

/*
 * Source: Amazon Kinesis Data Streams API Reference, PutRecords, and "Quotas
 * and limits"; read 2026-11.  Bytes are those of the key and of the data
 * before base64.
 */
enum {
	PUT_RECORDS_MAX = 500,                    /* records a request */
	PUT_REQUEST_BYTES = 5 * 1024 * 1024,      /* taken everywhere */
	PUT_REQUEST_BYTES_MAX = 10 * 1024 * 1024, /* since October 2025 */
	PUT_RECORD_BYTES = 1024 * 1024,           /* a stream's default */
	PUT_RECORD_BYTES_MAX = 10 * 1024 * 1024,
	PUT_KEY_UNITS_MAX = 256, /* characters, counted as UTF-16 units */
	PUT_HASH_DIGITS_MAX = 39,
	PUT_STREAM_NAME_MAX = 128,

	/*
	 * Kept clear of a request's bytes, or 1 % of them where that is more:
	 * requests a hundred bytes below the limit have been refused
	 * (amazon-kinesis-streams-for-fluent-bit, issue 21).
	 */
	PUT_MARGIN_BYTES = 64 * 1024,
};

#endif
