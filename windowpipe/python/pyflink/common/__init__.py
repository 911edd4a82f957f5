# common - configuration: what a program sets becomes SET statements.
# SPDX-License-Identifier: ISC
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
