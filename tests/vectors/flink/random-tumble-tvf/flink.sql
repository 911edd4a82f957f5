SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (k0 VARCHAR(1), v0 CHAR(2), ts TIMESTAMP(3), wt AS ts - INTERVAL '0 07:34:37.000' DAY(3) TO SECOND(3), WATERMARK FOR wt AS wt - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (a1 BIGINT, a0 BIGINT, window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(2), k0 VARCHAR(1))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601', 'json.encode.decimal-as-plain-number' = 'true');
INSERT INTO results SELECT COUNT(*), COUNT(v0), window_start + INTERVAL '0 07:34:37.000' DAY(3) TO SECOND(3), window_end + INTERVAL '0 07:34:37.000' DAY(3) TO SECOND(3), k0
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(wt), INTERVAL '8' HOUR)) GROUP BY window_start, window_end, k0;
