-- sample.sql - the sample's four queries, over a file.  Statements are cut at a
-- semicolon that ends a line; so those inside of the set do not end theirs.
CREATE TABLE readings (sensor_id INT, temperature DECIMAL(6,2),
  measurement_time TIMESTAMP(3), proc_time AS PROCTIME(),
  WATERMARK FOR measurement_time AS measurement_time - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results0 (sensor_id INT, avg_temp DECIMAL(6,2), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}/0', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601', 'json.encode.decimal-as-plain-number' = 'true');
CREATE TABLE results1 WITH ('path' = '${output}/1') LIKE results0;
CREATE TABLE results2 WITH ('path' = '${output}/2') LIKE results0;
CREATE TABLE results3 WITH ('path' = '${output}/3') LIKE results0;
EXECUTE STATEMENT SET BEGIN
INSERT INTO results0 SELECT sensor_id, AVG(temperature), TUMBLE_END(proc_time, INTERVAL '10' SECOND)
  FROM readings GROUP BY TUMBLE(proc_time, INTERVAL '10' SECOND), sensor_id; -- 0
INSERT INTO results1 SELECT sensor_id, AVG(temperature), TUMBLE_END(measurement_time, INTERVAL '10' SECOND)
  FROM readings GROUP BY TUMBLE(measurement_time, INTERVAL '10' SECOND), sensor_id; -- 1
INSERT INTO results2 SELECT sensor_id, AVG(temperature), HOP_END(proc_time, INTERVAL '2' SECOND, INTERVAL '10' SECOND)
  FROM readings GROUP BY HOP(proc_time, INTERVAL '2' SECOND, INTERVAL '10' SECOND), sensor_id; -- 2
INSERT INTO results3 SELECT sensor_id, AVG(temperature), HOP_END(measurement_time, INTERVAL '2' SECOND, INTERVAL '10' SECOND)
  FROM readings GROUP BY HOP(measurement_time, INTERVAL '2' SECOND, INTERVAL '10' SECOND), sensor_id; -- 3
END;
