# tumble - what window --tumble 10s does, with jq -cn.
# SPDX-License-Identifier: ISC
#
# Of each window, named by its time up to the tens of seconds, and each sensor:
# the sum in hundredths and the number of rows.

def mean: (.[0] * 10000 / .[1] | round) / 10000 | round / 100;

reduce inputs as $row ({};
  .[$row.measurement_time[:18]][$row.sensor_id | tostring] |=
    [(.[0] // 0) + ($row.temperature * 100 | round), (.[1] // 0) + 1])
| to_entries[]
| ((.key + "0Z" | fromdate) + 10 | todate) as $until
| .value | to_entries | sort_by(.key | tonumber)[]
| {sensor_id: (.key | tonumber), avg_temp: (.value | mean), window_end: $until}
