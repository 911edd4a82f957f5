CREATE TABLE r (k INT, x DECIMAL(6,2), s STRING, ts TIMESTAMP(3), p AS PROCTIME(), y AS x * 2,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen', 'fields.k.min' = '1', 'fields.k.max' = '3');
CREATE TABLE o (k INT, a DECIMAL(6,2), n BIGINT, e TIMESTAMP_LTZ(3) NOT NULL) PARTITIONED BY (k)
  WITH ('connector' = 'kinesis', 'stream' = 'out', 'aws.region' = 'us-east-1', 'format' = 'json');
CREATE TABLE b (k INT, n BIGINT) WITH ('connector' = 'blackhole');
SET 'table.local-time-zone' = 'UTC';
EXECUTE STATEMENT SET BEGIN
INSERT INTO o SELECT k, AVG(x), COUNT(*) FILTER (WHERE x > 1), TUMBLE_END(ts, INTERVAL '10' SECOND) FROM r
  WHERE s LIKE 'a%' GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k HAVING SUM(x) > 3;
INSERT INTO b SELECT k, COUNT(DISTINCT s) FROM r GROUP BY HOP(p, INTERVAL '2' SECOND, INTERVAL '10' SECOND), k;
END;
