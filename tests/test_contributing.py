"""The recipes of CONTRIBUTING.md run as they stand, and its map names every room."""

import re
from pathlib import Path

import pytest

import chainrule
from chainrule import networks, rules

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROOT = Path(chainrule.__file__).parent
NO_ROOMS = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}


@pytest.fixture
def recipes():
    """The Python code of all recipes; the layer that they register is forgotten afterwards."""
    yield "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    networks.unregister_layer("gained tanh")


def test_the_recipes_run(recipes):
    made = {}
    exec(compile(recipes, "CONTRIBUTING.md", "exec"), made)
    assert isinstance(made["gained_tanh"], rules.Rule)
    assert str(made["GainedTanh"](3)) == "gained tanh 3"


def test_the_map_names_every_room():
    rooms = set(re.findall(r"`(\w+(?:\.py)?)`", TEXT.partition("## Commands")[0]))
    assert {path.name for path in ROOT.iterdir()} - NO_ROOMS <= rooms


def test_every_file_that_is_named_exists():
    named = re.findall(
        r"`((?:src|tests|docs)/[\w/.]+\.py|(?:rules|checking|networks|estimators|kernels|solvers)/\w+\.py)`", TEXT
    )
    root = ROOT.parents[1]
    missing = [name for name in named if not any((top / name).is_file() for top in (root, ROOT)) and "NAME" not in name]
    assert missing == ["kernels/FAMILY.py"]
