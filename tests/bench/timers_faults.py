"""Each timer is fired once, never early, and no later than the outage explains, whatever is killed, stopped or set wrong
meanwhile: started by timers.sh --faults.

First a burst, fired by two replicas. One is killed and started again and again; the other is stopped for longer than the
broker waits for it and the database lets it hold rows; the database crashes. Then timers that ring one after the other,
while the clocks of both replicas step two hours ahead and two hours back: the time of the database decides, and each
replica says that its own clock jumped. At the end the stream is read: every timer stands in it once.
"""

import asyncio
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import nats

import timers

# The broker gives what a replica had in hand to another after 15 s; the database lets go of its rows after 10 s.
STOPPED = 20
TORMENT = 30
SEED = 20261124
# Timers that ring while the clocks step, one every so many ms.
STEADY, EVERY = 400, 100
# A look a second, a commit and a publication: no alarm of a healthy watchdog is later.
LATE_MS = 2_000

# The time to sign for of these tickets ends one after the other, after those of the burst.
STEADY_ROWS = """
UPDATE clock SET clocks = '{{"K3":{{"seq":3,"since":1700000000000,"due":' || {at} + (n - {due}) * {every} || '}},' || substr(clocks, 2),
  next_ms = {at} + (n - {due}) * {every} + 1
FROM generate_series({due} + 1, {due} + {steady}) n WHERE ticket_id = md5(n::text)::uuid::text
"""


class FalseClock:
    """The clocks of all replicas, which can be set wrong while they run."""

    def __init__(self, folder):
        self.file = folder / "time"
        self.step(0)

    def step(self, hours):
        # replaced in one go: it is read at any instant
        (self.file.parent / "new").write_text(f"{hours:+d}h\n")
        (self.file.parent / "new").rename(self.file)

    def env(self):
        return {
            "LD_PRELOAD": os.environ["LIBFAKETIME"],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            # the steady clock of the machine stays what it is
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def crash_database():
    """As a power failure would, but for what the kernel already has; the options are those of the last start."""
    pg_ctl = os.environ["PG_CTL"].split()
    subprocess.run([*pg_ctl, "-m", "immediate", "restart"], check=True, capture_output=True)


async def torment(benches, chance):
    """Kills and stops for half a minute; returns how often."""
    end, kills = time.monotonic() + TORMENT, 0
    victim = benches[1].process
    victim.send_signal(signal.SIGSTOP)
    woken = time.monotonic() + STOPPED
    crashed = False
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        benches[0].process.kill()
        benches[0].process.wait()
        benches[0].start()
        kills += 1
        if not crashed and time.monotonic() > end - 20:
            crash_database()
            crashed = True
        if woken and time.monotonic() > woken:
            victim.send_signal(signal.SIGCONT)
            woken = None
    return kills


async def settled(bench, before_ms, seconds=120):
    """Waits until all that is due before then is fired and told."""
    deadline = time.monotonic() + seconds
    due = "SELECT count(*) FROM clock WHERE next_ms < {before}"
    for query, values in ((due, {"before": before_ms}), ("SELECT count(*) FROM unsent", {})):
        while bench.sql(query, **values) != "0":
            assert time.monotonic() < deadline, "not everything was fired and told"
            await asyncio.sleep(0.5)


async def told(js):
    """What the stream tells of each ticket: when it was due, how late it was fired, when it was stored."""
    facts = collections.defaultdict(list)
    sub = await js.subscribe("clock.v1.expired", ordered_consumer=True)
    while True:
        try:
            message = await sub.next_msg(timeout=3)
        except nats.errors.TimeoutError:
            return facts
        fact = json.loads(message.data)
        facts[fact["ticket"]].append((fact["late_ms"], message.metadata.timestamp.timestamp() * 1000))


def judge(what, facts, tickets, latest_ms=None):
    """Each once and none early; with `latest_ms` also none later than that."""
    lost, twice = [t for t in tickets if t not in facts], sum(len(facts[t]) > 1 for t in tickets if t in facts)
    late = [facts[t][0][0] for t in tickets if t in facts]
    print(f"{what} {len(late):,} of {len(tickets):,} timers told, {len(lost)} lost, {twice} twice; {min(late):+d} to {max(late):+d} ms late")
    assert not lost and not twice and min(late) >= 0
    assert latest_ms is None or max(late) <= latest_ms, "later than the outage explains"


async def clock_steps(benches, clock, at):
    """Two hours ahead, back, two hours behind, back."""
    for hours in (2, 0, -2, 0):
        await asyncio.sleep(STEADY * EVERY / 1000 / 4)
        clock.step(hours)
    await settled(benches[1], at + STEADY * EVERY + 1_000)


async def main():
    args = timers.arguments(__doc__, rows=200_000, due=60_000)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gridline-faults-"))
    clock, log = FalseClock(folder), open(folder / "log", "wb")
    benches = [timers.Bench(args, clock.env(), log) for _ in range(2)]
    benches[0].lay_down()
    for bench in benches:
        bench.start()
    at = timers.now_ms() + 15_000
    benches[0].sql(timers.BURST, at=at)
    await asyncio.sleep(max(0, at / 1000 - time.time()))
    kills = await torment(benches, random.Random(SEED))
    ended = timers.now_ms()
    await settled(benches[1], at + 1_000)
    drained = timers.now_ms() - ended
    before = (folder / "log").read_bytes().count(b"a clock jumped")
    steady_at = timers.now_ms() + 5_000
    benches[0].sql(STEADY_ROWS, at=steady_at, steady=STEADY, every=EVERY)
    await clock_steps(benches, clock, steady_at)
    jumps = (folder / "log").read_bytes().count(b"a clock jumped") - before
    nc = await nats.connect(args.nats)
    facts = await told(nc.jetstream())
    for bench in benches:
        bench.process.kill()
    print(f"faults:     {kills} times kill -9, one replica stopped for {STOPPED} s, one crash of the database (seed {SEED})")
    print(f"            everything due was fired and told {drained / 1000:.1f} s after the last of them")
    judge("           ", facts, [timers.ticket(n) for n in range(1, args.due + 1)], ended - at + drained)
    print(f"clocks:     +2 h, back, -2 h, back in both replicas; {jumps} alarms of their guards")
    judge("           ", facts, [timers.ticket(n) for n in range(args.due + 1, args.due + STEADY + 1)], LATE_MS)
    assert jumps == 4 * len(benches), "each replica sees each step"
    assert len(facts) == args.due + STEADY
    await nc.close()


asyncio.run(main())
