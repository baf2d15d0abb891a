"""The places in which progress is shown; tests/test_progress.py has terminals and logs."""

import sys
from types import SimpleNamespace

import pytest

from chainrule import progress
from chainrule.progress import ProgressLine, counted, shown, tell
from chainrule.progress_screens import Log, Notebook, Terminal, bar_of, screen


@pytest.fixture
def cell(monkeypatch):
    """A kernel of IPython that keeps the states of every output, one list per output."""
    outputs = []

    def display(bundle, *, raw, display_id):
        assert raw
        assert display_id
        states = [bundle]
        outputs.append(states)
        return SimpleNamespace(update=lambda bundle, *, raw: states.append(bundle))

    kernel = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: kernel, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return outputs


def test_a_notebook_is_known_by_its_kernel(cell, monkeypatch):
    assert isinstance(screen(), Notebook)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace())
    assert isinstance(screen(), Log), "the shell of IPython is a terminal, or a log"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(screen(), Terminal)
    monkeypatch.delitem(sys.modules, "IPython")
    assert isinstance(screen(), Terminal)


def test_one_output_holds_the_bar_and_is_empty_in_the_end(cell, capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with shown(True):
        line = progress._current.get()
        add = counted("rows of <x>", 8)
        for seconds in (3.0, 6.0):
            now[0] = seconds
            add(2)
            line.refresh()
        tell("step 1")
        now[0] = 9.0
        line.refresh()
    [states] = cell
    assert states[0] == {
        "text/html": '<progress max="1" value="0.2500"></progress> rows of &lt;x&gt;: 2 of 8 rows, 9.0 s left',
        "text/plain": "rows of <x>: 2 of 8 rows, 9.0 s left",
    }
    assert states[1]["text/html"].startswith('<progress max="1" value="0.5000"></progress>')
    assert states[-1] == {"text/html": "", "text/plain": ""}
    assert capsys.readouterr() == ("step 1\n", "")


def test_a_state_that_is_to_stay_stays(cell):
    with ProgressLine(quiet=0.0) as line:
        line.show("3 of 3")
    assert cell[0][-1] == {"text/html": "3 of 3", "text/plain": "3 of 3"}


def test_quick_work_shows_nothing(cell):
    with shown(True):
        counted("rows", 8)(8)
    assert cell == []


def test_bars_show_the_share():
    assert bar_of("a", 1.0) == '<progress max="1" value="1.0000"></progress> a'
