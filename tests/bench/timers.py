"""What timers cost: started by timers.sh, which brings PostgreSQL, nats-server and the watchdog."""

import argparse
import asyncio
import datetime
import glob
import hashlib
import json
import os
import pathlib
import subprocess
import time
import uuid

import nats

TICKS = os.sysconf("SC_CLK_TCK")
# The instants of rows that are not due during the run.
FAR_MS = 4_000_000_000_000
# Seconds between setting the burst up and its instant.
LEAD = 20
# Rows that the ceiling claims at once: as many as the watchdog does by default.
CLAIM = 2000
IDLE = 30

FILL = """
ALTER TABLE clock DROP CONSTRAINT clock_pkey;
DROP INDEX clock_next, clock_urgent;
INSERT INTO clock (ticket_id, urgent, promise, clocks, next_ms, version)
SELECT md5(n::text)::uuid::text, CASE WHEN n <= {urgent} THEN 1 ELSE 0 END,
  '{{"seq":3,"order":"' || md5('o' || n)::uuid || '","unit":"D' || lpad((n % 35 + 1)::text, 2, '0')
    || '","division":"360802001001","round":1,"class":"coordination","start":1700000000000,"warn":{far},"due":{far}}}',
  '{{"K2":{{"seq":3}},"K4":{{"seq":3,"since":1700000000000,"due":' || {far} + n
    || '}},"K5":{{"seq":3,"anew":3,"since":1700000000000,"due":{far},"warn":{far}}}}}',
  {far}, 1
FROM generate_series(1, {rows}) n;
ALTER TABLE clock ADD PRIMARY KEY (ticket_id);
CREATE INDEX clock_next ON clock (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX clock_urgent ON clock (next_ms) WHERE urgent = 1 AND next_ms IS NOT NULL;
"""

# The time to sign for of these tickets ends at one instant, as at the end of a working day.
BURST = """
UPDATE clock SET clocks = '{{"K3":{{"seq":3,"since":1700000000000,"due":{at}}},' || substr(clocks, 2), next_ms = {at} + 1
WHERE ticket_id IN (SELECT md5(n::text)::uuid::text FROM generate_series(1, {due}) n)
"""

CEILING = """
DO $$ DECLARE n integer; BEGIN LOOP
  WITH due AS (SELECT ticket_id FROM clock WHERE next_ms <= {at} ORDER BY next_ms LIMIT {claim} FOR UPDATE SKIP LOCKED)
  UPDATE clock SET next_ms = {far}, version = version + 1 FROM due WHERE clock.ticket_id = due.ticket_id;
  GET DIAGNOSTICS n = ROW_COUNT; COMMIT; EXIT WHEN n = 0;
END LOOP; END $$
"""

# The same, and the packet of facts with its mark to be sent, as large as the watchdog's.
CEILING_WITH_FACTS = """
DO $$ DECLARE n integer; BEGIN LOOP
  WITH due AS (SELECT ticket_id FROM clock WHERE next_ms <= {at} ORDER BY next_ms LIMIT {claim} FOR UPDATE SKIP LOCKED),
  marked AS (UPDATE clock SET next_ms = {far}, version = version + 1 FROM due
    WHERE clock.ticket_id = due.ticket_id RETURNING clock.ticket_id),
  said AS (INSERT INTO outbox (created_ms, msg_id, stream, messages)
    SELECT {at}, min(ticket_id), 'FACTS', string_agg(ticket_id || md5(ticket_id) || repeat('h', 600), ',')
    FROM marked HAVING count(*) > 0 RETURNING created_ms, msg_id)
  INSERT INTO unsent (created_ms, msg_id, messages) SELECT created_ms, msg_id, {claim} FROM said;
  GET DIAGNOSTICS n = ROW_COUNT; COMMIT; EXIT WHEN n = 0;
END LOOP; END $$
"""


def arguments(what, rows=10_000_000, due=100_000):
    parser = argparse.ArgumentParser(description=what)
    for name in ("nats", "socket", "psql", "watchdog"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", type=int, default=rows, help="tickets with running clocks")
    parser.add_argument("--due", type=int, default=due, help="of these, due at one instant")
    parser.add_argument("--urgent", type=int, default=2_000, help="of these, urgent")
    parser.add_argument("--facts", type=int, default=40_000, help="dispatches to arm, four timers each")
    return parser.parse_args()


class Bench:
    """One replica of the watchdog."""

    def __init__(self, args, env=None, log=None):
        self.args = args
        self.env = env or {}
        self.log = log
        self.process = None

    def sql(self, text, **values):
        command = [self.args.psql, "-h", self.args.socket, "-U", "test", "-qAt", "-v", "ON_ERROR_STOP=1", "timers"]
        text = text.format(far=FAR_MS, claim=CLAIM, **vars(self.args), **values)
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout.strip()

    def lay_down(self):
        """The watchdog makes its tables, then they are filled."""
        self.start()
        look = [self.args.psql, "-h", self.args.socket, "-U", "test", "-qAtc", "SELECT urgent FROM clock", "timers"]
        while subprocess.run(look, capture_output=True).returncode:
            time.sleep(0.2)
        self.stop()
        self.sql(FILL)
        self.sql("VACUUM ANALYZE clock; CHECKPOINT")

    def start(self):
        env = {
            "GRIDLINE_NATS__URL": self.args.nats,
            "GRIDLINE_DATABASE__URL": f"postgres://test@localhost/timers?host={self.args.socket}",
            "GRIDLINE_LOG__FILTER": "warn",
        }
        self.process = subprocess.Popen([self.args.watchdog], env={**os.environ, **env, **self.env}, stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def cpu(pid):
    """User and system time of a process, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def backends():
    """The database's processes that serve the watchdog."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if b"test timers" in pathlib.Path(path).read_bytes():
                found.append(path.split("/")[2])
        except OSError:
            continue
    return found


def ticket(n):
    return str(uuid.UUID(hashlib.md5(str(n).encode()).hexdigest()))


def now_ms():
    return time.time_ns() // 1_000_000


async def arm(bench, js, nc):
    """Facts wait in the stream; the watchdog starts and takes them."""
    args = bench.args
    bench.stop()
    at = datetime.datetime.fromtimestamp(FAR_MS / 1000, datetime.timezone.utc).isoformat()
    start = datetime.datetime.now(datetime.timezone.utc).isoformat()
    lines = [{"clock": clock, "change": "started", "due": at} for clock in ("K3", "K4", "K5", "K6")]
    for n in range(args.rows + 1, args.rows + args.facts + 1):
        order = str(uuid.UUID(hashlib.md5(f"o{n}".encode()).hexdigest()))
        body = {
            "ticket": ticket(n), "orders": [{"order": order, "unit": "D02", "part": "lead"}], "class": "simple",
            "urgent": False, "round": 1, "warn_at": at, "due": at, "provisional": False, "calendar_version": "",
            "reason": "", "at": start,
            "by": {"role": "dispatcher", "steps": ["T8"], "state": "DISPATCHED", "clocks": lines},
        }
        head = {
            "ce-specversion": "1.0", "ce-id": f"bench-{n}", "ce-source": "/gridline/dispatch", "ce-ticketseq": "3",
            "ce-type": "io.gridline.ticket.v1.dispatched", "content-type": "application/json",
        }
        await nc.publish("ticket.v1.dispatched", json.dumps(body).encode(), headers=head)
        if n % 500 == 0:
            await nc.flush()
    await nc.flush()
    while (await js.consumer_info("FACTS", "sla-watchdog")).num_pending < args.facts:
        await asyncio.sleep(0.1)
    bench.start()
    begun = took = None
    # the rate is that of the first nine tenths: with the last ones the reader gathers, and rests
    left, tail = args.facts, args.facts // 10
    while left > 0:
        await asyncio.sleep(0.02)
        info = await js.consumer_info("FACTS", "sla-watchdog")
        left = info.num_pending + info.num_ack_pending
        if begun is None and info.num_pending < args.facts:
            begun = time.monotonic()
        if took is None and left <= tail:
            took = time.monotonic() - begun
    armed = int(bench.sql("SELECT count(*) FROM clock")) - args.rows
    rate = 4 * (args.facts - tail) / took
    spent = cpu(bench.process.pid) / armed * 1e6
    print(f"armed:      {rate:,.0f} timers/s ({armed} dispatches of four clocks), goal 20,000; CPU of the watchdog {spent:.0f} us a dispatch")
    assert armed == args.facts, "not every dispatch was armed"


async def stored(js, since):
    """When the broker stored each ticket's alarm, in ms: read after the burst, so that reading takes no part in it."""
    at = {}
    config = nats.js.api.ConsumerConfig(deliver_policy=nats.js.api.DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=since)
    sub = await js.subscribe("clock.v1.expired", ordered_consumer=True, config=config)
    while True:
        try:
            message = await sub.next_msg(timeout=3)
        except nats.errors.TimeoutError:
            return at
        ticket_id = json.loads(message.data)["ticket"]
        assert ticket_id not in at, "an alarm was told twice"
        at[ticket_id] = message.metadata.timestamp.timestamp() * 1000


async def burst(bench, js):
    """All due at one instant; a fact is told when the broker has stored it."""
    args = bench.args
    at = now_ms() + 1000 * (LEAD + args.due // 10_000)
    bench.sql(BURST, at=at)
    bench.sql("CHECKPOINT")
    assert now_ms() < at, "the burst was not set up in time"
    first = (await js.stream_info("FACTS")).state.last_seq + 1
    pids = [bench.process.pid, *backends()]
    before, deadline = list(map(cpu, pids)), at / 1000 + 300
    while (await js.stream_info("FACTS")).state.last_seq - first + 1 < args.due and time.time() < deadline:
        await asyncio.sleep(0.1)
    spent = [after - start for after, start in zip(map(cpu, pids), before)]
    memory = bench.memory()
    arrived = await stored(js, first)
    late = sorted((ms - at) / 1000 for ms in arrived.values())
    urgent = sorted((arrived[t] - at) / 1000 for t in map(ticket, range(1, args.urgent + 1)) if t in arrived)
    rate = len(late) / late[-1]
    print(f"burst:      {len(late):,} fired and published within {late[-1]:.1f} s, goal 20 s; {rate:,.0f} timers/s")
    print(f"            {len(urgent):,} urgent ones within {urgent[-1]:.2f} s, goal 2 s; earliest {late[0]:+.3f} s")
    print(f"            CPU of the watchdog {spent[0]:.1f} s, of the database {sum(spent[1:]):.1f} s; memory {memory:.0f} MB, goal < 150 MB")
    assert len(late) == args.due and late[0] >= 0, "each once, none early"
    return rate


def ceiling(bench, rate):
    """The same rows once more, with nothing around them."""
    bench.stop()
    for what, sql in (("claimed and marked", CEILING), ("claimed, marked and told", CEILING_WITH_FACTS)):
        at = now_ms() - 60_000
        bench.sql(BURST, at=at)
        bench.sql("CHECKPOINT")
        start = time.monotonic()
        bench.sql(sql, at=at + 1)
        bare = bench.args.due / (time.monotonic() - start)
        print(f"ceiling:    {bare:,.0f} rows/s {what} by bare SKIP LOCKED; ratio {rate / bare:.2f}")


async def main():
    args = arguments(__doc__)
    bench = Bench(args)
    start = time.monotonic()
    bench.lay_down()
    size = bench.sql("SELECT pg_size_pretty(pg_total_relation_size('clock'))")
    print(f"rows:       {args.rows:,} tickets with two running clocks, {size}, laid down in {time.monotonic() - start:.0f} s")
    bench.start()
    time.sleep(5)
    pids = [bench.process.pid, *backends()]
    before = sum(map(cpu, pids))
    time.sleep(IDLE)
    share = 100 * (sum(map(cpu, pids)) - before) / IDLE
    print(f"idle:       {share:.2f} % of a core, the database's part included, goal < 1 %; memory {bench.memory():.0f} MB")
    nc = await nats.connect(args.nats)
    await arm(bench, nc.jetstream(), nc)
    rate = await burst(bench, nc.jetstream())
    ceiling(bench, rate)
    await nc.close()


if __name__ == "__main__":
    asyncio.run(main())
