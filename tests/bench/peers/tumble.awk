# tumble - what window --tumble 10s does, by hand: the windows, for the programs
# that take rows apart (tumble_columns.awk, tumble_places.awk).
# SPDX-License-Identifier: ISC
#
# now: the row's time up to the tens of seconds, which names its window; id, and
# temperature.  Rows must be in order, of one day.

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

function add(now, id, temperature) {
	if (now != window) {
		if (window != "")
			write_window()
		window = now
	}
	n[id]++
	cents[id] += int(temperature * 100 + 0.5)
}

END { if (window != "") write_window() }
