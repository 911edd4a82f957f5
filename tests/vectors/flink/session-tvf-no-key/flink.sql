CREATE TABLE readings (x BIGINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (sum_x BIGINT, avg_x BIGINT, min_x BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT SUM(x), AVG(x), MIN(x), window_start, window_end
FROM TABLE(SESSION(TABLE readings, DESCRIPTOR(ts), INTERVAL '2.500' SECOND)) GROUP BY window_start, window_end;
