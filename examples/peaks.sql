-- peaks.sql - a window over a window: the busiest minute of each hour.
--
--   windowpipe run examples/peaks.sql

CREATE TABLE clicks (
  person STRING,
  page STRING,
  at_time TIMESTAMP(3),
  WATERMARK FOR at_time AS at_time - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = '${Clicks.path:-examples/data/clicks.ndjson}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE peaks (
  hour_end TIMESTAMP(3),
  busiest BIGINT,
  minutes BIGINT
) WITH (
  'connector' = 'print'
);

CREATE VIEW a_minute AS
SELECT window_time AS minute_time, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(at_time), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, window_time;

INSERT INTO peaks
SELECT window_end, MAX(n), COUNT(*)
FROM TABLE(TUMBLE(TABLE a_minute, DESCRIPTOR(minute_time), INTERVAL '1' HOUR))
GROUP BY window_start, window_end;
