"""Runs job.sql on Apache Flink by PyFlink, as Managed Flink does it."""
# SPDX-License-Identifier: ISC
import json
import os
import re

MANAGED = '/etc/flink/application_properties.json'
HERE = os.path.dirname(os.path.realpath(__file__))

# A token of SQL: a comment, a text, a quoted name, a placeholder, or one
# character.
TOKEN = re.compile(r"""--[^\n]*|/\*.*?\*/|\$\{[^}]*\}|'(?:[^']|'')*'|`(?:[^`]|``)*`"""
                   r"""|"(?:[^"]|"")*"|.""", re.S)
PLACE = re.compile(r'\$\{(.*?)(?::-(.*?))?\}', re.S)
WRAPPER = re.compile(r'\A(?:EXECUTE\s+STATEMENT\s+SET\s+BEGIN'
                     r'|BEGIN\s+STATEMENT\s+SET|END)\b\s*', re.I)
SET = re.compile(r"SET\s+'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'", re.I)
INSERT = re.compile(r'INSERT\b', re.I)


def fill(text, properties):
    """The token with its placeholders filled, a property's quotes doubled."""
    quote = text[0] if text[0] in '\'`"' else ''

    def value(place):
        if place[1] not in properties:
            if place[2] is None:
                raise KeyError(f'the properties have no {place[1]}')
            return place[2]
        found = properties[place[1]]
        return found.replace(quote, quote * 2) if quote else found
    return PLACE.sub(value, text)


def statements(sql, properties):
    """The statements, without comments, with their properties filled in."""
    one = ''
    for token in TOKEN.findall(sql + ';'):
        if token.startswith(('--', '/*')):
            one += ' '
        elif token == ';':
            statement = WRAPPER.sub('', one.strip()).strip()
            if statement:
                yield statement
            one = ''
        else:
            one += fill(token, properties)


def read(name):
    with open(name, encoding='utf-8') as file:
        return file.read()


def main():
    from pyflink.table import EnvironmentSettings, TableEnvironment

    env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    inserts = env.create_statement_set()
    groups = json.loads(read(
        MANAGED if os.path.exists(MANAGED)
        else os.path.join(HERE, 'application_properties.json')))
    properties = {f"{group['PropertyGroupId']}.{key}": str(value)
                  for group in groups
                  for key, value in group['PropertyMap'].items()}
    for statement in statements(read(os.path.join(HERE, 'job.sql')), properties):
        setting = SET.fullmatch(statement)
        if setting:
            env.get_config().set(setting[1].replace("''", "'"),
                                 setting[2].replace("''", "'"))
        elif INSERT.match(statement):
            inserts.add_insert_sql(statement)
        else:
            env.execute_sql(statement)
    result = inserts.execute()
    if not os.path.exists(MANAGED):
        result.wait()


if __name__ == '__main__':
    main()
