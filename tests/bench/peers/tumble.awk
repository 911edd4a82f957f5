# tumble - what window --tumble 10s does, by hand, for this one layout of rows.
# SPDX-License-Identifier: ISC
#
# Columns are hard-coded: sensor_id is characters 14 and 15, the temperature
# begins at 31, the time at 25 characters before the end; the time up to the
# tens of seconds names the window.  Rows must be in order, of one day.

function round(x) { return int(x + 0.5) }

# The mean as window writes it: 6 decimals, then 2.
function mean(cents, n) { return round(round(cents * 10000 / n) / 10000) / 100 }

function write_window(	id, end) {
	end = substr(window, 12, 2) * 3600 + substr(window, 15, 2) * 60 + \
	    substr(window, 18, 1) * 10 + 10
	for (id = 10; id <= 20; id++)
		if (n[id] > 0) {
			printf "{\"sensor_id\":%d,\"avg_temp\":%s," \
			    "\"window_end\":\"%s%02d:%02d:%02dZ\"}\n", id, \
			    mean(cents[id], n[id]), substr(window, 1, 11), \
			    int(end / 3600), int(end / 60) % 60, end % 60
			n[id] = cents[id] = 0
		}
}

{
	now = substr($0, length($0) - 24, 18)
	if (now != window) {
		if (window != "")
			write_window()
		window = now
	}
	id = substr($0, 14, 2)
	n[id]++
	cents[id] += int(substr($0, 31) * 100 + 0.5)
}

END { if (window != "") write_window() }
