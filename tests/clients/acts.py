"""What people do with the items of a queue, as scripts: one function for each kind of item.

Whoever checks or calls back is another person than who handled: staff numbers end in 01 (handles, convenes),
02 (checks, rules) and 03 (calls back).
"""

import datetime

# Somebody signed before, or the order went on: there is nothing to sign, the rest can still be done.
SIGNED_BEFORE = {"wrong_state", "wrong_order_state"}


async def work_order(desk, item, returns=0):
    """Sign, perhaps note progress, report."""
    unit, body, person = item.unit, item.body, f"{item.unit}-01"
    signed = await desk.act(item, "sign", person, {"do": "sign"})
    if signed == "later" or (signed != "done" and signed not in SIGNED_BEFORE):
        return signed
    if body["part"] == "lead" and body["class"] == "coordination" and body["round"] == 1 and item.chance("return", returns):
        other = "D02" if unit != "D02" else "D01"
        act = {"do": "return", "reason": "经核实不属于本单位职责", "legal_basis": "部门“三定”规定", "propose": other}
        return await desk.act(item, "return", person, act)
    if item.chance("progress", 3):
        await desk.act(item, "progress", person, {"do": "progress", "note": "已联系诉求人，正在现场处理。"})
    result = {
        "factual": True,
        "solved": True,
        "contacted_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "public_reply": "您反映的问题已处理完毕，感谢监督。",
    }
    return await desk.act(item, "report", person, {"do": "report", "result": result})


async def copy(_desk, _item):
    """For information: the supervising department has seen it."""
    return "done"


async def consultation(desk, item):
    """Decide as classification proposes, with twelve working days."""
    body = item.body
    act = {
        "do": "decide",
        "lead": body["lead"],
        "responsible": body["others"],
        "days": 12,
        "minutes": "会商纪要：各单位按职责办理，牵头单位每周通报进展，办结后统一答复。",
    }
    return await desk.act(item, "decide", f"{item.unit}-01", act)


async def review(desk, item):
    """Grant a return to the unit that was proposed; if that is the unit itself, it keeps the order."""
    to = item.body["propose"]
    ruling = {"kind": "grant", "to": to} if to != item.body["unit"] else {"kind": "refuse"}
    return await desk.act(item, "rule", f"{item.unit}-02", {"do": "rule", "ruling": ruling, "reason": "按职责清单裁定。"})


async def check(desk, item):
    """Pass the result."""
    return await desk.act(item, "check", f"{item.unit}-02", {"do": "check", "pass": True})


async def callback(desk, item):
    """Ask the citizen: most are satisfied, some are not, a few can't be reached in three tries."""
    person = f"{item.unit}-03"
    if item.chance("unreached", 25):
        for n in (1, 2):
            await desk.act(item, f"try {n}", person, {"do": "no_answer"})
        answers = {"contacted": True, "solved": None, "satisfied": None, "tries": 3}
    else:
        answers = {"contacted": True, "solved": True, "satisfied": not item.chance("satisfied", 12), "tries": 1}
    return await desk.act(item, "callback", person, {"do": "call_back", "answers": answers})


async def triage(desk, item):
    """Accept what waits for a person, or dispatch it, as classification proposes."""
    if item.body["waiting"] == "RECEIVED":
        return await desk.act(item, "accept", f"{item.unit}-01", {"do": "accept"})
    act = {"do": "dispatch", "to": item.body["lead"], "reason": "按分类建议派单。"}
    return await desk.act(item, "dispatch", f"{item.unit}-01", act)


async def request(desk, item):
    """Grant what was asked; whoever asks is a 01."""
    return await desk.act(item, "grant", f"{item.unit}-02", {"do": "grant", "request": item.body["request"]})


async def notice(desk, item):
    """Read; whoever gets an alarm first calls for help and says so."""
    if item.body["note"] != "alarm":
        return "done"
    act = {"do": "answer_alarm", "answer": "110", "note": "已转110，警方已派员。"}
    outcome = await desk.act(item, "answer_alarm", f"{item.unit}-01", act)
    return "done" if outcome == "no_alarm" else outcome


KINDS = {
    "order": work_order,
    "copy": copy,
    "consultation": consultation,
    "review": review,
    "check": check,
    "callback": callback,
    "triage": triage,
    "request": request,
    "notice": notice,
}


def handler(returns=0):
    """What a desk does with an item; `returns`: one in so many work orders is sent back as another unit's."""

    async def handle(desk, item):
        if item.kind == "order":
            return await work_order(desk, item, returns)
        return await KINDS[item.kind](desk, item)

    return handle
