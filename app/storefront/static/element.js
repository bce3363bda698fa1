// The path that the service is mounted at; every address begins with it.
export const ROOT = document.documentElement.dataset.root ?? "";
const words = JSON.parse(document.getElementById("words").textContent);

// A sentence in the language of the page, by its key in the files of words.
export function word(key) {
  return words[key];
}

// Building elements. Text only ever enters as text, never as markup.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}
