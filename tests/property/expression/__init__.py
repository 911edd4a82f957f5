"""A second, slow evaluator of Flink's expressions: from its rules, not from C."""
