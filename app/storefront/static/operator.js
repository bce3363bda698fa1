// The operator's page: index versions and live figures, from the same HTTP interface as everything.

import { element } from "./element.js";
import { readMetrics } from "./metrics.js";

const EVERY_MS = 5000;
const MOST_ERRORS = 50;
const $ = (selector) => document.querySelector(selector);
let seen = null;

async function call(path, method = "GET") {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem("admin-key")}` };
  const response = await fetch(path, { method, headers }).catch(() => null);
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
  const recall = version.recall_at_10 === null ? "–" : version.recall_at_10.toFixed(3);
  const cells = [version.items?.toLocaleString() ?? "–", version.encoder ?? "–", version.kind ?? "–", recall];
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, version.version),
    ...cells.map((cell) => element("td", {}, cell)),
    element("td", {}, version.live ? element("strong", {}, "Live") : activate),
  );
}

async function activateVersion(name) {
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
  await drawVersions();
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
  const figures = [
    ["Requests", metrics.requests.toLocaleString()],
    ["Mean time", `${metrics.meanMs.toFixed(1)} ms`],
    ["Errors", (metrics.failed4 + metrics.failed5).toLocaleString()],
    ["Items", metrics.items.toLocaleString()],
    ["Waiting", metrics.waiting.toLocaleString()],
  ];
  const parts = figures.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  $("#figures").replaceChildren(...parts);
  $("#routes").replaceChildren(...metrics.routes.map(routeRow));
  logErrors(metrics.errors);
}

function routeRow({ route, requests, meanMs, failed4, failed5 }) {
  const cells = [requests.toLocaleString(), `${meanMs.toFixed(1)} ms`, failed4, failed5];
  return element("tr", {}, element("th", { scope: "row" }, route), ...cells.map((cell) => element("td", {}, String(cell))));
}

function logErrors(errors) {
  const fresh = [];
  for (const [name, count] of seen ? errors : []) {
    const more = count - (seen.get(name) ?? 0);
    if (more > 0) fresh.push(element("li", {}, `${new Date().toLocaleTimeString()}  ${name}${more > 1 ? `  × ${more}` : ""}`));
  }
  seen = errors;
  if (!fresh.length) return;
  const before = [...$("#errors").children].filter((line) => line.textContent !== "None.");
  $("#errors").replaceChildren(...[...fresh, ...before].slice(0, MOST_ERRORS));
}

async function attempt(work) {
  const notice = $("#notice");
  try {
    await work();
    notice.hidden = true;
    return true;
  } catch (error) {
    notice.textContent = error.message;
    notice.hidden = false;
    return false;
  }
}

async function open() {
  if (!(await attempt(drawVersions))) return;
  $("#desk").hidden = false;
  $("#key-form").hidden = true;
  await attempt(drawMetrics);
  setInterval(() => attempt(drawMetrics), EVERY_MS);
}

$("#key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("admin-key", $("#key").value);
  open();
});
$("#rollback").addEventListener("click", () =>
  attempt(async () => {
    await call("/indexes/rollback", "POST");
    await drawVersions();
  }),
);
if (sessionStorage.getItem("admin-key")) open();
