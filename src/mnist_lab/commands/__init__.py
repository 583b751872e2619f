"""The command line, one file a command or group: parse, call one function, print, leave with an exit code.

Every command stands in :data:`mnist_lab.commands.table.COMMANDS`, and its file is imported when it is called.
"""
