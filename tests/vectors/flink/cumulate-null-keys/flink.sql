SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (a BOOLEAN, b STRING, x DECIMAL(18,6), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a BOOLEAN, b STRING, sum_x DECIMAL(38,6), avg_x DECIMAL(38,6), max_b STRING, vp DECIMAL(38,6), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT a, b, SUM(x), AVG(x), MAX(b), VAR_POP(x), window_end
FROM TABLE(CUMULATE(TABLE readings, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '12' SECOND)) GROUP BY window_start, window_end, a, b;
