/* tumble_simdjson - what window --tumble 10s does, with simdjson On-Demand:
 * the fastest reader of JSON there is, and as little as possible behind it.
 *
 * usage: tumble_simdjson < rows (a file)
 *
 * It trusts the rows to come in order and their times to be of one length:
 * a window is the rows whose times begin alike.
 *
 * SPDX-License-Identifier: ISC */
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <cstring>

#include <unistd.h>

using namespace simdjson;

struct sum {
	int64_t cents, n;
};

static constexpr size_t BLOCK = 1 << 20;
static constexpr size_t TEN_SECONDS = sizeof "2026-11-22T00:00:0" - 1;
static sum sums[100];
static char window[TEN_SECONDS + 1];

/* The window has ended; its rows' times begin with that text. */
static void
fire()
{
	int hour, minute, ten;

	std::sscanf(window + 11, "%d:%d:%d", &hour, &minute, &ten);
	ten += 6 * (minute + 60 * hour) + 1;
	for (int i = 0; i < 100; i++)
		if (sums[i].n > 0)
			std::printf(
			    "{\"sensor_id\":%d,\"avg_temp\":%.2f,"
			    "\"window_end\":\"%.11s%02d:%02d:%02dZ\"}\n",
			    i,
			    std::floor(
				(double)sums[i].cents / sums[i].n + 0.5) /
				100,
			    window, ten / 360, ten / 6 % 60, ten % 6 * 10);
	std::memset(sums, 0, sizeof sums);
}

static void
take(ondemand::object row)
{
	int64_t sensor = row["sensor_id"].get_int64();
	double celsius = row["temperature"].get_double();
	std::string_view time = row["measurement_time"].get_string();

	if (std::memcmp(window, time.data(), TEN_SECONDS) != 0) {
		if (window[0] != '\0')
			fire();
		std::memcpy(window, time.data(), TEN_SECONDS);
	}
	sums[sensor].cents += std::llround(celsius * 100);
	sums[sensor].n++;
}

int
main()
{
	static char buf[BLOCK + SIMDJSON_PADDING];
	ondemand::parser parser;
	ondemand::document_stream rows;
	size_t n = 0, whole;

	for (ssize_t got; (got = read(0, buf + n, BLOCK - n)) > 0;) {
		n += (size_t)got;
		whole = n;
		while (whole > 0 && buf[whole - 1] != '\n')
			whole--;
		if (parser.iterate_many(buf, whole, BLOCK).get(rows))
			return 1;
		for (auto row : rows)
			take(row.get_object());
		std::memmove(buf, buf + whole, n -= whole);
	}
	fire();
	return n != 0;
}
