SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
SET 'table.local-time-zone' = 'America/Sao_Paulo';
CREATE TABLE readings (k0 BOOLEAN, v0 SMALLINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a1 SMALLINT, a4 BIGINT, a3 SMALLINT, a2 SMALLINT, a5 SMALLINT, window_start TIMESTAMP(0), k0 BOOLEAN, window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT SUM(v0), COUNT(*), VAR_SAMP(v0), AVG(v0), STDDEV_POP(v0), window_start, k0, window_end
FROM TABLE(SESSION(TABLE readings PARTITION BY k0, DESCRIPTOR(ts), INTERVAL '60' SECOND)) GROUP BY window_start, window_end, k0;
