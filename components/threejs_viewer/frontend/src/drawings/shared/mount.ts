// How Streamlit calls a drawing: at every change of its data, with the part of the page it owns.

export type Send = (name: string, value: unknown) => void;

export interface Drawing<Data> {
  /** Hands a value to Python; for a drawing that has something to say. */
  send?: Send;
  load(data: Data): void;
  dispose(): void;
}

export interface Call<Data> {
  parentElement: ParentNode;
  data: Data;
  setTriggerValue: Send;
  setStateValue: Send;
}

/** What a drawing's module exports: one drawing for each root, the element of class `name`, kept. */
export function mounted<Data>(
  Kind: new (root: HTMLElement, data: Data) => Drawing<Data>,
  name: string,
): (call: Call<Data>) => () => void {
  const drawings = new WeakMap<Element, Drawing<Data>>();
  return ({ parentElement, data, setTriggerValue }) => {
    const root = parentElement.querySelector<HTMLElement>(`.${name}`)!;
    const known = drawings.get(root);
    known?.load(data);
    const drawing = known ?? new Kind(root, data);
    drawing.send = setTriggerValue;
    drawings.set(root, drawing);
    return () => {
      drawing.dispose();
      drawings.delete(root);
    };
  };
}
