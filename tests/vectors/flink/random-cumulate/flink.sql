SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (k0 DECIMAL(12,12), v0 SMALLINT, v1 FLOAT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k0 FLOAT, a0 FLOAT, a1 DOUBLE, a2 SMALLINT, a3 DECIMAL(38,5), window_end TIMESTAMP_LTZ(2))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k0, STDDEV_POP(v1), COUNT(v0), STDDEV_POP(v0), COUNT(*), window_end
FROM TABLE(CUMULATE(TABLE readings, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '3' SECOND)) GROUP BY window_start, window_end, k0;
