// The parts of the operator's page that are read once: the catalogue, and what people do.

import { element, ROOT } from "./element.js";
import { attempt, call, done } from "./operator.js";

const $ = (selector) => document.querySelector(selector);
let shown = null; // the item that was looked up

function row(head, ...cells) {
  return element("tr", {}, element("th", { scope: "row" }, head), ...cells.map((cell) => element("td", {}, cell)));
}

function number(value) {
  return value.toLocaleString();
}

async function drawCatalogue(pictures = false) {
  const { items, findings } = await call(pictures ? "/catalogue?pictures=true" : "/catalogue");
  $("#catalogue-size").textContent = `${number(items)} items`;
  $("#findings").replaceChildren(
    ...findings.map(({ name, sentence, count, examples }) => {
      const links = examples.slice(0, 3).map((id) => {
        const button = element("button", { type: "button", className: "plain" }, id);
        button.addEventListener("click", () => attempt(() => lookUp(id)));
        return button;
      });
      const words = name.replaceAll("_", " ");
      const line = row(words[0].toUpperCase() + words.slice(1), number(count), "");
      line.title = sentence;
      line.lastChild.append(...links.flatMap((link, place) => (place ? [" ", link] : [link])));
      return line;
    }),
  );
}

async function drawFeed() {
  const { feed } = await call("/catalogue/feed");
  $("#feed").hidden = !feed;
  if (!feed) return;
  const left = Object.values(feed.rejected).reduce((sum, count) => sum + count, 0);
  $("#feed-sum").textContent = `${feed.system}, imported ${new Date(feed.at).toLocaleString()}: ${number(feed.accepted)} products came in, ${number(left)} rows were left out.`;
  const reasons = (counts, what) => Object.entries(counts).map(([reason, count]) => row(reason, what, number(count)));
  $("#feed-reasons tbody").replaceChildren(...reasons(feed.rejected, "the row"), ...reasons(feed.warnings, "the value"));
  $("#feed-reasons").hidden = !$("#feed-reasons tbody").children.length;
  $("#feed-rows").hidden = !feed.rows.length;
  $("#feed-rows summary").textContent = feed.rows.length < left ? `The first ${feed.rows.length} rows` : "The rows";
  $("#feed-rows tbody").replaceChildren(...feed.rows.map(({ file, line, id, reason }) => row(line ? `${file}, ${line}` : file, id ?? "–", reason)));
}

async function lookUp(id) {
  const { item } = await call(`/items/${encodeURIComponent(id)}`);
  shown = { id, available: item.available !== false };
  $("#item-id").value = id;
  $("#item-title").textContent = item.title ?? id;
  const fields = Object.entries(item).filter(([, value]) => value !== null && value !== "");
  $("#item-fields").replaceChildren(
    ...fields.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))),
  );
  $("#item-page").href = `${ROOT}/product/${encodeURIComponent(id)}`;
  $("#item-stock").textContent = shown.available ? "Mark as sold out" : "Mark as in stock";
  $("#item").hidden = false;
}

async function changeStock() {
  await call(`/items/${encodeURIComponent(shown.id)}`, "PATCH", { available: !shown.available });
  done(`${shown.id} is ${shown.available ? "sold out" : "in stock"} now.`);
  await lookUp(shown.id);
}

async function remove() {
  if (!confirm(`Remove ${shown.id}? The next feed that holds it brings it back.`)) return;
  await call(`/items/${encodeURIComponent(shown.id)}`, "DELETE");
  done(`${shown.id} is removed.`);
  $("#item").hidden = true;
  await drawCatalogue();
}

function percent(share) {
  return share === null ? "–" : `${Math.round(100 * share)} %`;
}

function rate(name, { key, seen, clicks, click_through, baskets, bought }) {
  const share = click_through === null ? "–" : `${(100 * click_through).toFixed(1)} %`;
  return row(`${name} ${key || "–"}`, number(seen), number(clicks), share, number(baskets), number(bought));
}

async function drawAnalytics() {
  if (!$("#analytics").dataset.on) return;
  const report = await call("/analytics");
  $("#analytics").hidden = false;
  $("#analytics-sum").textContent = `Last ${report.days} days: ${number(report.searches)} searches, ${number(report.events)} events. Words of fewer than five searches are left out.`;
  $("#words").replaceChildren(...report.top.map((one) => row(one.words, ...[one.searches, one.nothing, one.low].map(number), percent(one.relevance), number(one.clicked))));
  $("#vain").replaceChildren(...report.in_vain.map((one) => row(one.words, ...[one.nothing, one.low, one.searches].map(number), percent(one.relevance))));
  $("#photos").replaceChildren(...report.photos.map((one) => row(one.kind || "Nothing to wear", ...[one.searches, one.nothing, one.low, one.clicked].map(number))));
  const kinds = Map.groupBy(report.photos_by_day, ({ day }) => day);
  const most = (day) => (kinds.get(day) ?? []).slice(0, 3).map(({ kind, searches }) => `${kind || "nothing to wear"} ${number(searches)}`).join(", ");
  $("#days").replaceChildren(...report.by_day.map((day) => row(day.day, ...[day.words, day.photo, day.item, day.blend].map(number), most(day.day) || "–")));
  $("#rates").replaceChildren(
    ...report.by_surface.map((one) => rate("On", one)),
    ...report.by_position.map((one) => rate("At place", one)),
    ...report.by_version.map((one) => rate("By", one)),
  );
}

function open() {
  attempt(drawCatalogue);
  attempt(drawFeed);
  attempt(drawAnalytics);
}

$("#item-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => lookUp($("#item-id").value.trim()));
});
$("#look-at-pictures").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  await attempt(() => drawCatalogue(true));
  target.disabled = false;
});
$("#item-stock").addEventListener("click", () => attempt(changeStock));
$("#item-delete").addEventListener("click", () => attempt(remove));
document.addEventListener("desk-open", open);
if (!$("#desk").hidden) open();
