SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE readings (k INT, x INT, ts TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '10' MINUTE)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, n BIGINT, s INT, window_start TIMESTAMP(3), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, COUNT(*), SUM(x), window_start, window_end
FROM TABLE(HOP(TABLE readings, DESCRIPTOR(ts), INTERVAL '30' MINUTE, INTERVAL '90' MINUTE)) GROUP BY window_start, window_end, k;
