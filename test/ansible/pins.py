"""Says whether the collections that a project pins are the ones that are installed."""

import json
import pathlib
import sys

import ansible_collections
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    pinned = yaml.safe_load(file)["collections"]
home = pathlib.Path(ansible_collections.__path__[0])
wrong = []
for one in pinned:
    manifest = home.joinpath(*one["name"].split("."), "MANIFEST.json")
    have = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
    if have != one["version"]:
        wrong.append(f"{one['name']}: {one['version']} is pinned, {have} is checked")
sys.exit("\n".join(wrong) or 0)
