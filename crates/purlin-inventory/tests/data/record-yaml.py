#!/usr/bin/env python3
"""Records anew what ansible-core makes of the texts in ansible-yaml.json.

Each text is read as host_vars/h1.yml. Recorded with ansible-core 2.19.14, PyYAML 6.0.3 and libyaml 0.2.5:

    python3 record-yaml.py VENV/bin/ansible-inventory
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).with_name("ansible-yaml.json")


def record(case):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "hosts.ini").write_text("h1\n")
        (root / "host_vars").mkdir()
        (root / "host_vars/h1.yml").write_bytes(case["text"].encode())
        env = dict(os.environ, ANSIBLE_CONFIG="/nonexistent.cfg", HOME=folder, COLUMNS="10000", LC_ALL="C.UTF-8")
        run = subprocess.run(
            [sys.argv[1], "-i", "hosts.ini", "--list"], cwd=folder, env=env, capture_output=True, text=True
        )
    recorded = {"name": case["name"], "text": case["text"]}
    if run.returncode == 0:
        value = json.loads(run.stdout)["_meta"]["hostvars"].get("h1", {})
        recorded["json"] = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    else:
        said = run.stderr.replace(folder, "").splitlines()
        errors = [line.removeprefix("[ERROR]: ") for line in said if line.startswith("[ERROR]")]
        recorded["error"] = (errors or said)[0]
    return recorded


cases = [record(case) for case in json.loads(DATA.read_text())]
DATA.write_text(json.dumps(cases, indent=1) + "\n")
