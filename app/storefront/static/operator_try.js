// The operator's page: one query, and why each of its answers is where it is.

import { element, ROOT } from "./element.js";
import { attempt, call } from "./operator.js";

const $ = (selector) => document.querySelector(selector);

async function tryQuery(words) {
  const body = { query: words, limit: 10, explain: true };
  const answer = await call("/recommend/by-text", "POST", body);
  $("#try-summary").textContent = summary(answer);
  $("#tried tbody").replaceChildren(...answer.items.map(row));
  $("#tried").hidden = answer.items.length === 0;
  $("#try-nothing").hidden = answer.items.length > 0;
}

function summary({ understood, nothing_fits, took_ms, model }) {
  const { preferred = [], filtered = [], unwanted = [], not_applied = [], corrected = [], synonyms = [], language } = understood ?? {};
  const named = (parts, verb) => parts.map((one) => `“${one.words}” ${verb} ${one.filter ?? ([one.field, ...(one.values ?? [])].filter(Boolean).join(" ") || one.part)}`);
  const parts = [...named(filtered, "as the filter"), ...named(preferred, "prefers"), ...named(unwanted, "puts down"), ...named(not_applied, "was left aside as")];
  const reworded = [...corrected, ...synonyms].map((one) => `“${one.before ?? one.from}” read as “${one.after ?? one.to}”`);
  const said = [
    parts.length + reworded.length ? `Understood: ${[...reworded, ...parts].join("; ")}.` : "No word was understood as a filter or a preference.",
    language && language.code !== "en" && `Language: ${language.code ?? language}.`,
    nothing_fits && "Nothing is likely to fit.",
    `${took_ms.toFixed(1)} ms, version ${model.index}.`,
  ];
  return said.filter(Boolean).join(" ");
}

function row({ id, score, relevance, explain, item }) {
  const link = element("a", { href: `${ROOT}/product/${encodeURIComponent(id)}` }, item.title ?? id);
  const cells = [score.toFixed(3), relevance === null || relevance === undefined ? "–" : `${Math.round(100 * relevance)} %`, why(explain)];
  return element("tr", {}, element("th", { scope: "row" }, link), ...cells.map((cell) => element("td", {}, cell)));
}

function why(parts) {
  return (parts ?? []).map(({ part, of, value }) => `${[part, of].filter(Boolean).join(" ")} ${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(3)}`).join(", ") || "–";
}

$("#try-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => tryQuery($("#try-words").value.trim()));
});
