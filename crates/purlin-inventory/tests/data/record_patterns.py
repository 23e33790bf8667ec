"""Records what ansible-core 2.19.14 makes of patterns, and the inventories they were asked of:

    pip install ansible-core==2.19.14
    ANSIBLE_CONFIG=/nonexistent.cfg python record_patterns.py > patterns.json

With arguments, each a folder with case.json, inv/ and expected/patterns.json as `ansible --list-hosts` recorded it, the
inventories and patterns are theirs instead.
"""
import json, os, random, sys, tempfile
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

FLEET = """
[web]
web[01:12].ams
[db]
db[1:6].ams
db[7:9].lon
[lb]
lb1.ams
lb2.lon
[lon]
db[7:9].lon
lb2.lon
[prod]
web[01:08].ams
db[1:3].ams
lb1.ams
[front:children]
web
lb
[app_db]
db1.ams
[webmail]
mail1
web02.ams
[a.b]
mail1
[empty]
[both]
other
"""
ODD = """
both
x[1:3]
fe80::1
web-1
[both]
y1
127.0.0.1
[localhost]
[one.two]
z1
[up:children]
both
"""
PARTS = [
    "all", "web", "db", "lb", "lon", "prod", "front", "app_db", "webmail", "a.b", "empty", "both", "other", "mail1", "*",
    "web*", "*.ams", "db?.*", "web0[1-3]*", "web0[!1-3].*", "[!w]*", "[a-m]*", "w[", "w[]", "[]w]eb", "[!]", "[z-a]*", "[!z-a]*",
    "[--z]*", "[a-c-e]*", "x[1]", "x[0]", "x?", "~web", "~^db[1-3]", "~.*lon", "~eb", "~(web|db)0?1", "~", "~[", "~(", "~*",
    "~a**", "~web{1}0", "~web{,2}0", "~(?i)WEB", "~web\\d+\\Z", "~[[]", "~[^w]", "~\\w+\\.lon$", "~db[1-3", "~\\q",
    "web[0]", "web[-1]", "web[0:5]", "web[3:]", "web[3-]", "web[2:2]", "web[3:0]", "web[0:0]", "db[1-3]", "web[-2:]",
    "web[99]", "web[99:0]", "web[5:99]", "web[-99]", "web*[-1]", "*[3]", "front[10:13]", "empty[0]", "nosuch[0]",
    "web[99999999999999999999]", "web[0:99999999999999999999]", "web[1][0]", "~web[0]", "a.b[0]", "*.ams[2:4]",
    "localhost", "127.0.0.1", "::1", "localhost[0]", "127*", "one.two", "fe80::1", "web-1", "z1", "up", "y1", "nosuch", "WEB",
    "ungrouped", "al*", "u*", "web01.ams", "db7.lon", "web01.ams:22", "[::1]:22", "1:2:3", "", " ", "&", "!", "@x", "~&",
]


def manager(path):
    return InventoryManager(loader=DataLoader(), sources=path)


def shape(sources):
    data = manager(sources)._inventory
    return {
        "hosts": list(data.hosts),
        "groups": [
            {"name": name, "hosts": [h.name for h in group.hosts], "children": [g.name for g in group.child_groups]}
            for name, group in data.groups.items()
        ],
    }


def ask(path, pattern, limit):
    inventory = manager(path)
    try:
        inventory.subset(limit)
        return [str(host) for host in inventory.list_hosts(pattern)]
    except AnsibleError:
        return "error" if limit else []
    except IndexError:
        return "crash"


def random_pattern(draw):
    parts = [draw.choice(["", "", "", "&", "!"]) + draw.choice(PARTS) for _ in range(draw.randint(1, 4))]
    text = parts[0]
    for part in parts[1:]:
        text += draw.choice([":", ":", ":", ",", " ", " , "]) + part
    return text


def main():
    draw, estates = random.Random(11), []
    for folder in sys.argv[1:]:
        case = json.load(open(folder + "/case.json"))
        os.chdir(folder + "/inv")
        asked = json.load(open(folder + "/expected/patterns.json"))
        estates.append({**shape([s for s in case["sources"]]), "asked": [[a["pattern"], a["limit"], a["hosts"] or []] for a in asked]})
    for text in [] if estates else [FLEET, ODD]:
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
            file.write(text)
            file.flush()
            asked = [(part, None) for part in PARTS] + [("all", part) for part in PARTS]
            asked += [(random_pattern(draw), None) for _ in range(400)]
            asked += [(random_pattern(draw), random_pattern(draw)) for _ in range(100)]
            asked = [(p, l) for p, l in asked if "@x" not in (l or "")]
            estates.append({**shape(file.name), "asked": [[p, l, ask(file.name, p, l)] for p, l in asked]})
    print(json.dumps(estates, indent=0))


main()
