// Products of a Twinset service on any page of a shop, as two elements:
//   <script type="module" src="https://TWINSET/widget.js"></script>
//   <twinset-similar item="S0001" limit="4"></twinset-similar>
//   <twinset-search photo></twinset-search>
// Attributes, events, parts and properties stand in docs/widget.md.
const SERVICE = new URL(".", import.meta.url).href.slice(0, -1); // with the path it is mounted at
const NEAR = "400px"; // from the view: asked for before it is scrolled to
const TRIES = 3;
const SEEN_AFTER_MS = 1000;
const REASONS = { 401: "unauthorized", 403: "unauthorized", 404: "not_found", 429: "busy", 503: "busy" };
// The language of products' texts; the service that hands out this script writes it here.
const TEXTS = "";

// Made from the files of words.
const WORDS = {
  en: {"similar": "Similar products", "results": "Search results", "sold_out": "Sold out", "placeholder": "Describe what you are looking for", "go": "Search", "photo": "Photo", "nothing": "Nothing fits.", "failed": "That did not work. Try again in a moment."},
  de: {"similar": "Ähnliche Produkte", "results": "Suchergebnisse", "sold_out": "Ausverkauft", "placeholder": "Beschreiben, was gesucht wird", "go": "Suchen", "photo": "Foto", "nothing": "Nichts passt.", "failed": "Das hat nicht geklappt. Versuche es gleich noch einmal."},
  fr: {"similar": "Produits semblables", "results": "Résultats de la recherche", "sold_out": "Épuisé", "placeholder": "Décrivez ce que vous cherchez", "go": "Rechercher", "photo": "Photo", "nothing": "Rien ne correspond.", "failed": "Cela n’a pas marché. Réessayez dans un instant."},
  es: {"similar": "Productos parecidos", "results": "Resultados de la búsqueda", "sold_out": "Agotado", "placeholder": "Describe lo que buscas", "go": "Buscar", "photo": "Foto", "nothing": "Nada encaja.", "failed": "Eso no ha funcionado. Inténtalo dentro de un momento."},
  it: {"similar": "Prodotti simili", "results": "Risultati della ricerca", "sold_out": "Esaurito", "placeholder": "Descrivi che cosa cerchi", "go": "Cerca", "photo": "Foto", "nothing": "Nulla di adatto.", "failed": "Non ha funzionato. Riprova tra un momento."},
};

const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; container-type: inline-size }
  :host([hidden]) { display: none }
  ul { display: grid; gap: var(--twinset-gap, 1rem); margin: 0; padding: 0; list-style: none;
    grid-template-columns: repeat(auto-fill, minmax(min(var(--twinset-width, 9rem), 100%), 1fr)) }
  li { min-width: 0 }
  a { position: relative; display: block; color: inherit; text-decoration: none; overflow-wrap: anywhere }
  a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px }
  .frame { display: block; aspect-ratio: var(--twinset-ratio, 3 / 4); overflow: hidden;
    border-radius: var(--twinset-radius, 0); background: var(--twinset-frame, #fff) }
  li.waiting .frame { background: color-mix(in srgb, currentColor 8%, transparent) }
  img { display: block; width: 100%; height: 100%; object-fit: contain }
  .brand, .title, .price { display: block; margin-top: .35rem; font-size: .9em; min-height: 1lh }
  .brand { font-size: .8em; opacity: .8 }
  .price { margin-top: .1rem; font-variant-numeric: tabular-nums }
  .badge { position: absolute; inset: .4rem auto auto .4rem; padding: .1rem .45rem; font-size: .75em;
    background: var(--twinset-badge, #111); color: var(--twinset-badge-text, #fff) }
  .sold .frame { opacity: .6 }
  form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1rem }
  input[type=search] { flex: 1 1 12rem; min-width: 0; font: inherit; padding: .5rem .7rem }
  button, .photo { font: inherit; padding: .5rem .9rem; cursor: pointer }
  .photo { border: 1px solid currentColor }
  .photo:focus-within { outline: 2px solid currentColor; outline-offset: 2px }
  .photo input { position: absolute; width: 1px; height: 1px; opacity: 0 }
  p { margin: 0; min-height: 1lh }
  slot:has(+ .body:empty) { display: none } /* a heading over nothing */
`);

/** An answer that is none; `reason` is what a shop can act on. */
class Refused extends Error {
  constructor(reason, status = 0, code = "") {
    super(`twinset: ${reason}${code && `, ${code}`}`);
    Object.assign(this, { reason, status, code });
  }
}

/** JSON from the service; asked again, as it says, if it is busy. */
async function ask(address, options, key) {
  const headers = { ...options?.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  for (let tries = 1; ; tries++) {
    const answer = await fetch(address, { ...options, headers }).catch(() => { throw new Refused("unreachable"); });
    if (answer.ok) return answer.json();
    const reason = REASONS[answer.status] ?? (answer.status < 500 ? "refused" : "failed");
    if (reason !== "busy" || tries === TRIES) {
      const { code } = await answer.json().catch(() => ({}));
      throw new Refused(reason, answer.status, code);
    }
    const wait = Number(answer.headers.get("Retry-After")) || tries;
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 5) * 1000));
  }
}

/** Where `twinset similar` puts an item's file: as `file_stem` in app/similar/similar_files.py. */
function fileOf(id) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const hex = hash.toString(16).padStart(8, "0");
  const name = encodeURIComponent(id).replaceAll("%", "=");
  return `items/${hex.slice(0, 2)}/${name.length > 180 ? `${name.slice(0, 180)}=${hex}` : name}.json`;
}

/** The answer of the service, from files that `twinset similar` wrote. */
async function fromFiles(source, item, limit) {
  const base = new URL(source.endsWith("/") ? source : `${source}/`, location.href);
  const read = (id) => ask(new URL(fileOf(id), base));
  const { similar } = await read(item);
  const cards = await Promise.all(similar.slice(0, limit).map(async (hit, n) => {
    const { item: card } = await read(hit.id).catch(() => ({})); // a file that is being replaced
    const image_url = card?.image_url && new URL(card.image_url, base).href;
    return card && { ...hit, rank: n + 1, item: { ...card, image_url } };
  }));
  return { items: cards.filter(Boolean), request_id: null };
}

const part = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name;
  node.setAttribute("part", name);
  if (text !== undefined) node.textContent = text;
  return node;
};

/** The body of a search, of every product rather than of every style. */
const ungrouped = (body) => {
  if (typeof body === "string") return JSON.stringify({ ...JSON.parse(body), group_by: undefined });
  body.delete("group_by");
  return body;
};

/** An address that may stand in a link: a product feed can hold anything. */
const safe = (link) => { try { return /^https?:$/.test(new URL(link, location.href).protocol) ? link : null; } catch { return null; } };

class TwinsetList extends HTMLElement {
  static observedAttributes = ["limit", "filter"];
  root = this.attachShadow({ mode: "open" });
  body = part("div", "body");
  #turn = 0; // of several changes at a time, and of answers that cross, the last one counts
  #near = false;
  #seen = new IntersectionObserver((entries) => this.#look(entries), { threshold: 0.5 });
  #shown = new Map(); // card -> what is known of it
  #timers = new Map();
  #outbox = [];

  connectedCallback() {
    this.root.adoptedStyleSheets = [style];
    if (!this.body.parentNode) this.root.append(this.#named("heading"), this.body);
    this.reserve?.();
    this.watcher ??= new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      this.watcher.disconnect();
      this.#near = true;
      this.attributeChangedCallback();
    }, { rootMargin: NEAR });
    if (!this.#near) this.watcher.observe(this);
    addEventListener("pagehide", this.#send);
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.#send);
    this.#send();
  }

  async attributeChangedCallback() {
    if (!this.refresh) return;
    const turn = await ++this.#turn;
    if (turn === this.#turn && this.#near && this.isConnected) this.refresh();
  }

  /** Ask by `address` and show what comes, unless something else was asked since. */
  show(address, options) {
    const key = this.getAttribute("key");
    return this.present(() => ask(address, options, key).catch((error) => {
      // A catalogue without styles has no field to group by.
      if (error.code !== "unknown_field") throw error;
      return ask(address.replace(/&?group_by=group_id/, ""), options && { ...options, body: ungrouped(options.body) }, key);
    }));
  }

  /** The answer that is shown; null if none came, undefined if something else was asked since. */
  async present(load) {
    const turn = ++this.#turn;
    try {
      const answer = await load();
      if (turn !== this.#turn) return undefined;
      this.#draw(answer);
      return answer;
    } catch (error) {
      if (turn !== this.#turn) return undefined;
      this.body.replaceChildren(); // the shop's page is none the worse
      this.#tell("error", { reason: error.reason ?? "failed", status: error.status ?? 0, code: error.code ?? "" });
      return null;
    }
  }

  /** As many empty places as there will be products, so that nothing moves when they come. */
  places(count) {
    const list = part("ul", "list");
    list.setAttribute("aria-hidden", "true");
    for (let n = 0; n < count; n++) {
      const place = part("li", "waiting");
      place.append(part("span", "frame"), part("span", "title"), part("span", "price"));
      list.append(place);
    }
    this.body.replaceChildren(list);
  }

  #draw({ items, request_id }) {
    this.#shown.clear();
    const list = part("ul", "list");
    list.setAttribute("role", "list"); // which a browser forgets if a list has no bullets
    list.setAttribute("aria-label", this.getAttribute("label") ?? this.word(this.label));
    for (const hit of items) {
      const place = part("li", "card");
      const known = { item: hit.id, position: hit.rank, request_id, product: hit.item };
      place.append(this.#card(hit, known));
      this.#shown.set(place, known);
      list.append(place);
      this.#seen.observe(place);
    }
    this.body.replaceChildren(...(items.length ? [list] : []));
    this.#tell(items.length ? "loaded" : "empty", { request_id, count: items.length });
  }

  #card({ id, item }, known) {
    const link = part("a", "link");
    const own = this.getAttribute("href")?.replaceAll("{id}", encodeURIComponent(id));
    link.href = own ?? safe(item.link) ?? `${SERVICE}/product/${encodeURIComponent(id)}`;
    link.addEventListener("click", (event) => {
      if (this.#tell("click", known, true)) this.#note("click", known);
      else event.preventDefault(); // the shop opens the product itself
    });
    const template = this.querySelector("template");
    link.append(...(template ? this.#filled(template, id, item) : this.#plain(id, item)));
    if (item.available === false) link.classList.add("sold");
    return link;
  }

  #plain(id, item) {
    const frame = part("span", "frame");
    const picture = this.#picture(item);
    if (picture) frame.append(picture);
    const badge = item.available === false ? this.getAttribute("sold-out") ?? this.word("sold_out") : item[this.getAttribute("badge") ?? ""];
    const price = this.#price(item);
    return [
      frame,
      ...(typeof badge === "string" ? [item.available === false ? part("span", "badge", badge) : this.#own(part("span", "badge", badge))] : []),
      ...(item.brand ? [this.#own(part("span", "brand", item.brand))] : []),
      this.#own(part("span", "title", item.title ?? id)),
      ...(price ? [part("span", "price", price)] : []),
    ];
  }

  /** Names the language of a text of the catalogue, if the page around it is in another. */
  #own(node) {
    const code = this.getAttribute("texts-lang") ?? TEXTS;
    if (code && code.slice(0, 2) !== this.language.slice(0, 2).toLowerCase()) node.lang = code;
    return node;
  }

  #picture(item) {
    if (!item.image_url) return null;
    const src = new URL(`${item.image_url}?width=480`, SERVICE); // with the mounted path
    if (this.getAttribute("key") && src.origin === new URL(SERVICE).origin) src.searchParams.set("key", this.getAttribute("key"));
    return Object.assign(new Image(), { src, alt: "", loading: "lazy", decoding: "async" });
  }

  #price({ price, currency }) {
    if (typeof price !== "number") return "";
    const code = currency ?? this.getAttribute("currency");
    try {
      return new Intl.NumberFormat(this.language, code ? { style: "currency", currency: code } : { minimumFractionDigits: 2 }).format(price);
    } catch { // not a code of ISO 4217, or no language
      return `${price.toFixed(2)} ${code ?? ""}`;
    }
  }

  /** The shop's own template: `data-field` takes a field's text, `data-picture` the picture. */
  #filled(template, id, item) {
    const copy = template.content.cloneNode(true);
    for (const node of copy.querySelectorAll("[data-field]")) {
      const value = node.dataset.field === "price" ? this.#price(item) : node.dataset.field === "id" ? id : item[node.dataset.field];
      if (value === null || value === undefined || value === "") node.remove();
      else node.textContent = value;
      if (typeof value === "string" && node.dataset.field !== "price") this.#own(node);
    }
    for (const node of copy.querySelectorAll("[data-picture]")) node.replaceWith(this.#picture(item) ?? "");
    return [...copy.childNodes];
  }

  #named(name) {
    return Object.assign(document.createElement("slot"), { name });
  }

  #tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(`twinset:${name}`, { detail, bubbles: true, composed: true, cancelable }));
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(this.#timers.get(target));
      if (isIntersecting) this.#timers.set(target, setTimeout(() => this.#see(target), SEEN_AFTER_MS));
    }
  }

  #see(place) {
    const known = this.#shown.get(place);
    if (!known || !place.isConnected) return;
    this.#seen.unobserve(place);
    this.#tell("shown", known);
    this.#note("seen", known);
  }

  #note(kind, { item, position, request_id }) {
    if (!this.hasAttribute("events")) return;
    this.#outbox.push({ kind, item_id: item, position, request_id, surface: this.getAttribute("events") || "widget" });
    if (kind === "click") this.#send(); // the page may be left at once
  }

  #send = () => {
    const key = this.getAttribute("key");
    while (this.#outbox.length) {
      const body = JSON.stringify({ events: this.#outbox.splice(0, 100) });
      const headers = { "Content-Type": "text/plain", ...(key && { Authorization: `Bearer ${key}` }) };
      if (key || !navigator.sendBeacon?.(`${SERVICE}/events`, body)) fetch(`${SERVICE}/events`, { method: "POST", body, headers, keepalive: true }).catch(() => {});
    }
  };

  /** That of the page around it; of a page that names none, the browser's. */
  get language() {
    return (this.closest("[lang]")?.lang || navigator.language).replaceAll("_", "-");
  }

  word(key) {
    return (WORDS[this.language.slice(0, 2).toLowerCase()] ?? WORDS.en)[key];
  }

  get query() {
    const query = new URLSearchParams({ limit: this.limit, group_by: "group_id" });
    if (this.getAttribute("filter")) query.set("filter", this.getAttribute("filter"));
    return query;
  }
}

class TwinsetSimilar extends TwinsetList {
  static observedAttributes = [...TwinsetList.observedAttributes, "item", "source"];
  label = "similar";
  get limit() { return this.getAttribute("limit") ?? 4; }

  reserve() {
    if (!this.body.hasChildNodes() && this.getAttribute("item")) this.places(this.limit);
  }

  refresh() {
    const item = this.getAttribute("item");
    const source = this.getAttribute("source");
    if (item && source) this.present(() => fromFiles(source, item, Number(this.limit)));
    else if (item) this.show(`${SERVICE}/items/${encodeURIComponent(item)}/similar?${this.query}`);
    else this.body.replaceChildren();
  }
}

class TwinsetSearch extends TwinsetList {
  label = "results";
  get limit() { return this.getAttribute("limit") ?? 12; }
  #form = document.createElement("form");
  #told = part("p", "told");

  connectedCallback() {
    super.connectedCallback();
    if (this.#form.parentNode) return;
    this.#form.setAttribute("role", "search");
    this.#told.setAttribute("role", "status");
    const words = Object.assign(part("input", "words"), { type: "search", name: "q", maxLength: 512, required: true });
    words.placeholder = this.getAttribute("placeholder") ?? this.word("placeholder");
    words.setAttribute("aria-label", words.placeholder);
    this.#form.append(words, part("button", "go", this.getAttribute("go") ?? this.word("go")));
    if (this.hasAttribute("photo")) this.#form.append(this.#photo());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#found(`${SERVICE}/recommend/by-text`, { query: words.value });
    });
    this.body.before(this.#form, this.#told);
  }

  #photo() {
    const label = part("label", "photo", this.getAttribute("photo") || this.word("photo"));
    const file = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    label.append(file);
    file.addEventListener("change", () => {
      const form = new FormData();
      for (const [name, value] of this.query) form.append(name, value);
      form.append("image", file.files[0]);
      if (file.files[0]) this.#found(`${SERVICE}/recommend/by-image`, form);
      file.value = "";
    });
    return label;
  }

  async #found(address, asked) {
    this.places(this.limit);
    this.#told.textContent = "";
    const isForm = asked instanceof FormData;
    const body = isForm ? asked : JSON.stringify({ ...asked, ...Object.fromEntries(this.query), limit: Number(this.limit) });
    const answer = await this.show(address, { method: "POST", body, headers: isForm ? {} : { "Content-Type": "application/json" } });
    if (answer === undefined) return;
    const count = answer?.items.length;
    this.#told.textContent = count === undefined ? this.getAttribute("failed") ?? this.word("failed") : count ? "" : this.getAttribute("nothing") ?? this.word("nothing");
  }
}

customElements.define("twinset-similar", TwinsetSimilar);
customElements.define("twinset-search", TwinsetSearch);
