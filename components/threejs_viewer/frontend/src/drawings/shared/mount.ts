// How Streamlit calls a drawing: at every change of its data, with the part of the page it owns.

import type { Drawing, Send, Sent } from "./drawing";

export interface Call<Data> {
  parentElement: ParentNode;
  data: Data;
  setTriggerValue: Send;
  setStateValue: Send;
}

/** What a drawing's module exports: one drawing for each root, kept. What it sends is an event, or
    a state that stays. */
export function mounted<Data extends Sent>(
  Kind: new (root: HTMLElement, data: Data) => Drawing<Data>,
  sends: "setTriggerValue" | "setStateValue" = "setTriggerValue",
): (call: Call<Data>) => () => void {
  const drawings = new WeakMap<Element, Drawing<Data>>();
  return (call) => {
    const root = call.parentElement.querySelector<HTMLElement>(".drawing")!;
    const known = drawings.get(root);
    let drawing = known;
    try {
      drawing ??= new Kind(root, call.data);
      drawing.send = call[sends];
      if (known) known.load(call.data);
      else drawing.open();
      drawings.set(root, drawing);
      tellReader(root, "");
    } catch (error) {
      console.error(error);
      drawings.delete(root); // what comes next begins anew
      tellReader(root, AMISS);
    }
    tellPage(root);
    return () => {
      drawing?.dispose();
      drawings.delete(root);
    };
  };
}

const AMISS =
  "What was sent of this drawing cannot be drawn. Reload the page; all else on it works.";

/** In place of the drawing; with nothing to tell, the drawing is there again. */
function tellReader(root: HTMLElement, said: string): void {
  const before = root.previousElementSibling;
  if (before?.className === "amiss") before.remove();
  root.style.display = said && "none";
  if (!said) return;
  const told = document.createElement("p");
  told.className = "amiss";
  told.role = "alert";
  told.textContent = said;
  root.before(told);
}

/** From now on it has its size, and the page may show what stands below. */
function tellPage(root: HTMLElement): void {
  const around = root.getRootNode();
  if (around instanceof ShadowRoot) around.host.setAttribute("data-drawn", "");
}
