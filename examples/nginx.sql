-- nginx.sql - access logs: the classes of status and the slowest paths of each
-- minute.
--
--   windowpipe run examples/nginx.sql
--
-- The logs are the files of a folder, compressed ones too, read in the order of
-- their names.  nginx writes such lines with
--
--   log_format json escape=json '{"msec":"$msec","path":"$uri",'
--       '"status":$status,"request_time":$request_time}';

CREATE TABLE access (
  msec STRING,
  path STRING,
  status INT,
  request_time DECIMAL(9, 3),
  at_time AS TO_TIMESTAMP_LTZ(CAST(CAST(msec AS DECIMAL(16, 3)) * 1000 AS BIGINT), 3),
  WATERMARK FOR at_time AS at_time - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = '${Access.path:-examples/data/access}',
  'format' = 'json'
);

CREATE TABLE classes (
  window_end TIMESTAMP_LTZ(3),
  class STRING,
  requests BIGINT,
  slowest DECIMAL(9, 3),
  mean DECIMAL(9, 3)
) WITH (
  'connector' = 'print'
);

CREATE TABLE slow (
  window_end TIMESTAMP_LTZ(3),
  place BIGINT,
  path STRING,
  slowest DECIMAL(9, 3)
) WITH (
  'connector' = 'print'
);

CREATE VIEW classed AS
SELECT at_time, CONCAT(CAST(status / 100 AS STRING), 'xx') AS class, request_time
FROM access;

EXECUTE STATEMENT SET BEGIN

INSERT INTO classes
SELECT window_end, class, COUNT(*), MAX(request_time), AVG(request_time)
FROM TABLE(TUMBLE(TABLE classed, DESCRIPTOR(at_time), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, class;

INSERT INTO slow
SELECT window_end, place, path, slowest
FROM (
  SELECT *, ROW_NUMBER() OVER (
      PARTITION BY window_start, window_end ORDER BY slowest DESC) AS place
  FROM (
    SELECT window_start, window_end, path, MAX(request_time) AS slowest
    FROM TABLE(TUMBLE(TABLE access, DESCRIPTOR(at_time), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, path
  )
)
WHERE place <= 10;

END;
