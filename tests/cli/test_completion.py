"""What the shell completes: commands, models, data sets and files, options, activations."""

import pytest


@pytest.fixture
def completed(process, empty_directory):
    """The words that bash is offered after some words, the last of which is incomplete."""
    (empty_directory / "iris data.csv").touch()
    (empty_directory / "inner").mkdir()

    def ask(words):
        environment = {
            "_CHAINRULE_COMPLETE": "complete_bash",
            "COMP_WORDS": f"chainrule {words}",
            "COMP_CWORD": str(1 + words.count(" ")),
        }
        return process(environment=environment).succeeded().out.splitlines()

    return ask


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tra", {"train", "trace"}),
        ("train so", {"softmax"}),
        ("train i", {"iris", "iris data.csv", "inner/"}),
        ("train mlp i", {"iris", "iris data.csv", "inner/"}),
        ("train mlp iris --activation si", {"sigmoid"}),
        ("train iris --activation ta", {"tanh"}),
        ("train conv digits --solver ad", {"adam", "adamw"}),
        ("train conv digits --l", {"--label-smoothing", "--labels", "--learning-rate", "--l2", "--layers"}),
        ("train softmax iris --eng", {"--engine"}),
        ("predict in", {"inner/"}),
        ("predict m wi", {"wine"}),
    ],
)
def test_words_are_completed(completed, words, expected):
    assert set(completed(words)) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_printed(process, shell):
    # Typer asks the operating system for the shell, unless this variable lets the command name it.
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "_CHAINRULE_COMPLETE" in process("--show-completion", shell, environment=environment).succeeded().out
