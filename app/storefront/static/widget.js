// Similar products on any page of a shop:
//   <script type="module" src="https://TWINSET/widget.js"></script>
//   <twinset-similar item="S0001" limit="4" href="/products/{id}"></twinset-similar>
const SERVICE = new URL(".", import.meta.url).href.slice(0, -1); // with the path it is mounted at
const style = new CSSStyleSheet();
style.replaceSync(`
  ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none }
  li { max-width: 16rem }
  a { display: block; color: inherit; text-decoration: none }
  img { display: block; width: 100%; aspect-ratio: 3 / 4; object-fit: contain; background: #fff }
  span { display: block; margin-top: .4rem; font-size: .9em }
`);
class TwinsetSimilar extends HTMLElement {
  static observedAttributes = ["item", "limit", "filter"];
  #root = this.attachShadow({ mode: "open" });
  #turn = 0; // of several changes at a time, and of answers that cross, the last one counts

  async attributeChangedCallback() {
    const turn = await ++this.#turn;
    if (turn !== this.#turn || !this.getAttribute("item")) return;
    const query = new URLSearchParams({ limit: this.getAttribute("limit") ?? 4, group_by: "group_id" });
    if (this.hasAttribute("filter")) query.set("filter", this.getAttribute("filter"));
    // A shop's page does not suffer where the service is away: it shows nothing then.
    const answer = await fetch(`${SERVICE}/items/${encodeURIComponent(this.getAttribute("item"))}/similar?${query}`).catch(() => null);
    const { items } = answer?.ok ? await answer.json() : { items: [] };
    if (turn !== this.#turn) return;
    this.#root.adoptedStyleSheets = [style];
    this.#root.replaceChildren(document.createElement("ul"));
    this.#root.firstChild.append(...items.map((hit) => this.#card(hit)));
  }

  #card({ id, item }) {
    const link = document.createElement("a");
    link.href = (this.getAttribute("href") ?? `${SERVICE}/product/{id}`).replace("{id}", encodeURIComponent(id));
    if (item.image_url) link.append(Object.assign(new Image(), { src: new URL(`${item.image_url}?width=480`, SERVICE).href, alt: "", loading: "lazy" }));
    link.append(Object.assign(document.createElement("span"), { textContent: item.title ?? id }));
    return document.createElement("li").appendChild(link).parentNode;
  }
}
customElements.define("twinset-similar", TwinsetSimilar);
