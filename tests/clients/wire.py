"""What every outside program needs: a connection that mends itself, CloudEvents headers, a publish that is
certain, and a reader of streams that goes on where it was.

Written from the published contract only: messages are CloudEvents 1.0 in the NATS binary form.
"""

import asyncio
import contextlib
import datetime
import json
import signal
import sys
import time

import nats
import nats.errors
from nats.js import api

TYPE = "io.gridline."

# What a broken connection, a restarting server or a lost answer looks like: the outcome is unknown, try again.
TROUBLE = (nats.errors.Error, asyncio.TimeoutError, OSError)
# What the server will never take, however often it is sent.
HOPELESS = (nats.errors.MaxPayloadError, nats.errors.BadSubjectError)


async def connect(url, name):
    """Connects, and from then on reconnects for ever. A server that is not there within a minute is an error."""

    async def quiet(_error):
        """Every reconnect attempt would be told; the counts at the end tell enough."""

    opening = nats.connect(
        url, name=name, max_reconnect_attempts=-1, reconnect_time_wait=0.3, ping_interval=10, error_cb=quiet
    )
    try:
        return await asyncio.wait_for(opening, 60)
    except asyncio.TimeoutError:
        sys.exit(f"{name}: nats-server at {url} can't be reached; is it running, and is --nats right?")


def headers(kind, source, event_id):
    """The attributes of a CloudEvent as NATS headers; source and id together name the message for ever."""
    return {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": source,
        "ce-type": TYPE + kind,
        "ce-time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        "content-type": "application/json",
    }


async def store(js, subject, head, body):
    """Publishes until JetStream says that it is stored.

    A timeout means *unknown*, never *failed*: the same message with the same id goes out again, and Gridline
    knows it by `ce-source` and `ce-id`.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    while True:
        try:
            return await js.publish(subject, data, headers=head, timeout=5)
        except HOPELESS:
            raise
        except TROUBLE:
            await asyncio.sleep(0.3)


class Feed:
    """Reads a stream that keeps its messages (receipts, answers, facts), each message once and in order.

    The consumer is a throw-away one: if it is lost, a new one begins after the last message that was read.
    """

    def __init__(self, js, stream, subjects, since=None):
        self.js, self.stream, self.subjects, self.since = js, stream, subjects, since
        self.last = 0

    async def run(self, handle):
        """Calls `handle(message)` for each message, for ever."""
        sub = None
        while True:
            try:
                if sub is None:
                    sub = await self._open()
                messages = await sub.fetch(256, timeout=3)
            except TROUBLE:
                messages = []
            for m in messages:
                place = m.metadata.sequence.stream
                if place > self.last:
                    self.last = place
                    handle(m)
            if not messages:
                sub = await self._still_there(sub)

    async def _open(self):
        config = api.ConsumerConfig(
            filter_subjects=self.subjects, ack_policy=api.AckPolicy.NONE, mem_storage=True, inactive_threshold=300
        )
        if self.last:
            config.deliver_policy, config.opt_start_seq = api.DeliverPolicy.BY_START_SEQUENCE, self.last + 1
        elif self.since:
            config.deliver_policy, config.opt_start_time = api.DeliverPolicy.BY_START_TIME, self.since
        info = await self.js.add_consumer(self.stream, config)
        return await self.js.pull_subscribe_bind(info.name, stream=self.stream)

    async def _still_there(self, sub):
        """Silence can mean that nothing is said, or that the consumer went away with its server."""
        try:
            await sub.consumer_info()
            return sub
        except Exception:  # noqa: BLE001 - whatever it is, a new consumer is the remedy
            await asyncio.sleep(0.3)
            if sub is not None:
                with contextlib.suppress(Exception):
                    await sub.unsubscribe()
            return None


def ago(seconds):
    """A time in the past, as consumers take it."""
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)


def stop_signal():
    """An event that SIGTERM or Ctrl-C sets."""
    stop = asyncio.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(s, stop.set)
    return stop


async def until(stop, seconds=None, idle=None, quiet_for=lambda: 0.0, done=lambda: False):
    """Waits for the stop signal, the time, `idle` seconds without anything to do, or `done`."""
    start = time.monotonic()
    while not stop.is_set():
        if done() or (seconds is not None and time.monotonic() - start >= seconds):
            return
        if idle is not None and quiet_for() >= idle:
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)


async def close(nc, tasks):
    """Ends background tasks and the connection; a server that is away does not hold it up."""
    for t in tasks:
        t.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(nc.close(), 3)
