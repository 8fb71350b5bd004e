// A few lines for making elements. Text is always set as text, never as HTML.

type Children = (Node | string | null)[];
type Attributes = Record<string, string | number | boolean | ((event: never) => void)>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Children
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((c): c is Node | string => c !== null));
  return element;
}

export const button = (text: string, label: string, onclick: () => void): HTMLButtonElement =>
  make("button", { type: "button", "aria-label": label, title: label, click: onclick }, text);
