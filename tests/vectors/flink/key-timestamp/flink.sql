SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE readings (a TIMESTAMP(3), b TIMESTAMP_LTZ(3), x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a TIMESTAMP(3), b TIMESTAMP_LTZ(3), n BIGINT, max_x INT, window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT a, b, COUNT(*), MAX(x), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), a, b;
