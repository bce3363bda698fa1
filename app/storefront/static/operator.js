// The operator's page: index versions and live figures, from the same HTTP interface as everything.

import { element, ROOT } from "./element.js";
import { readMetrics } from "./metrics.js";
import { CODES } from "./problem_codes.js";

const EVERY_MS = 5000;
const MOST_ERRORS = 200;
let shownErrors = ""; // the first digit of the statuses to show, empty for all
const $ = (selector) => document.querySelector(selector);
// Each worker remembers its own errors; polls reach one or another.
const errors = new Map();
let before = null;
let polling = null;

export async function call(path, method = "GET", json = undefined) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem("admin-key")}` };
  const who = sessionStorage.getItem("who");
  if (who) headers["X-Operator"] = who;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(ROOT + path, { method, headers, body: json && JSON.stringify(json) }).catch(() => null);
  if (!response) throw new Error("The service cannot be reached.");
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  const body = isJson ? JSON.parse(text) : text;
  if (response.ok) return body;
  if (path === "/indexes" && response.status === 404) {
    throw new Error("Administration is off here: the service was started without an admin key.");
  }
  throw Object.assign(new Error(body.detail ?? "That did not work."), { status: response.status });
}

async function drawVersions() {
  const { versions, writes } = await call("/indexes");
  $("#writes").textContent = `${writes.changed.toLocaleString()} items written since the live version was built.`;
  $("#versions").replaceChildren(...versions.map(versionRow));
  $("#rollback").disabled = versions.length < 2;
}

function versionRow(version) {
  const activate = element("button", { type: "button", className: "button quiet" }, "Activate");
  activate.addEventListener("click", () => attempt(() => activateVersion(version.version)));
  const address = `${ROOT}/indexes/${encodeURIComponent(version.version)}/report`;
  const report = element("a", { href: address, target: "_blank", rel: "noopener" }, "Report");
  const recall = version.recall_at_10 === null ? "–" : version.recall_at_10.toFixed(3);
  const cells = [version.items?.toLocaleString() ?? "–", version.encoder ?? "–", version.kind ?? "–", recall];
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, version.version),
    element("td", {}, version.live ? element("strong", {}, "Live") : activate),
    ...cells.map((cell) => element("td", {}, cell)),
    element("td", {}, version.has_report ? report : "–"),
  );
}

async function activateVersion(name) {
  if (!confirm(`Let ${name} answer from now on?`)) return;
  const path = `/indexes/${encodeURIComponent(name)}/activate`;
  let answer;
  try {
    answer = await call(path, "POST");
  } catch (error) {
    // Worse than the live one by its own measure; people may know better.
    if (error.status !== 409 || !confirm(`${error.message}\n\nActivate it all the same?`)) throw error;
    answer = await call(`${path}?force=true`, "POST");
  }
  drawComparison(answer.comparison);
  done(`${name} is live now.`);
  await drawVersions();
}

async function rollBack() {
  if (!confirm("Go back to the version that was live before?")) return;
  const { version } = await call("/indexes/rollback", "POST");
  drawComparison(null);
  done(`${version} is live again.`);
  await drawVersions();
}

// Says that something was changed, and lets the trail be read anew.
export function done(sentence) {
  $("#done").textContent = sentence;
  document.dispatchEvent(new Event("desk-changed"));
}

function drawComparison(comparison) {
  $("#comparison").hidden = !comparison;
  if (!comparison) return;
  const show = (value) => (typeof value === "number" && !Number.isInteger(value) ? value.toFixed(3) : (value ?? "–"));
  const rows = Object.keys(comparison.live).map((name) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name.replaceAll("_", " ")),
      element("td", {}, String(show(comparison.live[name]))),
      element("td", {}, String(show(comparison.candidate[name]))),
    ),
  );
  $("#comparison tbody").replaceChildren(...rows);
}

async function drawMetrics() {
  const metrics = readMetrics(await call("/metrics"));
  const now = performance.now();
  const rate = before && (1000 * (metrics.requests - before.requests)) / (now - before.at);
  before = { requests: metrics.requests, at: now };
  const figures = [
    // Of several workers one may have been replaced, and its counts with it.
    ["Requests a second", rate === null || rate < 0 ? "–" : rate.toFixed(1)],
    ["Requests", metrics.requests.toLocaleString()],
    ["Mean time", `${metrics.meanMs.toFixed(1)} ms`],
    ["Errors", (metrics.failed4 + metrics.failed5).toLocaleString()],
    ["Items", metrics.items.toLocaleString()],
    ["Waiting", metrics.waiting.toLocaleString()],
  ];
  const parts = figures.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  $("#figures").replaceChildren(...parts);
  $("#routes").replaceChildren(...metrics.routes.map(routeRow));
}

function routeRow({ route, requests, meanMs, failed4, failed5 }) {
  const cells = [requests.toLocaleString(), `${meanMs.toFixed(1)} ms`, failed4, failed5];
  return element("tr", {}, element("th", { scope: "row" }, route), ...cells.map((cell) => element("td", {}, String(cell))));
}

async function drawErrors() {
  for (const error of (await call("/errors")).errors) errors.set(error.request_id + error.time, error);
  const latest = [...errors.values()].sort((a, b) => b.time.localeCompare(a.time))
    .filter((error) => String(error.status).startsWith(shownErrors)).slice(0, MOST_ERRORS);
  $("#no-errors").hidden = latest.length > 0;
  $("#errors").hidden = latest.length === 0;
  $("#errors tbody").replaceChildren(...latest.map(errorRow));
}

function errorRow({ time, status, code, method, route, request_id }) {
  const at = element("time", { dateTime: time }, new Date(time).toLocaleString());
  const cells = [String(status), CODES[code] ? `${CODES[code]} (${code})` : code, `${method} ${route}`, request_id];
  return element("tr", {}, element("th", { scope: "row" }, at), ...cells.map((cell) => element("td", {}, cell)));
}

// Does it, and shows why where it fails. What polls says nothing over what a person did.
export async function attempt(work, polls = false) {
  const notice = $("#notice");
  try {
    await work();
    if (!polls || notice.dataset.polls) notice.hidden = true;
    return true;
  } catch (error) {
    if (polls && !notice.hidden && !notice.dataset.polls) return false;
    notice.textContent = error.message;
    notice.dataset.polls = polls ? "true" : "";
    notice.hidden = false;
    return false;
  }
}

async function poll() {
  await attempt(() => Promise.all([drawMetrics(), drawErrors()]), true);
}

async function open() {
  if (!(await attempt(drawVersions))) {
    sessionStorage.removeItem("admin-key");
    return;
  }
  // A report opens in a tab of its own, which has the session's cookie and not the key.
  const key = new URLSearchParams({ key: sessionStorage.getItem("admin-key") });
  await fetch(`${ROOT}/sign-in`, { method: "POST", body: key, redirect: "manual" }).catch(() => null);
  $("#desk").hidden = false;
  $("#key-form").hidden = true;
  document.dispatchEvent(new Event("desk-open"));
  await poll();
  polling ??= setInterval(poll, EVERY_MS);
}

$("#key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("admin-key", $("#key").value);
  sessionStorage.setItem("who", $("#who").value.normalize("NFKD").replace(/[^\w.@' -]/g, ""));
  open();
});
for (const button of document.querySelectorAll("[data-errors]")) {
  button.addEventListener("click", () => {
    shownErrors = button.dataset.errors;
    for (const one of document.querySelectorAll("[data-errors]")) one.setAttribute("aria-pressed", String(one === button));
    attempt(drawErrors);
  });
}
$("#rollback").addEventListener("click", () => attempt(rollBack));
document.querySelector(".sign-out")?.addEventListener("submit", () => sessionStorage.removeItem("admin-key"));
if (sessionStorage.getItem("admin-key")) open();
