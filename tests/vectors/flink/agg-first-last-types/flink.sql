SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (k INT, b BOOLEAN, d DECIMAL(10,3), f DOUBLE, s SMALLINT, v VARCHAR(5), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, first_b BOOLEAN, last_b BOOLEAN, first_d DECIMAL(10,3), last_d DECIMAL(10,3), first_f DOUBLE, last_f DOUBLE, first_s SMALLINT, last_s SMALLINT, first_v VARCHAR(5), last_v VARCHAR(5), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, FIRST_VALUE(b), LAST_VALUE(b), FIRST_VALUE(d), LAST_VALUE(d), FIRST_VALUE(f), LAST_VALUE(f), FIRST_VALUE(s), LAST_VALUE(s), FIRST_VALUE(v), LAST_VALUE(v), window_end
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;
