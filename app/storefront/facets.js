// The filter panel: which facets a catalogue offers, with counts under the current filter.

import { send } from "./api.js";
import { element, label } from "./elements.js";
import { filterOf } from "./view.js";

const PREFERRED = ["gender", "articleType", "category", "baseColour", "colour", "color", "brand"];
const MOST_FACETS = 4;
const MOST_VALUES = 200;
const OPEN_VALUES = 8;

export async function loadFacets(view, signal) {
  const whole = await facetsUnder(filterOf(view), [], signal);
  const found = new Map(whole.map((facet) => [facet.field, facet]));
  const chosen = Object.keys(view.choices).filter((field) => found.has(field));
  if (view.low || view.high) chosen.push("price");
  // A field's own choices must not hide its other values.
  const own = chosen.map((field) => facetsUnder(filterOf(view, field), [field], signal));
  for (const [facet] of await Promise.all(own)) found.set(facet.field, facet);
  return pick(found);
}

async function facetsUnder(filter, fields, signal) {
  const params = { limit: MOST_VALUES, fields };
  if (filter) params.filter = filter;
  return (await send({ method: "GET", path: "/facets", params }, signal)).facets;
}

function pick(found) {
  const usable = (facet) =>
    facet?.kind === "values" && facet.distinct > 1 && typeof facet.values[0]?.value === "string";
  const others = [...found.keys()].filter((field) => !PREFERRED.includes(field));
  const fields = [...PREFERRED, ...others].filter((field) => found.has(field));
  return {
    values: fields.map((field) => found.get(field)).filter(usable).slice(0, MOST_FACETS),
    price: found.get("price")?.min === undefined ? null : found.get("price"),
    stock: found.has("available"),
  };
}

export function renderFacets(panel, facets, view) {
  const open = new Set([...panel.querySelectorAll("details[open]")].map((d) => d.dataset.field));
  const groups = facets.values.map((facet) => valuesGroup(facet, view, open.has(facet.field)));
  if (facets.price) groups.push(priceGroup(facets.price, view));
  if (facets.stock) groups.push(stockGroup(view));
  const focused = document.activeElement?.id;
  panel.replaceChildren(...groups);
  // A choice redraws the panel; the keyboard stays where it was.
  if (focused) panel.querySelector(`#${CSS.escape(focused)}`)?.focus();
}

function valuesGroup(facet, view, open) {
  const chosen = new Set(view.choices[facet.field] ?? []);
  const boxes = facet.values.map(({ value, count }) => choice(facet.field, value, count, chosen));
  const group = element("fieldset", {}, element("legend", {}, label(facet.field)));
  group.append(...boxes.slice(0, OPEN_VALUES));
  if (boxes.length > OPEN_VALUES) {
    const hidden = boxes.length - OPEN_VALUES;
    const more = element("details", { open }, element("summary", {}, `${hidden} more`));
    more.dataset.field = facet.field;
    more.append(...boxes.slice(OPEN_VALUES));
    group.append(more);
  }
  return group;
}

function choice(field, value, count, chosen) {
  const id = `choice-${field}-${value}`;
  const box = element("input", { type: "checkbox", id, checked: chosen.has(value) });
  Object.assign(box.dataset, { field, value });
  const number = element("span", { className: "count" }, count.toLocaleString());
  return element("label", { className: "choice" }, box, element("span", {}, value), number);
}

function priceGroup({ min, max }, view) {
  const end = (id, value, bound, name) =>
    element("input", {
      id,
      type: "number",
      min: 0,
      step: "any",
      value,
      placeholder: bound === null ? "" : String(bound),
      ariaLabel: name,
    });
  return element(
    "fieldset",
    { className: "price-range" },
    element("legend", {}, "Price"),
    end("low", view.low, min, "Lowest price"),
    element("span", {}, "to"),
    end("high", view.high, max, "Highest price"),
  );
}

function stockGroup(view) {
  const box = element("input", { type: "checkbox", id: "in-stock", checked: view.inStock });
  const group = element("fieldset", {}, element("legend", {}, "Stock"));
  group.append(element("label", { className: "choice" }, box, element("span", {}, "In stock")));
  return group;
}
