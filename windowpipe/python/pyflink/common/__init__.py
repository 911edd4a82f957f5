# common - configuration: what a program sets becomes SET statements; the job as
# its program sees it.
# SPDX-License-Identifier: ISC
import enum

from pyflink import job, unsupported

__getattr__ = unsupported.missing(__name__)


class Configuration(unsupported.Partial):
    """Keys and values; those of a running environment are also statements."""

    def __init__(self, live=False):
        self._values = {}
        self._live = live

    def set_string(self, key, value):
        self._values[key] = str(value)
        # Where Flink's jars lie is of no use to windowpipe.
        if self._live and key not in ('pipeline.jars', 'pipeline.classpaths'):
            job.add(f'SET {job.quoted(key)} = {job.quoted(value)}')
        return self

    def set_boolean(self, key, value):
        return self.set_string(key, 'true' if value else 'false')

    set_integer = set_float = set_string

    def get_string(self, key, default_value=None):
        return self._values.get(key, default_value)

    def contains_key(self, key):
        return key in self._values

    def to_dict(self):
        return dict(self._values)

    def add_all(self, other, prefix=None):
        for key, value in other.to_dict().items():
            self.set_string((prefix or '') + key, value)
        return self


JobStatus = enum.Enum('JobStatus', 'INITIALIZING CREATED RUNNING FAILING FAILED '
                      'CANCELLING CANCELED FINISHED RESTARTING SUSPENDED '
                      'RECONCILING')


class CompletableFuture(unsupported.Partial):
    """What is known at once."""

    def __init__(self, value):
        self._value = value

    def result(self):
        return self._value


class JobClient(unsupported.Partial):
    """Of a job that runs when the program has ended."""

    def get_job_status(self):
        return CompletableFuture(JobStatus.INITIALIZING)
