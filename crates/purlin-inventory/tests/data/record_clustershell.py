"""Records what ClusterShell 1.10.1 makes of folded texts, operations and splits:

    pip install ClusterShell==1.10.1
    python record_clustershell.py > clustershell.json
"""
import json, random
from ClusterShell.NodeSet import NodeSet

TEXTS = [
    "n[1-10]", "n[01-10]", "n[8-105]", "n1,n01,n001,n2", "n[1-2,01-02]", "n[01-99],n[100-105]", "n[1-5/2]",
    "n[0-100/25]", "n[ 1 , 2 ]", "n[1-3]!n2", "n[1-10]!n[2-3]&n[1-5]^n[4-8]", "a,b!a,c", "a&b", "", "  n1  ",
    "b1,a1,a,c1n2,a10,a2", "web0[1-3]", "n1[01-02]", "n[1-2]3", "n[1-2]03", "n[1-2]x[3-4]", "r1n1,r1n2,r2n1",
    "r1n1,r2n2", "r[1-2]n[1-2],r3n1", "r1n1,r1n2,r2n1,r2n2,r2n3", "r[1-2,5]n[01-02]", "x[1-2]y[1-2]z[1-2]",
    "x1y1z1,x1y1z2,x2y2z1", "n[1-2]%s", "n%1", "n[0-9,10-19,100]", "n[00-09,9-12]", "n[09-11],n[9-11]",
    "n[1-5]&n[3-9]", "n1.a2.b3", "12,13", "[1-3]", "[1-3]n", "1n2", "foo[1-2],foo", "n[1-2]-m", "n-[1-2]",
    "n[1-2]-[3-4]", "n_1", "n[1-3] , n5", "n[1-3] ! n2", "n1:2", "n[01-02,1-2,001]", "n[099-101]", "n[0-1],n00",
    "a[1-2]b[3,5],a3b[3,5],a[1-3]b4", "n[1-3/2,4-8/2]", "n[5-5]", "n[1-3]n[1-3]!n2n2", "n[1-2]n[1-2]&n[2-3]n[2-3]",
    "n[1-2]n[1-2]^n[2-3]n[2-3]", "n123456789012345678901234567890", "n[1-3]/2", "a!a", "a,b&c", "x^x",
    "ab[1-2]cd[3-4]ef", "r1n[1-2],r2n1,r[3-9]n[5-6],r[10-12]n[1-9]", "r[1-2]n5,r[5-9]n5,r[1-9]n1",
    "a1b2,a1,a,ab1,a-1,a.1,B1,a1b", "n[01-02,5]&n[5,01]", "n2,n1,n10", "web[08-12],web[8-12]", "n[08-12,1-3,013]",
    "n[1-20]0", "web[01-20/2].ams,db[1-3,7]", "node[000-120/7]", "n[9-11,99-101,999-1001]",
    "n[01-105]", "n[1-010]", "n[001-10]", "n[10-1]", "n[1-5/0]", "n[]", "n[1-]", "n[1,,2]", "n[1-3],!n2", "!n1", "n1,",
    "n1,,n2", ",n1", "n1!", "n[1-2][3-4]", "n[1-2", "n1-2]", "n[a-b]", "n[99-0101]", "n[1--3]", "n[1/2]",
]


def text_case(text):
    try:
        nodes = NodeSet(text)
    except Exception:
        return {"text": text, "error": True}
    return {"text": text, "fold": str(nodes), "names": list(nodes)}


def random_set(draw, dimensions):
    sets = NodeSet()
    for _ in range(draw.randint(1, 6)):
        numbers = []
        for _ in range(dimensions):
            width = draw.choice([1, 1, 2, 3])
            first = draw.randint(0, 10 ** width // 2)
            last = min(first + draw.randint(0, 14 if dimensions == 1 else 3), 10 ** width - 1)
            numbers.append(f"[{first:0{width}}-{last:0{width}}]")
        sets.update("n" + "x".join(numbers))
    return sets


def operation_case(draw, dimensions):
    one, two = random_set(draw, dimensions), random_set(draw, dimensions)
    results = {"union": one | two, "intersection": one & two, "difference": one - two, "xor": one ^ two}
    split = draw.randint(1, 5)
    return {
        "dimensions": dimensions, "one": str(one), "two": str(two),
        **{name: {"fold": str(nodes), "names": list(nodes)} for name, nodes in results.items()},
        "parts": split, "split": [str(nodes) for nodes in one.split(split)],
    }


draw = random.Random(7)
print(json.dumps({
    "texts": [text_case(text) for text in TEXTS],
    "operations": [operation_case(draw, 1) for _ in range(60)] + [operation_case(draw, 2) for _ in range(30)],
}, indent=0))
