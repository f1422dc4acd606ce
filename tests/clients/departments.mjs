#!/usr/bin/env node
// Scripted departments in JavaScript: sign their work orders, report the result. The same contract as desk.py, with
// the official NATS client for Node; it shares a queue item's life in the same way: an act's `ce-id` comes from the
// item's, answers are read from a stream that keeps them, and an item is acknowledged after its last answer.
//
//   departments.mjs --units D01..D12 [--nats URL] [--skip sign,report,check] [--seconds N] [--until-idle N]

import { parseArgs } from "node:util";

import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, nanos } from "@nats-io/transport-node";

const HELP = `departments.mjs: scripted departments (Node)

  --units LIST       unit ids, ranges D01..D12 and prefixes GRID-*, by comma (default: D01..D12)
  --nats URL         broker (default: nats://127.0.0.1:4222)
  --skip LIST        steps to leave alone: sign, report, check
  --seconds N        stop after this time
  --until-idle N     stop after N seconds without anything to do
`;
const TEXT = { type: "string" };
const { values: options } = parseArgs({
  options: { units: TEXT, nats: TEXT, skip: TEXT, seconds: TEXT, "until-idle": TEXT, help: { type: "boolean" } },
});
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

// The same act can succeed later without anybody changing it.
const LATER = new Set(["co_handlers_done", "not_yet", "too_early", "conflict", "unavailable", "busy"]);
// Somebody signed before, or the order went on: the rest can still be done.
const SIGNED_BEFORE = new Set(["wrong_state", "wrong_order_state"]);
const PATIENCE_MS = 10_000;
const COME_BACK_MS = 2_000;
const LEAVE = Symbol("left lying on purpose");

const skip = new Set((options.skip ?? "").split(","));
const counts = { items: {}, acts: {}, refusals: {}, events: {}, left: {}, defects: {} };
const answers = new Map(); // ce-id of an act -> "done" or the code of the refusal
const waiting = new Map(); // ce-id of an act -> who waits for its answer
const busy = new Map(); // ce-id of an item -> its newest delivery
const finished = new Set();
const left = new Set();
const started = Date.now();
let touched = started;
let stopping = false;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const count = (group, name) => (counts[group][name] = (counts[group][name] ?? 0) + 1);

/** Publishes until JetStream says that it is stored; a timeout is unknown, so the same message goes again. */
async function store(js, subject, head, body) {
  const data = JSON.stringify(body);
  while (!stopping) {
    try {
      return await js.publish(subject, data, { headers: head, timeout: 5000 });
    } catch {
      await sleep(300);
    }
  }
}

/** Sends one act and waits for its answer; sends it again, with the same id, as long as none comes. */
async function ask(js, unit, item, event, person, act) {
  const answer = new Promise((resolve) => waiting.set(event, resolve));
  const head = headers();
  for (const [name, value] of Object.entries({
    "ce-specversion": "1.0",
    "ce-id": event,
    "ce-source": `/units/${unit}`,
    "ce-type": "io.gridline.work.v1.act",
    "ce-time": new Date().toISOString(),
    "content-type": "application/json",
  })) {
    head.set(name, value);
  }
  const body = { ticket: item.ticket, order: item.order, person, act };
  for (;;) {
    await store(js, `work.v1.act.${unit}`, head, body);
    const outcome = await Promise.race([answer, sleep(PATIENCE_MS)]);
    if (outcome || stopping) return outcome ?? "later";
    count("events", "sent again");
  }
}

/** One step on an item: `done`, `later`, or the code of the refusal. */
async function step(js, unit, id, item, name, person, act) {
  if (skip.has(name)) throw LEAVE;
  let event = `${id}:${name}`;
  for (let n = 2; LATER.has(answers.get(event)); n++) event = `${id}:${name}:${n}`;
  const known = answers.get(event);
  const outcome = known ?? (await ask(js, unit, item, event, person, act));
  if (!known && !stopping) {
    count("acts", `${name} ${outcome === "done" ? "done" : "refused"}`);
    if (outcome !== "done") count("refusals", `${name} ${outcome}`);
  }
  return LATER.has(outcome) ? "later" : outcome;
}

/** What a department does with an item of its queue. */
async function handle(js, unit, kind, id, item) {
  const person = `${unit}-01`;
  if (kind === "check") return step(js, unit, id, item, "check", `${unit}-02`, { do: "check", pass: true });
  if (kind !== "order") return "done"; // a copy is for information
  const signed = await step(js, unit, id, item, "sign", person, { do: "sign" });
  if (signed !== "done" && !SIGNED_BEFORE.has(signed)) return signed;
  const result = {
    factual: true,
    solved: true,
    contacted_at: new Date().toISOString(),
    public_reply: "您反映的问题已处理完毕，感谢监督。",
  };
  return step(js, unit, id, item, "report", person, { do: "report", result });
}

async function take(js, unit, message) {
  touched = Date.now();
  const id = message.headers?.get("ce-id") ?? "";
  if (left.has(id)) return;
  if (finished.has(id) || busy.has(id)) count("events", "delivered again");
  if (finished.has(id)) return message.ack();
  if (busy.has(id)) return void busy.set(id, message);
  busy.set(id, message);
  const kind = message.subject.split(".").at(-1);
  try {
    const outcome = await handle(js, unit, kind, id, message.json());
    if (outcome === "later") return busy.get(id).nak(COME_BACK_MS);
    finished.add(id);
    count("items", kind);
    busy.get(id).ack();
  } catch (e) {
    if (e === LEAVE) {
      left.add(id);
      count("left", kind);
    } else {
      count("defects", String(e).slice(0, 200));
    }
  } finally {
    busy.delete(id);
    touched = Date.now();
  }
}

/** A unit's queue, for ever. Short pulls: after a loss of connection the next one finds the server again. */
async function serve(js, unit) {
  while (!stopping) {
    try {
      const consumer = await js.consumers.get("QUEUES", `unit-${unit}`);
      for (;;) {
        const messages = await consumer.fetch({ max_messages: 16, expires: 10_000 });
        for await (const message of messages) void take(js, unit, message);
        if (stopping) return;
      }
    } catch {
      await sleep(300);
    }
  }
}

/**
 * Answers to all acts of these units, from a day ago on: after a restart it is known what was answered. The consumer
 * is a throw-away one; if it is lost, a new one begins after the last answer that was read.
 */
async function hear(js, manager, units) {
  const begin = { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(started - 24 * 3600_000).toISOString() };
  let last = 0;
  while (!stopping) {
    try {
      const { name } = await manager.consumers.add("ANSWERS", {
        filter_subjects: units.map((u) => `answer.v1.${u}`),
        ack_policy: AckPolicy.None,
        mem_storage: true,
        inactive_threshold: nanos(300_000),
        ...(last > 0 ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 } : begin),
      });
      const consumer = await js.consumers.get("ANSWERS", name);
      for (;;) {
        let quiet = true;
        for await (const message of await consumer.fetch({ max_messages: 256, expires: 3_000 })) {
          quiet = false;
          if (message.seq > last) answered(message.json());
          last = Math.max(last, message.seq);
        }
        // silence can mean that nothing is said, or that the consumer went away with its server: this throws then
        if (quiet) await manager.consumers.info("ANSWERS", name);
        if (stopping) return;
      }
    } catch {
      await sleep(300);
    }
  }
}

function answered(body) {
  const outcome = body.outcome === "done" ? "done" : body.problem.code;
  answers.set(body.act, outcome);
  touched = Date.now();
  waiting.get(body.act)?.(outcome);
  waiting.delete(body.act);
}

/** `D01..D12` is a range, `GRID-*` a prefix. */
function fits(unit, pattern) {
  const [first, last] = pattern.split("..");
  if (last) return /^D\d+$/.test(unit) && first <= unit && unit <= last;
  return pattern.endsWith("*") ? unit !== "CENTRE" && unit.startsWith(pattern.slice(0, -1)) : unit === pattern;
}

async function unitsOf(manager, list) {
  const names = [];
  for await (const consumer of manager.consumers.list("QUEUES")) names.push(consumer.name);
  const units = names.filter((n) => n.startsWith("unit-")).map((n) => n.slice(5));
  return units.filter((u) => list.split(",").some((p) => fits(u, p.trim()))).sort();
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => (stopping = true));
// a server that is not there within a minute is an error; one that goes away later is waited for
const givenUp = setTimeout(() => {
  console.error("departments.mjs: nats-server can't be reached; is it running, and is --nats right?");
  process.exit(1);
}, 60_000);
const nc = await connect({
  servers: options.nats ?? "nats://127.0.0.1:4222",
  name: "departments.mjs",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 300,
  waitOnFirstConnect: true,
});
clearTimeout(givenUp);
const manager = await jetstreamManager(nc);
const units = await unitsOf(manager, options.units ?? "D01..D12");
if (units.length === 0) {
  console.error("departments.mjs: no unit fits --units; was `gridline provision` run?");
  process.exit(1);
}
const js = jetstream(nc);
void hear(js, manager, units);
for (const unit of units) void serve(js, unit);

const idle = Number(options["until-idle"] ?? Infinity) * 1000;
const limit = Number(options.seconds ?? Infinity) * 1000;
while (!stopping && Date.now() - started < limit && (busy.size > 0 || Date.now() - touched < idle)) await sleep(100);
stopping = true;
const seconds = Math.round((Date.now() - started) / 100) / 10;
console.log(JSON.stringify({ client: "departments.mjs", units: units.length, ...counts, seconds }));
// an acknowledgement that is still on its way is flushed; a broker that is away does not hold the exit up
await Promise.race([nc.close(), sleep(3000)]);
process.exit(Object.keys(counts.defects).length > 0 ? 1 : 0);
