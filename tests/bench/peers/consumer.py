"""consumer - aws-kinesis-consumer by its own parts, but with an end.

usage: consumer.py STREAM URL RECORDS

SPDX-License-Identifier: ISC
"""

import os
import sys

from aws_kinesis_consumer.aws.aws_services_factory import AWSServicesFactory
from aws_kinesis_consumer.configuration.factory import ConfigurationFactory
from aws_kinesis_consumer.kinesis.stream import Stream
from aws_kinesis_consumer.ui.printer import Printer


class CountingPrinter(Printer):
    """What it prints of its progress is no part of the work."""

    def __init__(self):
        super().__init__()
        self.channel_notification = open(os.devnull, "w", encoding="ascii")
        self.n = 0

    def data(self, data_in_bytes):
        super().data(data_in_bytes)
        self.n += 1


def main():
    printer = CountingPrinter()
    stream = Stream(
        aws_services_factory=AWSServicesFactory(), printer=printer,
        configuration=ConfigurationFactory().create_configuration([
            "--stream-name", sys.argv[1], "--endpoint", sys.argv[2],
            "--region", "us-east-1", "--iterator-type", "trim-horizon",
            "--max-records-per-request", "10000"]))
    stream.prepare()
    while printer.n < int(sys.argv[3]):
        stream.print_records()


main()
