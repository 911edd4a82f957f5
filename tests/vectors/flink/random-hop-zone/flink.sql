SET 'table.local-time-zone' = 'Asia/Shanghai';
CREATE TABLE readings (v0 FLOAT, v1 DOUBLE, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (a0 DECIMAL(20,20), a1 DECIMAL(38,1), a2 DECIMAL(19,1), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT STDDEV_POP(v1), MAX(v0), STDDEV_SAMP(v1), HOP_END(ts, INTERVAL '30' MINUTE, INTERVAL '60' MINUTE)
FROM readings GROUP BY HOP(ts, INTERVAL '30' MINUTE, INTERVAL '60' MINUTE);
