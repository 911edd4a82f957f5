CREATE TABLE readings (v0 DECIMAL(30,0), t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 0), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (a0 DECIMAL(30,0), a1 BIGINT, a2 DECIMAL(38,6), window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT MIN(v0), COUNT(*), STDDEV_SAMP(v0), TUMBLE_START(ts, INTERVAL '10' SECOND), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
