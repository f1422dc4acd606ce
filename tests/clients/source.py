#!/usr/bin/env python3
"""A source of reports: sends a file of them, one JSON object a line, and waits for each receipt.

  source.py reports.jsonl                              over NATS, as source grid-app
  source.py --http http://127.0.0.1:7401 --source web reports.jsonl
  source.py --part 1/2 reports.jsonl                   the first, third, fifth … line only
  source.py --from 0 --to 326 reports.jsonl            these lines only

A report without a receipt is sent again, with the same number: the same number is the same ticket.
"""

import argparse
import asyncio
import collections
import concurrent.futures
import contextlib
import http.client
import json
import time
import urllib.parse

import wire

PATIENCE = 5.0


def read(options):
    """The reports to send, by their number. Fields that are labels of a test set are not sent."""
    with open(options.file, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f if line.strip()]
    part, parts = map(int, options.part.split("/"))
    chosen = lines[options.first : options.last][part - 1 :: parts]
    return {r["id"]: submission(r) for r in chosen}


def submission(r):
    """A line of the file as the contract wants it."""
    optional = {k: r[k] for k in ("division", "reporter") if r.get(k) is not None}
    return {"external_id": r["id"], "channel": r.get("channel", "web"), "text": r["text"], **optional}


class Tally:
    """What became of the reports."""

    def __init__(self, reports):
        self.open, self.counts, self.codes = dict(reports), collections.Counter(), collections.Counter()

    def settle(self, number, outcome, code=None):
        """The first receipt counts; later ones are repeats of it."""
        if self.open.pop(number, None) is None:
            self.counts["receipts repeated"] += 1
            return
        self.counts[outcome] += 1
        if code:
            self.codes[code] += 1


async def over_nats(options, tally, stop):
    """Submits on `intake.v1.submit.<source>`, hears receipts on `receipt.v1.<source>`."""
    nc = await wire.connect(options.nats, "source.py")
    js, source = nc.jetstream(), options.source
    due = {number: 0.0 for number in tally.open}

    def receipt(message):
        body = json.loads(message.data)
        tally.settle(body.get("external_id"), body["outcome"], body.get("problem", {}).get("code"))

    feed = asyncio.create_task(wire.Feed(js, "RECEIPTS", [f"receipt.v1.{source}"], since=wire.ago(1)).run(receipt))

    async def send(number):
        head = wire.headers("intake.v1.submit", f"/sources/{source}", f"{source}-{number}")
        await wire.store(js, f"intake.v1.submit.{source}", head, tally.open[number])
        tally.counts["sent again"] += due[number] > 0
        due[number] = time.monotonic() + PATIENCE

    async def send_all():
        while tally.open:
            late = [n for n in tally.open if due[n] <= time.monotonic()][:64]
            await asyncio.gather(*(send(n) for n in late))
            await asyncio.sleep(0 if late else 0.1)

    sending = asyncio.create_task(send_all())
    await wire.until(stop, options.seconds, done=lambda: not tally.open or sending.done())
    await wire.close(nc, [sending, feed])


async def over_http(options, tally, stop):
    """Posts to /api/v1/reports; 201 is new, 200 is a repeat of the same report."""
    url = urllib.parse.urlsplit(options.http)
    end = None if options.seconds is None else time.monotonic() + options.seconds

    def post(number, report):
        body = json.dumps({**report, "source": options.source}, ensure_ascii=False).encode()
        while not stop.is_set() and (end is None or time.monotonic() < end):
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE)
                connection.request("POST", "/api/v1/reports", body, {"content-type": "application/json"})
                answer = connection.getresponse()
                content = json.loads(answer.read())
                connection.close()
                if answer.status < 500:
                    return number, "accepted" if answer.status < 300 else "refused", content.get("code") if answer.status >= 300 else None
            time.sleep(0.3)
        return number, None, None

    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        posts = [loop.run_in_executor(pool, post, n, r) for n, r in list(tally.open.items())]
        for done in asyncio.as_completed(posts):
            number, outcome, code = await done
            if outcome:
                tally.settle(number, outcome, code)


async def main(options):
    stop, start = wire.stop_signal(), time.monotonic()
    reports = read(options)
    tally = Tally(reports)
    await (over_http if options.http else over_nats)(options, tally, stop)
    counts = {"refusals": dict(tally.codes)} | dict(tally.counts) | {"without receipt": len(tally.open)}
    seconds = round(time.monotonic() - start, 1)
    face = "http" if options.http else "nats"
    print(json.dumps({"client": "source.py", "face": face, "reports": len(reports), **counts, "seconds": seconds}), flush=True)
    return 1 if tally.open or tally.counts["refused"] else 0


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", help="reports, one JSON object a line: id, text, channel")
    p.add_argument("--nats", default="nats://127.0.0.1:4222", help="broker (default: %(default)s)")
    p.add_argument("--http", metavar="URL", help="send over HTTP instead")
    p.add_argument("--source", default="grid-app", help="who sends, as registered with intake (default: %(default)s)")
    p.add_argument("--part", default="1/1", metavar="K/N", help="only the K-th of N parts, line by line")
    p.add_argument("--from", dest="first", type=int, default=0, metavar="LINE", help="first line, from 0")
    p.add_argument("--to", dest="last", type=int, metavar="LINE", help="one past the last line")
    p.add_argument("--seconds", type=float, help="give up after this time")
    return p.parse_args()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(arguments())))
