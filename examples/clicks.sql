-- clicks.sql - a clickstream in sessions: whoever pauses for half an hour begins
-- a new one.
--
--   windowpipe run examples/clicks.sql

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

CREATE TABLE visits (
  person STRING,
  began TIMESTAMP(3),
  ended TIMESTAMP(3),
  clicks BIGINT,
  pages BIGINT
) WITH (
  'connector' = 'print'
);

INSERT INTO visits
SELECT
  person,
  SESSION_START(at_time, INTERVAL '30' MINUTE),
  SESSION_END(at_time, INTERVAL '30' MINUTE),
  COUNT(*),
  COUNT(DISTINCT page)
FROM clicks
GROUP BY SESSION(at_time, INTERVAL '30' MINUTE), person;
