"""The table of commands and the commands themselves."""

from __future__ import annotations

import pytest

from mnist_lab.commands.table import COMMANDS, CommandEntry, load


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_a_command_is_listed_with_the_first_sentence_of_its_help(command: CommandEntry) -> None:
    loaded = load(command)
    assert loaded.name == command.name
    assert " ".join(loaded.help.partition("\n\n")[0].split()) == command.help
