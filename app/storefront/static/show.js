// From a form to the page that answers it, put in place of the one that is shown.
import { ROOT, word } from "./element.js";

const PARTS = ["view", "signals", "calls", "languages"];
let running = new AbortController();
let shown = { state: history.state, address: address() };

// Shows what the service answers to `fields`. Typing replaces its own entry of the history, so that
// "back" leaves the words and does not take away letters; so does a search for what was typed.
export async function show(fields, { typed = false, words = typed, top = false } = {}) {
  const page = await load(fields, undefined, typed);
  if (!page) return;
  put(page, { top, crop: heldCrop(page) });
  const state = { fields: hasPhoto() ? kept() : null, typed, at: Date.now() };
  const replaces = words && history.state?.typed;
  history[replaces ? "replaceState" : "pushState"](state, "", document.getElementById("view").dataset.address);
  shown = { state, address: address() };
}

// Of the page, without the part of it that a link may lead to.
function address() {
  return location.href.split("#")[0];
}

// A photo is not in the address; the browser keeps it with its entry of the history.
export function restore() {
  addEventListener("popstate", ({ state }) => {
    const same = address() === shown.address;
    if (same && state?.at === shown.state?.at) return;
    // A link to a part of the page makes an entry without a state.
    if (same && !state && location.hash) history.replaceState(shown.state, "");
    else again(state);
  });
  if (history.state?.fields) again(history.state);
}

async function again(state) {
  shown = { state, address: address() };
  const page = await load(toForm(state?.fields), location.href);
  if (!page) return;
  // A page that is no search, such as the reference, needs scripts of its own.
  if (!page.getElementById("view").dataset.address) return void location.reload();
  put(page);
  const query = document.getElementById("q");
  query.value = page.getElementById("q").value;
}

async function load(fields, from, typed = false) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const view = document.getElementById("view");
  view.setAttribute("aria-busy", "true");
  try {
    const [target, options] = request(fields, from);
    // Words that are still being typed are not counted as a search.
    const page = await pageOf(await fetch(target, { ...options, signal, headers: { "X-Scripted": "1", ...(typed && { "X-Typing": "1" }) } }));
    say("");
    return page;
  } catch (error) {
    if (error.name === "AbortError") return null;
    const lost = error instanceof TypeError;
    say(lost ? word("unreachable") : error.message);
    return null;
  } finally {
    if (!signal.aborted) view.removeAttribute("aria-busy");
  }
}

function request(fields, from) {
  // A form without a file still holds one, nameless and empty.
  const isPost = fields && (fields.has("photo") || fields.has("photo_of") || fields.get("image")?.name);
  return isPost ? [`${ROOT}/search`, { method: "POST", body: fields }] : [from ?? addressOf(fields), {}];
}

function addressOf(fields) {
  const filled = [...fields].filter(([, value]) => typeof value === "string" && value);
  return `${ROOT}/search?${new URLSearchParams(filled)}`;
}

async function pageOf(response) {
  if (response.status === 401) location.reload(); // the session has ended; the page asks for a key
  const text = await response.text();
  if (!response.headers.get("content-type")?.startsWith("text/html")) {
    throw new Error(JSON.parse(text).detail);
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  if (!response.ok) throw new Error(page.getElementById("sentence").textContent);
  return page;
}

// The box on the photo while somebody moves it: an answer to an earlier place must not move it back.
function heldCrop(page) {
  const [now, next] = [document.getElementById("crop"), page.getElementById("crop")];
  const isHeld = now?.querySelector(".crop-box")?.contains(document.activeElement);
  const photoIn = (one) => one.querySelector("#signals [name=photo]")?.value;
  return isHeld && next && photoIn(document) === photoIn(page) ? now : null;
}

function put(page, { top = false, crop = null } = {}) {
  const focused = document.activeElement?.id;
  const price = typedPrice();
  const open = [...document.querySelectorAll("#view details[id]")];
  const was = new Map(open.map((details) => [details.id, details.open]));
  const sheet = document.getElementById("filters")?.matches(":popover-open");
  for (const id of PARTS) {
    const now = document.getElementById(id);
    const next = page.getElementById(id);
    if (now && next) now.replaceWith(next);
  }
  if (crop) document.getElementById("crop").replaceWith(crop);
  showPhoto();
  for (const details of document.querySelectorAll("#view details[id]")) {
    details.open = was.get(details.id) ?? details.open;
  }
  if (sheet) document.getElementById("filters")?.showPopover();
  document.title = page.title;
  document.getElementById("q").placeholder = page.getElementById("q").placeholder;
  const view = document.getElementById("view");
  document.getElementById("announce").textContent = view.dataset.summary;
  document.dispatchEvent(new CustomEvent("shown"));
  if (top) {
    scrollTo({ top: 0, behavior: "instant" });
    view.focus({ preventScroll: true });
  } else if (focused && focused !== document.activeElement?.id) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  if (price) goOn(price);
  say(page.getElementById("notice").textContent);
}

// A price that somebody types, which no search has had yet.
function typedPrice() {
  const field = document.activeElement;
  return field?.matches("#low, #high") && field.value !== field.defaultValue ? field : null;
}

function goOn({ id, value }) {
  const field = document.getElementById(id);
  if (!field || field.defaultValue === value) return;
  field.value = value;
  // A browser takes what a script writes for no change.
  const change = () => field.value === value && field.dispatchEvent(new Event("change", { bubbles: true }));
  field.addEventListener("blur", change, { once: true });
}

// The page holds the photo once; whatever shows it is given that copy.
export function showPhoto() {
  const photo = document.querySelector("#signals [name=photo]")?.value;
  if (!photo) return;
  const src = `data:image/jpeg;base64,${photo}`;
  for (const place of document.querySelectorAll("[data-shows-photo]")) {
    if (place.tagName === "IMG") place.src = src;
    else place.replaceChildren(Object.assign(new Image(36, 36), { src, alt: place.title }));
  }
}

function hasPhoto() {
  return document.querySelector("#signals [name=photo]") !== null;
}

function kept() {
  const fields = [...new FormData(document.getElementById("query"))];
  const page = document.getElementById("view").dataset.page ?? "1";
  return [...fields.filter(([, value]) => typeof value === "string"), ["page", page]];
}

function toForm(fields) {
  if (!fields) return null;
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

// Says a sentence where errors stand; nothing if it is empty.
export function say(sentence) {
  const notice = document.getElementById("notice");
  notice.textContent = sentence;
  notice.hidden = !sentence;
}
