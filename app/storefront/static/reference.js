// The API reference: the OpenAPI document of this very service, made readable.

import { element, ROOT } from "./element.js";
import { CODES } from "./problem_codes.js";
import { tryIt } from "./try_it.js";

const EXAMPLES = {
  by_image: ["-F 'image=@photo.jpg'", "-F 'limit=5'"],
  by_text: json({ query: "red summer dress", limit: 5, group_by: "group_id" }),
  blend: json({ positive: [{ text: "summer dress" }], negative: [{ text: "black" }] }),
  put_item: json({ title: "Blue striped shirt", price: 39.9 }),
  patch_item: json({ price: 29.9 }),
  write_batch: ["-H 'Content-Type: application/x-ndjson'", "--data-binary @items.ndjson"],
};

function json(body) {
  return ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`];
}

async function start() {
  const api = await (await fetch(`${ROOT}/openapi.json`)).json();
  document.querySelector(".about").textContent = api.info.description;
  const tags = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "other";
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(describe(api, path, method, operation));
    }
  }
  const sections = [...tags].map(([tag, operations]) =>
    element("section", {}, element("h2", {}, tag[0].toUpperCase() + tag.slice(1)), ...operations),
  );
  const codes = [...codesOf(api)].sort().map(([code, statuses]) => [code, [...statuses].join(", "), CODES[code] ?? ""]);
  sections.push(element("section", { id: "codes" }, element("h2", {}, "Error codes"), table(codes, "answers")));
  document.querySelector(".operations").replaceChildren(...sections);
  // What most come for: a first call to paste.
  document.querySelector(".operation").open = true;
}

function describe(api, path, method, operation) {
  const summary = element(
    "summary",
    {},
    element("span", { className: "method" }, method.toUpperCase()),
    element("span", { className: "path" }, path),
    element("span", { className: "what" }, operation.summary ?? ""),
  );
  const body = element("div", {}, element("p", {}, ...marked(operation.description ?? "")));
  body.append(element("pre", { tabIndex: 0 }, element("code", {}, curl(path, method, operation))));
  const fields = [...parametersOf(operation), ...bodyFieldsOf(api, operation)];
  if (fields.length) body.append(element("h3", {}, "Takes"), table(fields));
  body.append(element("h3", {}, "Answers"), table(answersOf(operation), "answers"));
  const example = exampleAnswer(operation);
  if (example) body.append(element("details", { className: "example" }, element("summary", {}, "An answer"), element("pre", { tabIndex: 0 }, element("code", {}, example))));
  const content = Object.keys(operation.requestBody?.content ?? {})[0] ?? "";
  const options = { body: bodyOf(operation, content), takesFile: content.startsWith("multipart"), isAdmin: operation.tags?.includes("admin"), id: operation.operationId };
  body.append(element("h3", {}, "Try it"), tryIt(method, path, options));
  return element("details", { className: "operation", id: operation.operationId }, summary, body);
}

function curl(path, method, operation) {
  const example = EXAMPLES[operation.operationId] ?? [];
  const address = path.replace("{id}", "ID").replace("{version}", "VERSION");
  // What curl does by itself: GET, and POST where something is sent.
  const isPlain = method === (example.length ? "post" : "get");
  const verb = isPlain ? "" : `-X ${method.toUpperCase()} `;
  const key = operation.security ? ["-H 'Authorization: Bearer KEY'"] : [];
  return [`curl ${verb}'${location.origin}${ROOT}${address}'`, ...key, ...example].join(" \\\n  ");
}

function parametersOf(operation) {
  return (operation.parameters ?? []).map((parameter) => {
    const about = parameter.description ?? parameter.schema.description ?? "";
    return [parameter.name, typeOf(parameter.schema), noteOf(about, parameter)];
  });
}

function bodyFieldsOf(api, operation) {
  const content = Object.values(operation.requestBody?.content ?? {})[0];
  if (!content) return [];
  const schema = resolve(api, content.schema);
  // An item has the fields of its catalogue, and a batch is lines: both say so in words.
  if (!schema.properties) return [["body", typeOf(schema), schema.description ?? ""]];
  return Object.entries(schema.properties).map(([name, field]) => {
    const required = schema.required?.includes(name);
    return [name, typeOf(field), noteOf(field.description ?? "", { required, schema: field })];
  });
}

// The body to begin with: that of the example above, over several lines.
function bodyOf(operation, content) {
  if (!content || content.startsWith("multipart")) return null;
  if (content.includes("ndjson")) return '{"op": "patch", "id": "1042", "item": {"price": 29.9}}';
  const given = EXAMPLES[operation.operationId]?.at(-1)?.match(/^-d '(.*)'$/s)?.[1];
  const known = Object.values(operation.requestBody.content)[0];
  return JSON.stringify(given ? JSON.parse(given) : (known.example ?? known.schema?.examples?.[0] ?? {}), null, 2);
}

function exampleAnswer(operation) {
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"))?.[1];
  const example = good?.content?.["application/json"]?.example;
  return example && JSON.stringify(known(example), null, 2);
}

// An example without what only stands for a text.
function known(value) {
  if (Array.isArray(value)) return value.map(known).filter((one) => one !== undefined);
  if (value === null || typeof value !== "object") return value === "text" ? undefined : value;
  const fields = Object.entries(value).map(([name, one]) => [name, known(one)]);
  const told = fields.filter(([, one]) => one !== undefined && !(typeof one === "object" && one !== null && Object.keys(one).length === 0));
  return told.length ? Object.fromEntries(told) : undefined;
}

// Every code that the document names, with its statuses.
function codesOf(api) {
  const found = new Map();
  for (const operation of Object.values(api.paths).flatMap((item) => Object.values(item))) {
    for (const [status, { description }] of Object.entries(operation.responses)) {
      for (const code of (/`code`: (.*)\.$/.exec(description ?? "")?.[1] ?? "").split(", ").filter(Boolean)) {
        found.set(code, (found.get(code) ?? new Set()).add(status));
      }
    }
  }
  return found;
}

function resolve(api, schema) {
  return schema.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.filter((s) => s.type !== "null").map(typeOf).join(" or ");
  if (schema.type === "array" && schema.items) return `list of ${typeOf(schema.items)}`;
  return schema.format === "binary" ? "file" : schema.type ?? "";
}

function noteOf(about, { required, schema }) {
  const parts = [about];
  if (required) parts.push("Required.");
  if (schema.default !== undefined && schema.default !== null && typeof schema.default !== "object")
    parts.push(`By default ${schema.default}.`);
  if (schema.minimum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}.`);
  return parts.filter(Boolean).join(" ");
}

function answersOf(operation) {
  return Object.entries(operation.responses).map(([status, { description, content }]) => [
    status,
    [description, ...Object.keys(content ?? {}).filter((type) => !type.includes("problem"))].join(" · "),
  ]);
}

// The words of the document, with what stands between backquotes as code.
function marked(text) {
  return text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));
}

function table(rows, className = "") {
  const lines = rows.map(([name, ...cells]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...cells.map((cell) => element("td", {}, ...marked(cell))),
    ),
  );
  return element("table", { className }, element("tbody", {}, ...lines));
}

start().catch(() => {
  const error = document.querySelector(".error");
  error.textContent = "The description of the interface cannot be loaded.";
  error.hidden = false;
});
