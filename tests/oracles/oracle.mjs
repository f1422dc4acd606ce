// Reads `received,class` and writes the day on which each is due by npm chinese-days; `-` from 2027 on, where it only
// knows Monday to Friday.

import { readFileSync } from "node:fs";

import chineseDays from "chinese-days";

const DAYS = { coordination: 5, "key-difficult": 15 };
const UNKNOWN = "2027-01-01";

function next(day) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

function due(day, days) {
  while (days > 0) {
    day = next(day);
    if (day >= UNKNOWN) return "-";
    if (chineseDays.isWorkday(day)) days -= 1;
  }
  return day;
}

const rows = readFileSync(0, "utf8").trim().split("\n").slice(1);
for (const row of rows) {
  const [received, kind] = row.split(",");
  console.log(due(received.slice(0, 10), DAYS[kind]));
}
