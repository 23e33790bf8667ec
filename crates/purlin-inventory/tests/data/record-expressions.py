#!/usr/bin/env python3
"""Records anew what ansible-core makes of the expressions in ansible-expressions.json.

Each is a `compose` value of a lenient constructed inventory; where Ansible sets no variable the value is missing. Texts that
are not trusted begin with a `!` and lose their wrapping. An expression to be added is an entry without `json`. Recorded
with ansible-core 2.19.14 on Python 3.11:

    python3 record-expressions.py VENV/bin/ansible-inventory
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).with_name("ansible-expressions.json")

VARS = {
    "env": "prod",
    "os": "debian",
    "site": "ams",
    "weird": "a-b.c d",
    "nested": "{{ site }}-x",
    "yes_s": "yes",
    "s2": "{{ n }}",
    "und": "{{ nope }}",
    "empty": "",
    "n": 1,
    "f": 1.5,
    "nn": None,
    "mem": "12",
    "dd": {"k": "v", "z": 2},
    "lst": ["a", "b"],
}


def values(entries):
    """The values of all expressions, where Ansible makes one."""
    compose = {f"x{number:04}": entry["text"] for number, entry in enumerate(entries)}
    plugin = {"plugin": "constructed", "strict": False, "compose": compose}
    with tempfile.TemporaryDirectory() as folder:
        hosts = {"web": {"hosts": {"w1": VARS}}}
        pathlib.Path(folder, "hosts.json").write_text(json.dumps(hosts))
        pathlib.Path(folder, "constructed.yml").write_text(json.dumps(plugin))
        env = dict(os.environ, ANSIBLE_CONFIG="/nonexistent.cfg", HOME=folder, LC_ALL="C.UTF-8")
        command = [sys.argv[1], "-i", "hosts.json", "-i", "constructed.yml", "--list"]
        run = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    return json.loads(run.stdout)["_meta"]["hostvars"]["w1"]


def shown(value):
    """A value with `!` before the texts that are not trusted."""
    if isinstance(value, dict):
        if list(value) == ["__ansible_unsafe"]:
            return "!" + value["__ansible_unsafe"]
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


def main():
    entries = json.loads(DATA.read_text())
    found = values(entries)
    for number, entry in enumerate(entries):
        entry.pop("json", None)
        if f"x{number:04}" in found:
            entry["json"] = shown(found[f"x{number:04}"])
    rows = ",\n".join(" " + json.dumps(entry, ensure_ascii=False) for entry in entries)
    DATA.write_text(f"[\n{rows}\n]\n")


main()
