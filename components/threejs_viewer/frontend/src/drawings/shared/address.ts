// The address of a moment: that of the page, and which moment of which drawing is meant.

const NAME = "moment";

/** Where another reader finds this moment. What a reader guessed is not said, only that the answer
    is shown: a drawing may stand behind it. */
export function addressOf(page: string, drawing: string, at: number): string {
  const address = new URL(page);
  const said = address.searchParams;
  for (const key of [...said.keys()].filter((key) => key.endsWith("_guess"))) {
    said.delete(key);
    said.set(key.replace(/_guess$/, "_shown"), "1");
  }
  said.set(NAME, `${drawing}.${at}`);
  address.hash = "";
  return address.href;
}

/** The moment of this drawing that an address names, if it names one. */
export function momentIn(page: string, drawing: string): number | null {
  const said = new URL(page).searchParams.get(NAME) ?? "";
  const [named, at] = [said.slice(0, said.lastIndexOf(".")), said.slice(said.lastIndexOf(".") + 1)];
  return named === drawing && /^\d{1,6}$/.test(at) ? Number(at) : null;
}

/** What Streamlit calls a drawing, which is the key that Python gave it. */
export function nameOf(root: Element): string {
  const around = root.getRootNode();
  const from = around instanceof ShadowRoot ? around.host : root;
  const keyed = from.closest('[class*="st-key-"]');
  const found = [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-"));
  return found ? found.slice("st-key-".length) : "";
}
