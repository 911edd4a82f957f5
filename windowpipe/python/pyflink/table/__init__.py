# table - the Table API, as far as it takes SQL as text.
# SPDX-License-Identifier: ISC
from pyflink import job, unsupported
from pyflink.common import Configuration, JobClient

__getattr__ = unsupported.missing(__name__)


class EnvironmentSettings(unsupported.Partial):
    def __init__(self, configuration=None):
        self.configuration = configuration or Configuration()

    @staticmethod
    def in_streaming_mode():
        return EnvironmentSettings()

    @staticmethod
    def in_batch_mode():
        unsupported.refuse('batch mode')

    @staticmethod
    def new_instance():
        return _Builder()

    def get_configuration(self):
        return self.configuration

    def is_streaming_mode(self):
        return True


class _Builder(unsupported.Partial):
    def __init__(self):
        self.configuration = None

    def in_streaming_mode(self):
        return self

    def in_batch_mode(self):
        unsupported.refuse('batch mode')

    def with_configuration(self, configuration):
        self.configuration = configuration
        return self

    def build(self):
        return EnvironmentSettings(self.configuration)


class TableConfig(unsupported.Partial):
    def __init__(self):
        self._configuration = Configuration(live=True)

    def get_configuration(self):
        return self._configuration

    def set(self, key, value):
        self._configuration.set_string(key, value)
        return self

    def get(self, key, default_value):
        return self._configuration.get_string(key, default_value)

    def set_local_timezone(self, timezone_id):
        self.set('table.local-time-zone', timezone_id)

    def add_configuration(self, configuration):
        self._configuration.add_all(configuration)


class TableResult(unsupported.Partial):
    """Of a job that runs when the program has ended."""

    def wait(self, timeout_ms=None):
        """Returns at once: the job has not begun."""

    def print(self):
        """The rows of a query go to standard output in any case."""

    def get_job_client(self):
        return JobClient()


class Table(unsupported.Partial):
    def __init__(self, query):
        self._query = query

    def execute(self):
        job.add(self._query)
        return TableResult()

    def execute_insert(self, table_path, overwrite=False):
        if overwrite:
            unsupported.refuse('INSERT OVERWRITE')
        job.add(f'INSERT INTO {job.name_of(table_path)} {self._query}')
        return TableResult()


class StatementSet(unsupported.Partial):
    def __init__(self):
        self._inserts = []

    def add_insert_sql(self, stmt):
        self._inserts.append(stmt)
        return self

    def add_insert(self, target_path, table, overwrite=False):
        if overwrite:
            unsupported.refuse('INSERT OVERWRITE')
        return self.add_insert_sql(
            f'INSERT INTO {job.name_of(target_path)} {table._query}')

    def execute(self):
        for insert in self._inserts:
            job.add(insert)
        self._inserts = []
        return TableResult()


class TableEnvironment(unsupported.Partial):
    def __init__(self, settings=None):
        self._config = TableConfig()
        if isinstance(settings, EnvironmentSettings):
            settings = settings.get_configuration()
        if settings is not None:
            self._config.add_configuration(settings)

    @staticmethod
    def create(environment_settings=None):
        return TableEnvironment(environment_settings)

    def get_config(self):
        return self._config

    def execute_sql(self, stmt):
        job.add(stmt)
        return TableResult()

    def sql_query(self, query):
        return Table(query.strip().rstrip(';'))

    def from_path(self, path):
        return Table(f'SELECT * FROM {job.name_of(path)}')

    def create_temporary_view(self, view_path, table):
        if not isinstance(table, Table):
            unsupported.refuse('a view of a DataStream')
        job.add(f'CREATE TEMPORARY VIEW {job.name_of(view_path)} '
                f'AS {table._query}')

    def create_statement_set(self):
        return StatementSet()


class StreamTableEnvironment(TableEnvironment):
    @staticmethod
    def create(stream_execution_environment=None, environment_settings=None):
        return StreamTableEnvironment(environment_settings)
