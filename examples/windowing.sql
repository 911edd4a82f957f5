-- windowing.sql - averages of sensors in tumbling and sliding windows, by
-- processing time and by event time, into four Kinesis streams.
-- SPDX-License-Identifier: ISC
--
--     windowpipe run examples/windowing.sql --local --for 60s
--
-- ${Group.key} is filled from application_properties.json.

CREATE TABLE sensor_readings (
    sensor_id        INT,
    temperature      NUMERIC(6, 2),
    measurement_time TIMESTAMP(3),
    proc_time        AS PROCTIME(),
    WATERMARK FOR measurement_time AS measurement_time - INTERVAL '5' SECOND
) WITH (
    'connector' = 'datagen',
    'fields.sensor_id.min' = '10',
    'fields.sensor_id.max' = '20',
    'fields.temperature.min' = '0',
    'fields.temperature.max' = '100'
);

CREATE TABLE tumbling_processing (
    sensor_id  INT,
    avg_temp   NUMERIC(6, 2),
    window_end TIMESTAMP_LTZ(3)
) PARTITIONED BY (sensor_id) WITH (
    'connector' = 'kinesis',
    'stream' = '${OutputStream0.stream.name}',
    'aws.region' = '${OutputStream0.aws.region}',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'json.encode.decimal-as-plain-number' = 'true'
);

CREATE TABLE tumbling_event (
    sensor_id  INT,
    avg_temp   NUMERIC(6, 2),
    window_end TIMESTAMP_LTZ(3)
) PARTITIONED BY (sensor_id) WITH (
    'connector' = 'kinesis',
    'stream' = '${OutputStream1.stream.name}',
    'aws.region' = '${OutputStream1.aws.region}',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'json.encode.decimal-as-plain-number' = 'true'
);

CREATE TABLE sliding_processing (
    sensor_id  INT,
    avg_temp   NUMERIC(6, 2),
    window_end TIMESTAMP_LTZ(3)
) PARTITIONED BY (sensor_id) WITH (
    'connector' = 'kinesis',
    'stream' = '${OutputStream2.stream.name}',
    'aws.region' = '${OutputStream2.aws.region}',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'json.encode.decimal-as-plain-number' = 'true'
);

CREATE TABLE sliding_event (
    sensor_id  INT,
    avg_temp   NUMERIC(6, 2),
    window_end TIMESTAMP_LTZ(3)
) PARTITIONED BY (sensor_id) WITH (
    'connector' = 'kinesis',
    'stream' = '${OutputStream3.stream.name}',
    'aws.region' = '${OutputStream3.aws.region}',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'json.encode.decimal-as-plain-number' = 'true'
);

EXECUTE STATEMENT SET BEGIN

INSERT INTO tumbling_processing
SELECT sensor_id,
       AVG(temperature),
       TUMBLE_END(proc_time, INTERVAL '10' SECONDS)
FROM sensor_readings
GROUP BY TUMBLE(proc_time, INTERVAL '10' SECONDS), sensor_id;

INSERT INTO tumbling_event
SELECT sensor_id,
       AVG(temperature),
       TUMBLE_END(measurement_time, INTERVAL '10' SECONDS)
FROM sensor_readings
GROUP BY TUMBLE(measurement_time, INTERVAL '10' SECONDS), sensor_id;

INSERT INTO sliding_processing
SELECT sensor_id,
       AVG(temperature),
       HOP_END(proc_time, INTERVAL '2' SECONDS, INTERVAL '10' SECONDS)
FROM sensor_readings
GROUP BY HOP(proc_time, INTERVAL '2' SECONDS, INTERVAL '10' SECONDS), sensor_id;

INSERT INTO sliding_event
SELECT sensor_id,
       AVG(temperature),
       HOP_END(measurement_time, INTERVAL '2' SECONDS, INTERVAL '10' SECONDS)
FROM sensor_readings
GROUP BY HOP(measurement_time, INTERVAL '2' SECONDS, INTERVAL '10' SECONDS),
         sensor_id;

END;
