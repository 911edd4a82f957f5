CREATE TABLE readings (k INT, p0 TIMESTAMP_LTZ(0), p1 TIMESTAMP_LTZ(1), p2 TIMESTAMP_LTZ(2), p3 TIMESTAMP_LTZ(3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (k INT, mi0 TIMESTAMP_LTZ(0), ma0 TIMESTAMP_LTZ(3), d0 BIGINT, mi1 TIMESTAMP_LTZ(1), ma1 TIMESTAMP_LTZ(3), d1 BIGINT, mi2 TIMESTAMP_LTZ(2), ma2 TIMESTAMP_LTZ(0), d2 BIGINT, mi3 TIMESTAMP_LTZ(3), ma3 TIMESTAMP_LTZ(3), d3 BIGINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(p0), MAX(p0), COUNT(DISTINCT p0), MIN(p1), MAX(p1), COUNT(DISTINCT p1), MIN(p2), MAX(p2), COUNT(DISTINCT p2), MIN(p3), MAX(p3), COUNT(DISTINCT p3), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
