CREATE TABLE readings (k0 TIME, v0 SMALLINT, t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k0 TIME, a0 BIGINT, a1 SMALLINT, window_start TIMESTAMP(3), window_end TIMESTAMP(0))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k0, COUNT(DISTINCT v0), STDDEV_SAMP(v0), HOP_START(ts, INTERVAL '10' SECOND, INTERVAL '5' SECOND), HOP_END(ts, INTERVAL '10' SECOND, INTERVAL '5' SECOND)
FROM readings GROUP BY HOP(ts, INTERVAL '10' SECOND, INTERVAL '5' SECOND), k0;
