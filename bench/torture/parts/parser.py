"""Parses the newest conversation of a folder so many times: parser.py DIRECTORY COUNT."""

import json
import os
import sys

directory, wanted = sys.argv[1], int(sys.argv[2])


def find_newest():
    names = [n for n in os.listdir(directory) if n.startswith("conversation") and n.endswith(".json")]
    return os.path.join(directory, max(names)) if names else None


failures, path, last, versions, parses = [], None, -1, 0, 0
while parses < wanted and len(failures) < 10:
    path = path or find_newest()
    if path is None:
        continue
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        counters = [m for m in document["conversation"] if m["id"] == "counter"]
        version = int(counters[0]["content"]) if counters else last
        if version < last:
            failures.append(f"version {version} after {last}")
        if document["integrity"]["dropped"] != 0:
            failures.append("something was dropped")
        versions += version > last
        last = version
        if document["session"]["status"] != "open":
            path = None
    except (OSError, ValueError, KeyError) as error:
        failures.append(f"{path}: {error}")
    parses += 1
    if parses % 1000 == 0:
        print(parses, file=sys.stderr, flush=True)
print(json.dumps({"parses": parses, "versions": versions, "failures": failures}))
