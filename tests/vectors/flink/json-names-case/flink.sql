CREATE TABLE readings (`k` INT, `K` INT, `a b` INT, `a.b` INT, `é` INT, `count` INT, `select` INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, K INT, ab INT, adb INT, e INT, c BIGINT, s INT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, K, SUM(`a b`), SUM(`a.b`), MAX(`é`), COUNT(DISTINCT `count`), MAX(`select`), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k, K;
