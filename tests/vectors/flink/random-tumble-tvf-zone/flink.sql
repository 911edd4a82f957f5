SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
SET 'table.local-time-zone' = 'America/Sao_Paulo';
CREATE TABLE readings (k0 SMALLINT, v0 DATE, ts TIMESTAMP(1), WATERMARK FOR ts AS ts - INTERVAL '24' HOUR)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (k0 SMALLINT, a0 DATE, a1 DOUBLE, window_start TIMESTAMP_LTZ(0), window_end TIMESTAMP(6))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k0, MAX(v0), COUNT(*), window_start, window_end
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '48' HOUR)) GROUP BY window_start, window_end, k0;
