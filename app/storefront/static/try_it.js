// Trying a call on the reference page: it is sent as written, and the answer is shown as it came.

import { element, ROOT } from "./element.js";

const MOST_SHOWN = 20_000; // characters of an answer
let firstItem = null; // the id of an item that is there, asked for once

// A form for one operation; `body` is the JSON to begin with, null if it takes none.
export function tryIt(method, path, { body, takesFile, isAdmin, id }) {
  const address = element("input", { id: `address-${id}`, value: exampleOf(path), spellcheck: false });
  const form = element("form", { className: "try" }, labelled("Address", address));
  const parts = { address, text: null, file: null };
  if (body !== null) {
    parts.text = element("textarea", { id: `body-${id}`, rows: Math.min(8, body.split("\n").length), spellcheck: false }, body);
    form.append(labelled("Body", parts.text));
  }
  if (takesFile) {
    parts.file = element("input", { id: `file-${id}`, type: "file", accept: "image/*", required: true });
    form.append(labelled("Picture", parts.file));
  }
  const shown = element("pre", { className: "code", tabIndex: 0, hidden: true, ariaLabel: "The answer" });
  const note = element("p", { className: "summary", role: "status" });
  form.append(element("button", { className: "button" }, "Send"), note, shown);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isAdmin && method !== "get" && !confirm(`${method.toUpperCase()} ${address.value}?`)) return;
    note.textContent = "…";
    const { status, text } = await send(method, parts);
    note.textContent = status;
    shown.textContent = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n…` : text;
    shown.hidden = !text;
  });
  form.addEventListener("focusin", () => fillIn(address), { once: true });
  return form;
}

async function send(method, { address, text, file }) {
  const key = document.getElementById("try-key").value.trim();
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  let body;
  if (file) {
    body = new FormData();
    for (const picture of file.files) body.append("image", picture);
    body.append("limit", "5");
  } else if (text) {
    const isLines = address.value.endsWith("/items/batch");
    headers["Content-Type"] = isLines ? "application/x-ndjson" : "application/json";
    body = text.value;
  }
  const started = performance.now();
  try {
    const answer = await fetch(ROOT + address.value, { method: method.toUpperCase(), headers, body });
    const took = `${Math.round(performance.now() - started)} ms`;
    const type = answer.headers.get("content-type") ?? "";
    const size = Number(answer.headers.get("content-length"));
    const shown = type.startsWith("image/") ? `${type}, ${size} bytes` : pretty(await answer.text(), type);
    return { status: `${answer.status} ${answer.statusText}, ${took}`, text: shown };
  } catch {
    return { status: "The service cannot be reached.", text: "" };
  }
}

function pretty(text, type) {
  return type.includes("json") && !type.includes("ndjson") ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

// An item that is there stands for ID, so that a call answers at once.
async function fillIn(address) {
  if (!address.value.includes("ID")) return;
  const key = document.getElementById("try-key").value.trim();
  const options = key ? { headers: { Authorization: `Bearer ${key}` } } : {};
  firstItem ??= fetch(`${ROOT}/items?limit=1`, options).then((answer) => answer.json()).then(({ items }) => items[0].id).catch(() => null);
  const id = await firstItem;
  if (id) address.value = address.value.replace("ID", encodeURIComponent(id));
  else firstItem = null;
}

function exampleOf(path) {
  const address = path.replace("{id}", "ID").replace("{version}", "VERSION");
  if (path === "/suggest") return `${address}?q=dr`;
  return ["/items", "/items/{id}/similar"].includes(path) ? `${address}?limit=3` : address;
}

function labelled(name, field) {
  return element("label", { htmlFor: field.id }, element("span", {}, name), field);
}
