"""The command line, one file a command group: parse, call one function, print, leave with an exit code.

A command's file imports at its top only what reading its options needs; what it calls is imported where it is called,
so that ``--help`` and the completion of a word never wait for pydantic, Rich, pandas or numpy.
"""
