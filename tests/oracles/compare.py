"""Compares our deadlines with those of the two public calendars: compare.py OURS.csv PYTHON.txt NODE.txt NOTES.txt"""

import csv
import re
import sys

# Issue 4: "for at least 400 instants round holidays".
FEWEST = 400
END_OF_DAY = "T23:59:59+08:00"
BEYOND = "2027"


def differences(ours, oracle):
    """Rows where the oracle knows the answer and it is another one."""
    pairs = zip(ours, oracle, strict=True)
    return [(row, day) for row, day in pairs if day != "-" and row["due"] != day + END_OF_DAY]


def main():
    ours_path, python_path, node_path, notes_path = sys.argv[1:]
    with open(ours_path, encoding="utf-8") as file:
        ours = list(csv.DictReader(file))
    failed = len(ours) < FEWEST
    for name, path in (("chinesecalendar", python_path), ("chinese-days", node_path)):
        with open(path, encoding="utf-8") as file:
            oracle = file.read().split()
        wrong = differences(ours, oracle)
        known = sum(day != "-" for day in oracle)
        failed = failed or bool(wrong) or known < FEWEST
        print(f"{name}: {known} deadlines compared, {len(wrong)} differ")
        for row, day in wrong[:20]:
            print(f"  {row['received']} {row['class']}: ours {row['due']}, theirs {day}")
        unknown = {row["received"] for row, day in zip(ours, oracle, strict=True) if day == "-"}
        reaching = {row["received"] for row in ours if row["due"] >= BEYOND}
        if unknown != reaching:
            failed = True
            print(f"  {name} does not know {len(unknown)} instants, but {len(reaching)} reach into {BEYOND}")
    beyond = sum(row["due"] >= BEYOND for row in ours)
    with open(notes_path, encoding="utf-8") as file:
        told = re.search(r"(\d+) rows count days beyond", file.read())
    print(f"{BEYOND}: {beyond} deadlines reach into it, {told[1] if told else 0} are told to be provisional")
    failed = failed or beyond == 0 or not told or int(told[1]) != beyond
    sys.exit(1 if failed else 0)


main()
