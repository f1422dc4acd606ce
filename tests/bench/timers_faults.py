"""Each timer is fired once and never early, whatever is killed or stopped meanwhile: started by timers.sh --faults.

While a burst is fired by two replicas, one is killed and started again and again, one is stopped for longer than the
broker waits for it, and the database crashes. Then the stream is read: every timer stands in it once.
"""

import asyncio
import collections
import json
import os
import random
import signal
import subprocess
import time

import nats

import timers

# The broker gives what a replica had in hand to another after 15 s.
STOPPED = 20
SEED = 20261124


def crash_database():
    """As a power failure would, but for what the kernel already has; the options are those of the last start."""
    pg_ctl = os.environ["PG_CTL"].split()
    subprocess.run([*pg_ctl, "-m", "immediate", "restart"], check=True, capture_output=True)


async def torment(benches, chance):
    """Kills and stops for half a minute; returns how often."""
    end, kills = time.monotonic() + 30, 0
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


async def told(js):
    """How often the stream tells of each ticket, and the smallest lateness."""
    count, least = collections.Counter(), None
    sub = await js.subscribe("clock.v1.expired", ordered_consumer=True)
    while True:
        try:
            message = await sub.next_msg(timeout=3)
        except nats.errors.TimeoutError:
            return count, least
        fact = json.loads(message.data)
        count[fact["ticket"]] += 1
        least = fact["late_ms"] if least is None else min(least, fact["late_ms"])


async def main():
    args = timers.arguments(__doc__, rows=200_000, due=60_000)
    benches = [timers.Bench(args), timers.Bench(args)]
    benches[0].lay_down()
    for bench in benches:
        bench.start()
    at = timers.now_ms() + 15_000
    benches[0].sql(timers.BURST, at=at)
    await asyncio.sleep(max(0, at / 1000 - time.time()))
    kills = await torment(benches, random.Random(SEED))
    nc = await nats.connect(args.nats)
    deadline = time.monotonic() + 120
    while benches[1].sql("SELECT count(*) FROM clock WHERE next_ms < {far}") != "0" and time.monotonic() < deadline:
        await asyncio.sleep(1)
    # what stayed in the outbox is sent by the sweep
    while benches[1].sql("SELECT count(*) FROM unsent") != "0" and time.monotonic() < deadline:
        await asyncio.sleep(1)
    count, least = await told(nc.jetstream())
    expected = {timers.ticket(n) for n in range(1, args.due + 1)}
    lost, twice = expected - count.keys(), sum(n > 1 for n in count.values())
    print(f"faults:     {kills} times kill -9, one replica stopped for {STOPPED} s, one crash of the database (seed {SEED})")
    print(f"            {len(count):,} of {args.due:,} timers told, {len(lost)} lost, {twice} twice, earliest {least:+d} ms")
    for bench in benches:
        bench.process.kill()
    assert not lost and not twice and count.keys() == expected and least >= 0
    await nc.close()


asyncio.run(main())
