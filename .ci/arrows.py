#!/usr/bin/env python3
"""Checks the arrows between crates: deny.toml's wrappers, and that the pure crates stay pure."""
import json
import subprocess
import sys

try:
    import tomllib
except ImportError:  # Python before 3.11
    sys.exit("arrows: Python 3.11 or newer is needed")

PURE = {"contracts", "sla"}
NEVER_IN_PURE = {"tokio", "async-nats", "sea-orm", "axum", "reqwest", "tracing"}

with open("deny.toml", "rb") as f:
    rules = {d["name"]: set(d["wrappers"]) for d in tomllib.load(f)["bans"]["deny"]}
metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--no-deps"]))
wrong = []
for package in metadata["packages"]:
    name = package["name"]
    for dependency in package["dependencies"]:
        to = dependency["name"]
        if to in rules and name not in rules[to]:
            wrong.append(f"{name} names {to}; only {', '.join(sorted(rules[to]))} may")
        if name in PURE and to in NEVER_IN_PURE and dependency["kind"] is None:
            wrong.append(f"{name} is pure and must not name {to}")
print("\n".join(wrong) or f"arrows: {len(metadata['packages'])} crates as drawn")
sys.exit(1 if wrong else 0)
