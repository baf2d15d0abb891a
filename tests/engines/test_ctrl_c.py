"""Ctrl-C as a call."""

import signal
import threading

import pytest

from chainrule.engines.ctrl_c import ctrl_c_calls


def test_every_ctrl_c_is_heard_wherever_the_main_thread_is():
    pressed = []
    with ctrl_c_calls(lambda: pressed.append(True)):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
    assert len(pressed) == 3
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_handler_comes_back_after_an_error():
    with pytest.raises(ValueError, match="one"), ctrl_c_calls(print):
        raise ValueError("one")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_stays():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:
        with ctrl_c_calls(lambda: 1 / 0):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [True]


def test_other_threads_change_nothing():
    def enter():
        with ctrl_c_calls(print):
            seen.append(signal.getsignal(signal.SIGINT))

    seen = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
