-- stream.sql - averages of readings from one Kinesis stream, to another.
--
--   windowpipe run examples/stream.sql --checkpoint /var/lib/averages
--
-- Day and night, whatever is killed meanwhile.  By default from the stream
-- readings to the stream averages, in eu-west-1; --properties FILE names others.

CREATE TABLE readings (
  sensor_id INT,
  temperature DECIMAL(6, 2),
  measurement_time TIMESTAMP(3),
  WATERMARK FOR measurement_time AS measurement_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kinesis',
  'stream' = '${InputStream0.stream.name:-readings}',
  'aws.region' = '${InputStream0.aws.region:-eu-west-1}',
  'scan.stream.initpos' = 'TRIM_HORIZON',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE averages (
  sensor_id INT,
  avg_temp DECIMAL(6, 2),
  window_end TIMESTAMP(3)
) PARTITIONED BY (sensor_id) WITH (
  'connector' = 'kinesis',
  'stream' = '${OutputStream0.stream.name:-averages}',
  'aws.region' = '${OutputStream0.aws.region:-eu-west-1}',
  'format' = 'json'
);

INSERT INTO averages
SELECT sensor_id, AVG(temperature), TUMBLE_END(measurement_time, INTERVAL '10' SECOND)
FROM readings
GROUP BY TUMBLE(measurement_time, INTERVAL '10' SECOND), sensor_id;
