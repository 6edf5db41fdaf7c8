#!/usr/bin/python3
"""Replays mutated documents against our checker and against python3-jsonschema.

usage: schema_replay.py PATH_OF_schema_replay

For every schema, valid and invalid documents are made from the schema itself, so that every keyword at every place is
violated at least once. What Draft7Validator refuses, our checker must refuse too. What it accepts, our checker must
accept, but for the differences that explained() lists. Published documents are mutated as well where a reference
folder lies beside the repository.

Exits 1 when a document is missed, refused without an explanation, or a keyword was never violated.
"""

import collections
import copy
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import jsonschema

try:
    from re import _constants as sre, _parser as sre_parser  # Python 3.11 and later
except ImportError:
    import sre_constants as sre
    import sre_parse as sre_parser

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "reference"
CHECKED = ("type", "enum", "pattern", "minimum", "maximum", "required", "minLength", "maxLength", "minItems",
           "maxItems")
ANYTHING = [None, True, False, 0, 1, -1, 7, 1.0, 0.5, -0.5, 1e20, -1e20, 2**53, 2**63, 2**64, 10**22, "", " ", "x", "0",
            "null", "é", "a\u0000b", "x" * 5000, [], [None], [[]], [{}], [1, "a"], {}, {"x": 1}, {"x": {"y": []}}]

# Every keyword once, as the shipped schemas do not need all of them.
EVERY_KEYWORD = {
    "type": "object",
    "required": ["only-required", "name"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5},
        "code": {"type": ["string", "null"], "pattern": "^(?:[a-f]{2}|\\d+x)$", "minLength": 2},
        "share": {"type": "number", "minimum": 0.25, "maximum": 99.5},
        "kind": {"enum": ["a", "b", 3, None, True]},
        "list": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer", "maximum": 5}},
        "closed": {"type": "object", "properties": {"a~/b": {"type": "boolean"}}, "additionalProperties": False},
        "anything": {},
    },
    "additionalProperties": {"type": "array", "items": {"type": "array", "items": {"minimum": 1, "pattern": "a.c"}}},
}


# --- what a document can look like -----------------------------------------------------------------------------------

def matching(tokens):
    """A text that fits a parsed regular expression."""
    text = ""
    for op, arg in tokens:
        if op is sre.LITERAL:
            text += chr(arg)
        elif op is sre.NOT_LITERAL or op is sre.ANY:
            text += "x" if arg != ord("x") else "y"
        elif op is sre.IN:
            text += from_class(arg)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            text += "".join(matching(arg[2]) for _ in range(max(arg[0], min(arg[1], 2))))
        elif op is sre.SUBPATTERN:
            text += matching(arg[-1])
        elif op is sre.BRANCH:
            text += matching(random.choice(arg[1]))
        elif op is not sre.AT:
            raise ValueError(f"no generator for {op}")
    return text


def from_class(members):
    choices = [chr(c) for c in range(32, 127)]
    if members[0][0] is sre.NEGATE:
        return next(c for c in choices if not any(in_member(c, m) for m in members[1:]))
    return random.choice([c for c in choices if any(in_member(c, m) for m in members)])


def in_member(char, member):
    op, arg = member
    if op is sre.RANGE:
        return arg[0] <= ord(char) <= arg[1]
    if op is sre.LITERAL:
        return arg == ord(char)
    return bool(re.match({sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_WORD: r"\w"}[arg], char))


def types_of(schema):
    types = schema.get("type", ["null", "integer"])
    return types if isinstance(types, list) else [types]


def member_schema(schema, name):
    additional = schema.get("additionalProperties", True)
    return schema.get("properties", {}).get(name, additional if isinstance(additional, dict) else {})


def fitting(schema, kind=None):
    """A small value that fits the schema."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = kind or types_of(schema)[0]
    if kind == "object":
        return {name: fitting(member_schema(schema, name)) for name in schema.get("required", [])}
    if kind == "array":
        return [fitting(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        text = matching(sre_parser.parse(schema["pattern"])) if "pattern" in schema else "abc"
        return text.ljust(schema.get("minLength", 0), text[-1:] or "x")[:schema.get("maxLength")]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 0), min(0, schema.get("maximum", 0)))
    return {"null": None, "boolean": False}[kind]


def near_misses(schema):
    """Values about the limits of this place, on both sides of them."""
    yield from ANYTHING
    for kind in types_of(schema):
        yield fitting(schema, kind)
    for bound in (schema[k] for k in ("minimum", "maximum") if k in schema):
        yield from (bound - 1, bound - 0.5, bound, float(bound), bound + 0.5, bound + 1, bound - 10**12, bound + 10**12)
    for length in (schema[k] for k in ("minLength", "maxLength") if k in schema):
        for size in (length - 1, length, length + 1):
            yield from (char * size for char in "xé\U0001F600" if size >= 0)
    for count in (schema[k] for k in ("minItems", "maxItems") if k in schema):
        for size in (count - 1, count, count + 1):
            yield [fitting(schema.get("items", {}))] * size
    if "pattern" in schema:
        yield from broken_texts(fitting(schema, "string"))
    if "required" in schema:
        whole = fitting(schema, "object")
        yield whole | {"another": 1}
        for name in schema["required"]:
            yield {key: value for key, value in whole.items() if key != name}


def broken_texts(text):
    for i in range(min(len(text), 40)):
        yield text[:i] + text[i + 1:]
        yield text[:i] + ("x" if text[i] != "x" else "y") + text[i + 1:]
        yield text[:i] + "-" + text[i:]
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    yield from (text + "\n", "\n" + text, text + "\n\n", text + " ", " " + text, text + text, text.translate(wide),
                text.upper(), text + "\u0000", text + "\u2028", text * 5000)


def mutations(schema):
    """Documents for this place and, each inside a whole document, for all places below it."""
    yield from near_misses(schema)
    if "items" in schema:
        for value in mutations(schema["items"]):
            yield [value]
            yield [fitting(schema["items"]), value]
    for name, child in schema.get("properties", {}).items():
        for value in mutations(child):
            yield fitting(schema, "object") | {name: value}
    additional = schema.get("additionalProperties", True)
    if additional is False:
        yield fitting(schema, "object") | {"another": 1}
    elif additional is not True:
        unlisted = [name for name in schema.get("required", []) if name not in schema.get("properties", {})]
        for name in ["another"] + unlisted:
            for value in mutations(additional):
                yield fitting(schema, "object") | {name: value}


def keyword_places(schema, path=()):
    """The path of every keyword that can be violated."""
    yield from (path + (keyword,) for keyword in CHECKED if keyword in schema)
    if schema.get("additionalProperties") is False:
        yield path + ("additionalProperties",)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from keyword_places(schema[keyword], path + (keyword,))
    for name, child in schema.get("properties", {}).items():
        yield from keyword_places(child, path + ("properties", name))


def mutated_samples(files, count):
    """Published documents as they are, and with one value at a random place replaced."""
    for file in files:
        original = json.loads(file.read_text(encoding="utf-8"))
        yield original
        for _ in range(count):
            document = copy.deepcopy(original)
            here = document
            while True:
                key = random.choice(list(here) if isinstance(here, dict) else range(len(here)))
                if not here[key] or not isinstance(here[key], (dict, list)) or random.random() < 0.3:
                    break
                here = here[key]
            if isinstance(here, dict) and random.random() < 0.2:
                del here[key]
            else:
                here[key] = random.choice(ANYTHING)
            yield document


# --- what the two say about it ---------------------------------------------------------------------------------------

def ask_ours(replay, schema_file, texts):
    fed = b"".join(b"%d\n%s" % (len(text), text) for text in texts)
    done = subprocess.run([replay, str(schema_file)], input=fed, stdout=subprocess.PIPE, check=True)
    answers = done.stdout.decode().splitlines()
    if len(answers) != len(texts):
        sys.exit(f"schema_replay: {len(texts)} documents, {len(answers)} answers")
    return answers


def value_at(document, pointer):
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def explained(document, answer):
    """Why our checker may refuse what Draft7Validator accepts, or None."""
    _, keyword, pointer = answer.split(" ", 2)
    if keyword == "too-long":
        return "more than 4096 bytes under a pattern"
    if keyword == "pattern":
        text = value_at(document, pointer)
        if text.endswith("\n"):
            return "$ of Python matches before a trailing newline"
        if any(char.isdigit() and not char.isascii() for char in text):
            return "\\d of Python matches digits of all scripts"
    return None


class tally:
    def __init__(self):
        self.documents = self.accepted = self.refused = 0
        self.explained = collections.Counter()
        self.failures = []

    def add(self, other):
        self.documents += other.documents
        self.accepted += other.accepted
        self.refused += other.refused
        self.explained += other.explained
        self.failures += other.failures

    def __str__(self):
        reasons = "".join(f"; {count} stricter: {why}" for why, count in self.explained.items())
        return (f"{self.documents} documents, {self.accepted} accepted by both, {self.refused} refused by both, "
                f"{len(self.failures)} failures{reasons}")


def compare(schema_file, validator, documents, replay):
    """Also returns the paths of the keywords that were violated."""
    texts = [json.dumps(d, ensure_ascii=bool(i % 2)).encode() for i, d in enumerate(documents)]
    result = tally()
    violated = set()
    for document, text, answer in zip(documents, texts, ask_ours(replay, schema_file, texts)):
        result.documents += 1
        errors = {tuple(e.absolute_schema_path) for e in validator.iter_errors(document)}
        violated |= errors
        shown = text[:300].decode(errors="replace")
        if errors and answer == "accept":
            result.failures.append(f"MISSED by us, {sorted(map(str, errors))[0]}: {shown}")
        elif errors:
            result.refused += 1
        elif answer == "accept":
            result.accepted += 1
        elif why := explained(document, answer):
            result.explained[why] += 1
        else:
            result.failures.append(f"ours says {answer!r}, Draft7Validator accepts: {shown}")
    return result, violated


def samples_for(schema_file):
    kind = {"user-profile.schema.json": "users", "country-profile.schema.json": "countries"}.get(schema_file.name)
    files = sorted((REFERENCE / "sample" / kind).rglob("*.json")) if kind and REFERENCE.is_dir() else []
    return list(mutated_samples(files, 2 if kind == "users" else 4))


def replay_schema(schema_file, replay):
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    documents = list(mutations(schema)) + samples_for(schema_file)
    result, violated = compare(schema_file, jsonschema.Draft7Validator(schema), documents, replay)
    for place in keyword_places(schema):
        if place not in violated:
            result.failures.append(f"never violated: {'/'.join(place)}")
    if not result.refused or not result.accepted:
        result.failures.append("no valid or no invalid document was made")
    print(f"schema_replay: {schema_file}: {result}")
    return result


def replay_all(replay):
    files = sorted((ROOT / "conf" / "schemas").glob("*.schema.json"))
    reference = sorted((REFERENCE / "schemas").glob("*.schema.json"))
    total = tally()
    with tempfile.TemporaryDirectory() as directory:
        own = pathlib.Path(directory) / "every-keyword.schema.json"
        own.write_text(json.dumps(EVERY_KEYWORD), encoding="utf-8")
        for schema_file in [own] + files + reference:
            total.add(replay_schema(schema_file, replay))
    if not files:
        total.failures.append("no schemas in conf/schemas")
    if not reference:
        print(f"schema_replay: skipped: the reference schemas and samples, there is no {REFERENCE}")
    return total


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    random.seed(7)
    total = replay_all(sys.argv[1])
    for failure in total.failures[:40]:
        print("schema_replay:", failure)
    print(f"schema_replay: all schemas: {total}")
    sys.exit(1 if total.failures or not total.documents else 0)


if __name__ == "__main__":
    main()
