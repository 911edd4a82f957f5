SET 'table.local-time-zone' = 'Pacific/Chatham';
CREATE TABLE readings (k INT, x INT, ts TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' MINUTE)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, n BIGINT, s INT, mi TIMESTAMP(3), ma TIMESTAMP_LTZ(3), window_start TIMESTAMP(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, COUNT(*), SUM(x), MIN(ts), MAX(ts), HOP_START(ts, INTERVAL '6' HOUR, INTERVAL '1' DAY), HOP_END(ts, INTERVAL '6' HOUR, INTERVAL '1' DAY)
FROM readings GROUP BY HOP(ts, INTERVAL '6' HOUR, INTERVAL '1' DAY), k;
