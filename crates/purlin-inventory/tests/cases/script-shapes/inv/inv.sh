#!/bin/sh
cat <<'J'
{"bare": ["b1", "b2"], "lonely": {"k": "v"}, "p": {"hosts": ["b1"], "children": ["bare", "new"], "vars": {"ansible_group_priority": 7, "u": {"__ansible_unsafe": "{{ x }}"}}},
 "dup": {"hosts": ["n[1:2]", "b1:22"], "vars": {}}, "_meta": {"hostvars": {"b1": {"a": [1, {"b": null}], "big": 123456789012345678901234567890}, "ghost": {"z": 1}}}}
J
