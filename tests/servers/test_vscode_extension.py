"""The extension for VS Code goes with the server and the version that it is kept beside."""

import json
import tomllib
from pathlib import Path

import chainrule
from chainrule.servers.language_server import FORMATS

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "editors/vscode/package.json").read_text())


def test_the_extension_has_the_version_and_licence_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (MANIFEST["version"], MANIFEST["license"]) == (chainrule.__version__, project["license"])


def test_the_server_knows_every_language_that_starts_it():
    languages = [event.removeprefix("onLanguage:") for event in MANIFEST["activationEvents"]]
    assert languages
    assert set(languages) <= set(FORMATS)
    assert f"const LANGUAGES = {languages!s}" in (ROOT / "editors/vscode/extension.js").read_text()


def test_a_folder_cannot_set_the_command():
    """What stands in a cloned folder's settings must not choose the program that VS Code starts."""
    assert MANIFEST["contributes"]["configuration"]["properties"]["chainrule.command"]["scope"] == "machine"
