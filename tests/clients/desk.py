"""A unit's desk: takes items from its queue, acts on them, waits for the answer, and only then lets the item go.

What makes it safe against crashes of either side and of the broker:

- an act's `ce-id` is derived from the `ce-id` of the queue item and the step, so that an act that is sent twice
  takes effect once;
- answers are read from a stream that keeps them, from a day ago on: after a restart the desk knows which of its
  acts were answered;
- an item is acknowledged after its last act was answered; until then the broker delivers it again.

One process serves many units with one connection. A real department has one unit and needs nothing more.
"""

import asyncio
import collections
import contextlib
import fnmatch
import itertools
import json
import re
import time

import wire

# The same act can succeed later without anybody changing it.
LATER = {"co_handlers_done", "not_yet", "too_early", "conflict", "unavailable", "busy"}
# An answer that does not come: ask again. A service that is restarting needs some seconds.
PATIENCE = 10
# After this an item that can't be finished yet comes again.
COME_BACK = 2.0


class Leave(Exception):
    """The item is left lying on purpose."""


class Item:
    """One item of a queue."""

    def __init__(self, unit, message):
        self.unit, self.message = unit, message
        self.kind = message.subject.rsplit(".", 1)[1]
        self.id = (message.headers or {}).get("ce-id", "")
        self.body = json.loads(message.data)

    def chance(self, salt, one_in):
        """The same item always gets the same answer: seeded by its id, not drawn."""
        return one_in > 0 and hash_of(f"{self.body['order']} {salt}") % one_in == 0


def hash_of(text):
    """A small stable hash (FNV-1a); Python's own differs from run to run."""
    h = 0x811C9DC5
    for b in text.encode():
        h = (h ^ b) * 0x01000193 % 2**32
    return h


class Desk:
    """All units of this process."""

    def __init__(self, nc, units, handle, skip=(), at_once=128):
        self.js, self.units, self.handle, self.skip = nc.jetstream(), units, handle, set(skip)
        self.slots = asyncio.Semaphore(at_once)
        self.busy, self.finished, self.left = {}, set(), set()
        self.answers, self.waiting = {}, {}
        self.counts = collections.defaultdict(collections.Counter)
        self.started = self.touched = time.monotonic()
        self.tasks = set()

    def open(self):
        """Starts serving; the tasks run until they are cancelled."""
        answers = wire.Feed(self.js, "ANSWERS", [f"answer.v1.{u}" for u in self.units], since=wire.ago(24 * 3600))
        self._spawn(answers.run(self._answered))
        for unit in self.units:
            self._spawn(self._serve(unit))

    def quiet_for(self):
        """Seconds in which nothing came and nothing was in hand."""
        return 0.0 if self.busy else time.monotonic() - self.touched

    def report(self, client):
        """What was done, for people and tests."""
        counts = {name: dict(sorted(c.items())) for name, c in sorted(self.counts.items())}
        seconds = round(time.monotonic() - self.started, 1)
        return json.dumps({"client": client, "units": len(self.units), **counts, "seconds": seconds}, ensure_ascii=False)

    async def act(self, item, step, person, act):
        """Does one step on an item and gives the answer: `done`, `later`, or the code of the refusal."""
        if step in self.skip:
            raise Leave
        for n in itertools.count(1):
            event = f"{item.id}:{step}" if n == 1 else f"{item.id}:{step}:{n}"
            known = self.answers.get(event)
            # refused for now when it was tried before: this is a new try, so it has a new id
            if known is None or known not in LATER:
                break
        outcome = known or await self._ask(item, event, person, act)
        self.counts["acts"][f"{step} {'done' if outcome == 'done' else 'refused'}"] += known is None
        if outcome != "done":
            self.counts["refusals"][f"{step} {outcome}"] += known is None
        return "later" if outcome in LATER else outcome

    async def _ask(self, item, event, person, act):
        answer = self.waiting.setdefault(event, asyncio.get_running_loop().create_future())
        body = {"ticket": item.body["ticket"], "order": item.body["order"], "person": person, "act": act}
        head = wire.headers("work.v1.act", f"/units/{item.unit}", event)
        while True:
            await wire.store(self.js, f"work.v1.act.{item.unit}", head, body)
            with contextlib.suppress(asyncio.TimeoutError):
                return await asyncio.wait_for(asyncio.shield(answer), PATIENCE)
            self.counts["events"]["sent again"] += 1

    def _answered(self, message):
        body = json.loads(message.data)
        outcome = "done" if body["outcome"] == "done" else body["problem"]["code"]
        self.answers[body["act"]] = outcome
        self.touched = time.monotonic()
        waiting = self.waiting.pop(body["act"], None)
        if waiting and not waiting.done():
            waiting.set_result(outcome)

    async def _serve(self, unit):
        sub = None
        while True:
            try:
                if sub is None:
                    sub = await self.js.pull_subscribe_bind(f"unit-{unit}", stream="QUEUES")
                messages = await sub.fetch(8, timeout=10)
            except asyncio.TimeoutError:
                continue
            except wire.TROUBLE:
                messages = []
            if not messages:
                await asyncio.sleep(0.3)
            for m in messages:
                await self._take(Item(unit, m))

    async def _take(self, item):
        self.touched = time.monotonic()
        if item.id in self.left:
            return
        if item.id in self.finished or item.id in self.busy:
            self.counts["events"]["delivered again"] += 1
        if item.id in self.finished:
            return await self._settle(item.message.ack())
        if item.id in self.busy:
            # the newest delivery is the one to acknowledge
            self.busy[item.id].message = item.message
            return
        self.busy[item.id] = item
        await self.slots.acquire()
        self._spawn(self._work(item))

    async def _work(self, item):
        try:
            outcome = await self.handle(self, item)
            if outcome == "later":
                await self._settle(item.message.nak(delay=COME_BACK))
                return
            self.finished.add(item.id)
            self.counts["items"][item.kind] += 1
            await self._settle(item.message.ack())
        except Leave:
            self.left.add(item.id)
            self.counts["left"][item.kind] += 1
        finally:
            del self.busy[item.id]
            self.touched = time.monotonic()
            self.slots.release()

    async def _settle(self, acknowledgement):
        """An acknowledgement that is lost only means that the item comes again."""
        with contextlib.suppress(*wire.TROUBLE):
            await acknowledgement

    def _spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            # a defect in a handler must not look like a quiet queue
            self.counts["defects"][repr(task.exception())[:200]] += 1


async def units_of(js, pattern):
    """The units whose queue exists and whose id fits: `D13..D37,GRID-*,TOWN-*`."""
    found, offset = [], 0
    while page := await js.consumers_info("QUEUES", offset=offset):
        found += [c.name[5:] for c in page if c.name.startswith("unit-")]
        offset += len(page)
    return sorted(u for u in found if any(fits(u, p.strip()) for p in pattern.split(",")))


def fits(unit, pattern):
    """`D01..D12` is a range, anything else a pattern of the shell; the district centre must be named in full."""
    if unit == "CENTRE":
        return pattern == unit
    first, dots, last = pattern.partition("..")
    if not dots:
        return fnmatch.fnmatchcase(unit, pattern)
    return bool(re.fullmatch(r"D\d+", unit)) and first <= unit <= last and len(unit) == len(first)
