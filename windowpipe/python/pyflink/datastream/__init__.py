# datastream - only the environment that StreamTableEnvironment.create() takes.
# SPDX-License-Identifier: ISC
from pyflink import job, unsupported

__getattr__ = unsupported.missing(__name__)


class StreamExecutionEnvironment(unsupported.Partial):
    @staticmethod
    def get_execution_environment(configuration=None):
        made = StreamExecutionEnvironment()
        if configuration is not None:
            for key, value in configuration.to_dict().items():
                job.add(f'SET {job.quoted(key)} = {job.quoted(value)}')
        return made

    def set_parallelism(self, parallelism):
        job.add(f"SET 'parallelism.default' = '{int(parallelism)}'")
        return self

    def enable_checkpointing(self, interval, mode=None):
        job.add(f"SET 'execution.checkpointing.interval' = '{int(interval)} ms'")
        return self

    def add_jars(self, *jars_path):
        """Flink's jars are of no use to windowpipe."""
