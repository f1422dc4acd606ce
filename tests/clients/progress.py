#!/usr/bin/env python3
"""Follows the facts of tickets and tells how many are in which state, until enough of them are closed.

  progress.py --closed 338 --timeout 300
  progress.py --settle 2                  until nothing was said for 2 seconds
"""

import argparse
import asyncio
import collections
import json
import sys
import time

import wire


async def main(options):
    stop, states, seqs = wire.stop_signal(), {}, {}
    nc = await wire.connect(options.nats, "progress.py")
    heard = told = start = time.monotonic()

    def fact(message):
        nonlocal heard
        heard = time.monotonic()
        head, body = message.headers or {}, json.loads(message.data)
        ticket, seq = head.get("ce-subject"), int(head.get("ce-ticketseq", 0))
        # facts of different services can overtake each other; the highest number is the newest
        if "by" in body and seq >= seqs.get(ticket, 0):
            seqs[ticket], states[ticket] = seq, body["by"]["state"]
        elif ticket not in states:
            seqs[ticket], states[ticket] = seq, "received"

    def closed():
        return sum(s == "CLOSED" for s in states.values())

    def line():
        counts = collections.Counter(states.values())
        return json.dumps(dict(sorted(counts.items())))

    def done():
        nonlocal told
        if not options.quiet and time.monotonic() - told > 3:
            told = time.monotonic()
            print(f"  {told - start:4.0f} s  {line()}", file=sys.stderr, flush=True)
        return options.closed is not None and closed() >= options.closed

    feed = asyncio.create_task(wire.Feed(nc.jetstream(), "FACTS", ["ticket.v1.*"]).run(fact))
    await wire.until(stop, options.timeout, options.settle, lambda: time.monotonic() - heard, done)
    await wire.close(nc, [feed])
    print(line(), flush=True)
    return 1 if options.closed is not None and closed() < options.closed else 0


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--nats", default="nats://127.0.0.1:4222", help="broker (default: %(default)s)")
    p.add_argument("--closed", type=int, metavar="N", help="stop when N tickets are closed")
    p.add_argument("--settle", type=float, metavar="S", help="stop when nothing was said for S seconds")
    p.add_argument("--timeout", type=float, help="stop after this time in any case")
    p.add_argument("--quiet", action="store_true", help="print the last line only")
    return p.parse_args()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(arguments())))
