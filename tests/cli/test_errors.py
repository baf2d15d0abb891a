"""Errors of the command line are one line."""

from chainrule.cli.errors import CommandError, one_line


def test_line_breaks_become_spaces_and_long_messages_end():
    assert one_line(ValueError("one\n  two\tthree")) == "one two three"
    assert len(one_line("x" * 1000)) == 300


def test_an_error_without_a_message_shows_its_kind():
    assert one_line(KeyError()) == "KeyError"


def test_an_error_has_an_exit_status():
    assert CommandError("wrong").status == 1
    assert CommandError("usage", 2).status == 2
