// The view: what is shown, as an object and as the query of the page's address. A photo is the one
// part that an address cannot hold.

const CHOICE = "f.";

export function readView(search = location.search) {
  const params = new URLSearchParams(search);
  const choices = {};
  for (const [name, value] of params) {
    if (name.startsWith(CHOICE)) (choices[name.slice(CHOICE.length)] ??= []).push(value);
  }
  return {
    query: params.get("q") ?? "",
    item: params.get("item") ?? "",
    photo: null,
    choices,
    low: params.get("low") ?? "",
    high: params.get("high") ?? "",
    inStock: params.has("stock"),
  };
}

export function writeView(view) {
  const params = new URLSearchParams();
  if (view.query) params.set("q", view.query);
  if (view.item) params.set("item", view.item);
  for (const [field, values] of Object.entries(view.choices)) {
    for (const value of values) params.append(CHOICE + field, value);
  }
  if (view.low) params.set("low", view.low);
  if (view.high) params.set("high", view.high);
  if (view.inStock) params.set("stock", "1");
  const query = params.toString();
  return query ? `/?${query}` : "/";
}

// The filter that the view's choices mean; `without` leaves one field's own choices out.
export function filterOf(view, without = "") {
  const parts = Object.entries(view.choices)
    .filter(([field, values]) => field !== without && values.length)
    .map(([field, values]) => `${name(field)} IN [${values.map(literal).join(", ")}]`);
  if (without !== "price") {
    if (isNumber(view.low)) parts.push(`price >= ${Number(view.low)}`);
    if (isNumber(view.high)) parts.push(`price <= ${Number(view.high)}`);
  }
  if (view.inStock) parts.push("available = true");
  return parts.join(" AND ");
}

export function countChoices(view) {
  const chosen = Object.values(view.choices).reduce((sum, values) => sum + values.length, 0);
  return chosen + isNumber(view.low) + isNumber(view.high) + view.inStock;
}

function isNumber(text) {
  return text !== "" && Number.isFinite(Number(text));
}

function name(field) {
  return `\`${field.replaceAll("`", "``")}\``.replace(/^`([A-Za-z]\w*)`$/, "$1");
}

function literal(value) {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
