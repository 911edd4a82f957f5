-- sliding.sql - the lowest price of each stock in ten seconds, every five.
--
--   windowpipe run examples/sliding.sql

CREATE TABLE ticks (
  ticker STRING,
  price DECIMAL(8, 2),
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${Ticks.path:-examples/data/ticks.ndjson}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE lowest (
  ticker STRING,
  price DECIMAL(8, 2),
  stream_time STRING
) WITH (
  'connector' = 'print'
);

INSERT INTO lowest
SELECT ticker, MIN(price),
  CAST(HOP_END(event_time, INTERVAL '5' SECOND, INTERVAL '10' SECOND) AS STRING)
FROM ticks
GROUP BY HOP(event_time, INTERVAL '5' SECOND, INTERVAL '10' SECOND), ticker;
