# pipeline.jq - the sample's event-time queries, in jq alone.
# SPDX-License-Identifier: ISC
#
# jq -rn -f pipeline.jq --argjson size MS --argjson slide MS --argjson delay MS
#   < rows
# prints what a window of --size and --slide writes for those rows, in no
# particular order, and last {"late":N}.  Written for being read, from the
# definition: each row goes into each of its windows that has not fired yet.
# All numbers are whole and below 2^53, where jq is exact.

# Milliseconds since 1970 of 2026-11-22T06:13:20.125.
def ms: (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);

# Hundredths of 49.7, 49.73 or 49; the temperatures are not below 0.
def hundredths:
  tostring | split(".")
  | (.[0] | tonumber) * 100 + ((.[1] // "") + "00" | .[0:2] | tonumber);

# Whole parts of a / b, both above 0.
def divided($b): (. - . % $b) / $b;

# The mean in hundredths: HALF_UP to six decimals, then HALF_UP to two.
def mean($sum; $n):
  (2 * $sum * 10000 + $n | divided(2 * $n)) + 5000 | divided(10000);

# 4970 hundredths are 49.7, 5000 are 50.
def plain:
  (divided(100) | tostring) +
  (. % 100 | if . == 0 then ""
    elif . % 10 == 0 then "." + (. / 10 | tostring)
    else "." + (. + 100 | tostring | .[1:3]) end);

def in_windows($size; $slide; $delay):
  reduce inputs as $row ({late: 0, watermark: -1, of: {}};
    ($row.measurement_time | ms) as $t
    | ($row.temperature | hundredths) as $value
    | .watermark as $watermark
    | [range($t - $t % $slide; $t - $size; -$slide) + $size
        | select($watermark < . - 1)] as $windows
    | if $windows == [] then .late += 1 else . end
    | reduce $windows[] as $until (.;
        .of["\($until) \($row.sensor_id)"] |= [.[0] + $value, .[1] + 1])
    | .watermark = ([$watermark, $t - $delay] | max));

in_windows($size; $slide; $delay)
| (.of | to_entries[]
    | (.key | split(" ") | map(tonumber)) as [$until, $sensor]
    | .value as [$sum, $n]
    | "{\"sensor_id\":\($sensor),\"avg_temp\":\(mean($sum; $n) | plain)," +
      "\"n\":\($n),\"window_end\":\"\($until / 1000 | todate)\"}"),
  "{\"late\":\(.late)}"
