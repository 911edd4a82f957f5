CREATE TABLE r (k INT, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
CREATE VIEW minute AS SELECT k, SUM(x) AS sx, window_start, window_end, window_time AS t
  FROM TABLE(TUMBLE(DATA => TABLE r, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end, window_time, k;
SELECT k, MAX(sx) AS m FROM minute GROUP BY TUMBLE(t, INTERVAL '1' HOUR), k;
WITH w AS (SELECT * FROM minute)
SELECT window_end, SUM(CASE sx WHEN 1 THEN 2 ELSE sx END) AS a FROM w GROUP BY window_start, window_end;
