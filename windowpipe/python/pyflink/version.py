# version - of the PyFlink whose place this takes.
# SPDX-License-Identifier: ISC
__version__ = '1.20.0'
