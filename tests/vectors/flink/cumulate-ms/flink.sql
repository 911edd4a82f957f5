SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0.100' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (sum_x INT, d BIGINT, window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT SUM(x), COUNT(DISTINCT x), window_start, window_end
FROM TABLE(CUMULATE(TABLE readings, DESCRIPTOR(ts), INTERVAL '0.125' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
