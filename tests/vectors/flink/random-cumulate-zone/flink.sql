SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE readings (k0 DECIMAL(19,10), v0 TIME, ts TIMESTAMP_LTZ(1), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k0 FLOAT, a0 DOUBLE, window_start TIMESTAMP_LTZ(0), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k0, COUNT(v0), window_start, window_end
FROM TABLE(CUMULATE(TABLE readings, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k0;
