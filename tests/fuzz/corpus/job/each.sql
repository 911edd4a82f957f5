CREATE TABLE r (a INT, b STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.b.length' = '4');
CREATE TABLE o (x STRING, c INT, z BIGINT) WITH ('connector' = 'print');
INSERT INTO o (z, x) SELECT t.a + 1, (b) || 'x' FROM r AS t WHERE a IS NOT NULL AND NOT (a = 2);
DROP TABLE IF EXISTS q;
