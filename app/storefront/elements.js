// Building the page's elements. Text only ever enters as text, never as markup.

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function card({ id, item, score, variants }) {
  const href = `/?item=${encodeURIComponent(id)}`;
  const parts = [
    element("div", { className: "frame" }, picture(item)),
    element("span", { className: "title" }, item.title ?? id),
    element("span", { className: "facts" }, price(item), stock(item)),
  ];
  if (score !== undefined) parts.push(scoreBar(score));
  if (variants?.length) {
    parts[0].append(element("span", { className: "badge" }, `+${variants.length}`));
    parts[1].title = `${variants.length} more in this style`;
  }
  const link = element("a", { href, className: "card" }, ...parts);
  link.dataset.item = id;
  return element("li", {}, link);
}

export function skeletons(count) {
  return Array.from({ length: count }, () => element("li", { className: "skeleton" }));
}

export function productPanel({ id, item }, variants) {
  const facts = Object.entries(item)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== null)
    .map(([name, value]) =>
      element("div", {}, element("dt", {}, label(name)), element("dd", {}, String(value))),
    );
  const styles = variants.filter((other) => other.id !== id).map((other) => swatch(other));
  const text = element(
    "div",
    { className: "about" },
    element("h2", {}, item.title ?? id),
    element("p", { className: "facts" }, price(item), stock(item)),
    item.description ? element("p", {}, item.description) : null,
    element("dl", {}, ...facts),
  );
  if (styles.length) {
    text.append(
      element("h3", {}, "Also in this style"),
      element("div", { className: "swatches" }, ...styles),
    );
  }
  return [element("div", { className: "frame" }, picture(item)), text];
}

export function label(field) {
  const words = field.replace(/[_-]+/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const known = { "article type": "Type", "base colour": "Colour" };
  return known[words] ?? words[0].toUpperCase() + words.slice(1);
}

const HIDDEN = new Set(["title", "description", "image_url", "group_id", "price", "available"]);

function swatch({ id, item }) {
  const link = element("a", { href: `/?item=${encodeURIComponent(id)}`, title: item.title ?? id });
  link.dataset.item = id;
  link.append(picture(item));
  return link;
}

function picture(item) {
  if (!item.image_url) return element("span", { className: "no-picture" }, "No picture");
  return element("img", {
    src: item.image_url,
    alt: item.title ?? "",
    loading: "lazy",
    decoding: "async",
    width: 240,
    height: 320,
  });
}

function price(item) {
  const known = typeof item.price === "number";
  return known ? element("span", { className: "price" }, item.price.toFixed(2)) : null;
}

function stock(item) {
  return item.available === false ? element("span", { className: "gone" }, "Sold out") : null;
}

function scoreBar(score) {
  const percent = Math.max(0, Math.round(score * 100));
  const fill = element("span", { className: "fill" });
  fill.style.inlineSize = `${percent}%`;
  const said = `${percent} % alike`;
  return element("span", { className: "score", title: said, role: "img", ariaLabel: said }, fill);
}
