-- sensors.sql - rooms that were too warm or too cold for most of ten minutes.
--
--   windowpipe run examples/sensors.sql
--
-- A filter of rows, CASE, an aggregate's own FILTER, and HAVING.

CREATE TABLE readings (
  room STRING,
  celsius DECIMAL(5, 2),
  ok BOOLEAN,
  measured TIMESTAMP(3),
  WATERMARK FOR measured AS measured - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${Readings.path:-examples/data/readings.ndjson}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE uncomfortable (
  room STRING,
  `from` TIMESTAMP(3),
  feels STRING,
  mean DECIMAL(5, 2),
  outside BIGINT,
  readings BIGINT
) WITH (
  'connector' = 'print'
);

INSERT INTO uncomfortable
SELECT
  room,
  window_start,
  CASE WHEN AVG(celsius) > 22 THEN 'warm' WHEN AVG(celsius) < 19 THEN 'cold' ELSE 'unsteady' END,
  AVG(celsius),
  COUNT(*) FILTER (WHERE celsius NOT BETWEEN 19 AND 22),
  COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(measured), INTERVAL '10' MINUTE))
WHERE ok
GROUP BY window_start, window_end, room
HAVING COUNT(*) FILTER (WHERE celsius NOT BETWEEN 19 AND 22) * 2 > COUNT(*);
