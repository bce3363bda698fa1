// The operator's page: the last hour as charts, the service's state, and who did what.

import { element } from "./element.js";
import { attempt, call } from "./operator.js";

const EVERY_MS = 15_000;
const WIDTH = 600;
const HEIGHT = 120;
const LINES = [["p50_ms", "Half"], ["p95_ms", "95 %"], ["p99_ms", "99 %"]];
const SAID = {
  activate: "made live",
  rollback: "went back to",
  compaction: "folded live writes into",
  remove: "removed",
  edit: "changed",
  batch: "wrote items",
  synonyms: "set the synonyms",
  synonyms_reset: "reset the synonyms",
};
const $ = (selector) => document.querySelector(selector);

export function ms(value) {
  return value === null ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString()} ms`;
}

export function bytes(value) {
  if (value === null) return "–";
  const power = Math.min(4, Math.floor(Math.log(Math.max(value, 1)) / Math.log(1024)));
  return `${(value / 1024 ** power).toFixed(power > 1 ? 1 : 0)} ${["B", "KB", "MB", "GB", "TB"][power]}`;
}

export function age(moment) {
  const minutes = Math.max(0, Math.round((Date.now() - new Date(moment)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 60 * 48 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

function figures(id, pairs) {
  $(id).replaceChildren(...pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

async function drawLoad() {
  const { hour, minutes, workers } = await call("/load");
  const count = (value) => value.toLocaleString();
  figures("#hour", [
    ["Requests", count(hour.requests)],
    ...LINES.map(([name, label]) => [`${label} within`, ms(hour[name])]),
    ["4xx", count(hour.errors_4xx)],
    ["5xx", count(hour.errors_5xx)],
  ]);
  $("#hour-note").textContent = workers > 1 ? `Of one of ${workers} workers; each counts its own.` : "Without probes, files and this page.";
  const most = Math.max(1, ...minutes.map((one) => one.requests));
  $("#requests-chart").dataset.top = count(most);
  const slowest = Math.max(1, ...minutes.map((one) => one.p99_ms ?? 0));
  $("#requests-chart").replaceChildren(chart(bars(minutes, most), `Requests a minute over the last hour; at most ${count(most)}`));
  $("#times-chart").dataset.top = ms(slowest);
  $("#times-chart").replaceChildren(chart(LINES.map(([name], n) => line(minutes, name, slowest, n)), `Time of requests over the last hour: the slowest hundredth took at most ${ms(slowest)}`));
}

function chart(shapes, label) {
  const title = svg("title", {});
  title.textContent = label;
  const axis = svg("path", { class: "axis", d: `M0 ${HEIGHT}H${WIDTH}M0 .5H${WIDTH}` });
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", preserveAspectRatio: "none" }, title, axis, ...shapes);
}

function bars(minutes, most) {
  const step = WIDTH / minutes.length;
  return minutes.flatMap(({ requests, errors_4xx, errors_5xx }, n) =>
    [["bar", requests], ["bar-bad", errors_4xx + errors_5xx]].filter(([, value]) => value).map(([name, value]) => {
      const height = Math.max(1, ((HEIGHT - 20) * value) / most);
      return svg("rect", { class: name, x: n * step + 1, y: HEIGHT - height, width: step - 2, height });
    }),
  );
}

function line(minutes, name, slowest, n) {
  const step = WIDTH / minutes.length;
  let d = "";
  let drawing = false; // a minute without requests leaves a gap
  for (const [place, one] of minutes.entries()) {
    const value = one[name];
    if (value !== null) d += `${drawing ? "L" : "M"}${(place + 0.5) * step} ${HEIGHT - ((HEIGHT - 20) * value) / slowest}${drawing ? "" : "h.1"}`;
    drawing = value !== null;
  }
  return svg("path", { class: `line line-${n}`, d });
}

async function drawStatus() {
  const status = await call("/status");
  figures("#status", [
    ["Index built", `${age(status.built_at)} ago`],
    ["Feed taken", status.catalogue_as_of ? `${age(status.catalogue_as_of)} ago` : "–"],
    ["Index folder", bytes(status.index_bytes)],
    ["Free on its disk", bytes(status.free_bytes)],
    ["Memory", bytes(status.memory_bytes)],
  ]);
  const stale = status.catalogue_as_of && Date.now() - new Date(status.catalogue_as_of) > 2 * 86_400_000;
  const tight = status.free_bytes < 2 * status.index_bytes;
  const warnings = [stale && "The feed is older than two days: look at the nightly sync.", tight && "Less than twice the index is free: a build may run out of room."];
  $("#status-note").textContent = warnings.filter(Boolean).join(" ");
}

async function drawTrail() {
  const { acts } = await call("/trail?limit=50");
  $("#no-acts").hidden = acts.length > 0;
  $("#trail").hidden = acts.length === 0;
  $("#trail tbody").replaceChildren(
    ...acts.map(({ time, who, kind, subject, detail }) => {
      const at = element("time", { dateTime: time }, new Date(time).toLocaleString());
      const cells = [who, [SAID[kind] ?? kind, subject].filter(Boolean).join(" "), detail];
      return element("tr", {}, element("th", { scope: "row" }, at), ...cells.map((cell) => element("td", {}, cell)));
    }),
  );
}

const draw = (polls) => attempt(() => Promise.all([drawLoad(), drawStatus(), drawTrail()]), polls);

document.addEventListener("desk-open", () => {
  draw(false);
  setInterval(() => draw(true), EVERY_MS);
});
document.addEventListener("desk-changed", () => attempt(drawTrail));
if (!$("#desk").hidden) draw(true);
