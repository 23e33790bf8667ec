#!/usr/bin/env python3
"""Records anew what ansible-core makes of the texts in ansible-literals.json.

Each text stands behind `v=` in a section of variables of an INI inventory. Recorded with ansible-core 2.19.14 on
Python 3.11:

    python3 record-literals.py VENV/bin/ansible-inventory
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).with_name("ansible-literals.json")


def values(texts):
    """The values of all texts; where Ansible fails on some, it is asked about each half."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"v{number}={text}" for number, text in texts]
        pathlib.Path(folder, "hosts.ini").write_text("\n".join(["[g]", "h1", "[g:vars]", *lines, ""]))
        env = dict(os.environ, ANSIBLE_CONFIG="/nonexistent.cfg", HOME=folder, LC_ALL="C.UTF-8")
        run = subprocess.run(
            [sys.argv[1], "-i", "hosts.ini", "--list"], cwd=folder, env=env, capture_output=True, text=True
        )
    try:
        return json.loads(run.stdout)["_meta"]["hostvars"]["h1"]
    except (ValueError, KeyError):
        if len(texts) == 1:
            return {}
        half = len(texts) // 2
        return values(texts[:half]) | values(texts[half:])


def text_of(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


texts = [case["text"] for case in json.loads(DATA.read_text())]
found = values(list(enumerate(texts)))
cases = [
    {"text": text, "json": text_of(found[f"v{number}"]) if f"v{number}" in found else None}
    for number, text in enumerate(texts)
]
DATA.write_text(json.dumps(cases, indent=1) + "\n")
