CREATE TABLE r (`user name` STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
SELECT u, n, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC) AS rn
  FROM (SELECT UPPER(`user name`) AS u, COUNT(*) AS n, window_start, window_end
    FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, UPPER(`user name`))) WHERE rn <= 3 AND n > 1;
