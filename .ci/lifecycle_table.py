#!/usr/bin/env python3
"""Writes the table of all transitions into ARCHITECTURE.md, from the lifecycle table and from the scenarios that give
each act rightly (`gives…`, `happens…`) and wrongly (`refuses…`). `--check` only says whether it is as written.
A cell that stays empty is an error."""
import pathlib
import re
import sys

LIFECYCLE = pathlib.Path("shared/contracts/src/lifecycle")
ACTS = pathlib.Path("shared/contracts/src/work")
SCENARIOS = pathlib.Path("tests/tests/it/lifecycle")
PAGE = pathlib.Path("ARCHITECTURE.md")
MARKS = ("<!-- lifecycle table -->", "<!-- /lifecycle table -->")
HEAD = "| | transition | command | who may give it | given by | refused by |\n|---|---|---|---|---|---|\n"

# How each act is given: the `do` of a unit's or a citizen's act; what is no `do` is said in words.
COMMANDS = {
    "Register": "a report: `intake.v1.submit.<source>`, `POST /api/v1/reports`",
    "AnswerNow": ["answer_now"],
    "Refuse": ["refuse"],
    "HandOver": ["hand_over"],
    "AskInfo": ["ask_info"],
    "SupplyInfo": ["supply", "by K10"],
    "Accept": ["accept", "by rule"],
    "SelfHandle": ["self_handle"],
    "Dispatch": ["dispatch", "by rule"],
    "Recall": ["recall"],
    "Sign": ["sign"],
    "DeemSigned": ["by K3"],
    "AppealJurisdiction": ["return"],
    "GrantReturn": ["rule"],
    "RefuseReturn": ["rule"],
    "Designate": ["rule"],
    "Transfer": ["transfer"],
    "HandUp": ["hand_up"],
    "Reroute": ["reclassify", "grant"],
    "AskCoHandlers": ["ask_co_handlers"],
    "OpenConsultation": ["convene", "by rule"],
    "DecideConsultation": ["decide"],
    "Suspend": ["ask", "grant"],
    "Resume": ["resume", "by K10"],
    "Extend": ["ask", "grant"],
    "Defer": ["ask", "grant"],
    "ResumeDeferred": ["resume", "by K8"],
    "ReportResult": ["report"],
    "SendBack": ["check"],
    "PassCheck": ["check"],
    "Close": ["call_back"],
    "Redo": ["call_back"],
    "Reopen": ["reopen"],
    "Terminate": ["ask", "grant"],
    "Void": ["ask", "grant"],
    "Merge": ["merge"],
    "Split": ["split"],
    "Archive": ["by K12"],
}


def vocabulary(file, name):
    """Variant → (code, Chinese, English) of a closed list."""
    body = re.search(rf"enum {name}, .*?\{{(.*?)\n    \}}", (LIFECYCLE / file).read_text(), re.S).group(1)
    return {v: texts for v, *texts in re.findall(r'(\w+)\s+"(.*?)"\s+"(.*?)"\s+"(.*?)";', body)}


def rows():
    """(transition, act, roles) of each row of the lifecycle table, in its order."""
    text = (LIFECYCLE / "table.rs").read_text()
    handlers = re.findall(r"\w+", re.search(r"HANDLERS: &\[Role\] = &\[(.*?)\]", text).group(1))
    for t, act, roles in re.findall(r"^    (T\d+) (\w+): .*?\n\s+by (\*HANDLERS|\[.*?\]),", text, re.M | re.S):
        yield t, act, handlers if roles == "*HANDLERS" else re.findall(r"\w+", roles)


def snake(name):
    """AskInfo → ask_info."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def command(act, known):
    """How an act is given, as a cell."""
    how = COMMANDS.get(act, [])
    if isinstance(how, str):
        return how
    wrong = [do for do in how if not do.startswith("by ") and do not in known]
    if wrong:
        sys.exit(f"lifecycle table: {act} is given by {wrong}, which contracts/src/work does not know")
    return ", ".join(do if do.startswith("by ") else f"`{do}`" for do in how)


def scenarios():
    """Act → tests that give it, act → tests that give it wrongly. A test that is ignored or commented out is none."""
    given, refused = {}, {}
    for file in sorted(SCENARIOS.glob("*.rs")):
        text = re.sub(r"//.*", "", file.read_text())
        if "#[ignore" in text:
            sys.exit(f"lifecycle table: {file} ignores a test")
        for test, body in re.findall(r"#\[tokio::test[^\]]*\]\nasync fn (\w+)\(\) \{\n(.*?)\n\}", text, re.S):
            for kind, act in re.findall(r"\bstory\s*\.(gives|happens|refuses)\w*\(\s*(?:Act::)?([A-Z]\w+)", body):
                tests = (refused if kind == "refuses" else given).setdefault(act, [])
                tests.append(f"`{file.stem}::{test}`")
    return given, refused


def table():
    """The table, and what is missing in it."""
    acts, roles = vocabulary("act.rs", "Act"), vocabulary("role.rs", "Role")
    enums = "".join(file.read_text() for file in sorted(ACTS.glob("*.rs")))
    known = {snake(v) for v in re.findall(r"^    (\w+) \{", enums, re.M)}
    given, refused = scenarios()
    lines, missing = [], []
    for t, act, by in rows():
        _, zh, en = acts[act]
        who = "、".join(roles[role][1] for role in by)
        # one test is proof; the first one that gives it
        cells = [t, f"{zh} {en}", command(act, known), who, given.get(act, [""])[0], refused.get(act, [""])[0]]
        lines.append("| " + " | ".join(cells) + " |\n")
        missing += [f"{t} {act}: {column} is empty" for column, cell in zip(("command", "who", "given", "refused"), cells[2:]) if not cell]
    if len(lines) != len(acts):
        missing.append(f"{len(lines)} rows were read for {len(acts)} acts")
    return HEAD + "".join(lines), missing


def main():
    page, (text, missing) = PAGE.read_text(), table()
    start, end = (page.index(mark) for mark in MARKS)
    written = f"{page[:start]}{MARKS[0]}\n{text}{page[end:]}"
    if missing:
        sys.exit("lifecycle table: " + "\n".join(missing))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(written)
    elif written != page:
        sys.exit("lifecycle table: ARCHITECTURE.md is not as generated; run python3 .ci/lifecycle_table.py")
    print(f"lifecycle table: {text.count(chr(10)) - 2} acts, each given and refused")


if __name__ == "__main__":
    main()
