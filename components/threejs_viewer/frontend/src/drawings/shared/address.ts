// The address of a moment: that of the page, which moment of which drawing is meant, and what else
// a reader has set in the drawing, as in moment=ch61_stream.19_layer3_plain.

const NAME = "moment";
const MOMENT = /^(\d{1,6})((?:_[a-z]+\d{0,6})*)$/;

/** Where another reader finds this moment, with what is `set` besides. What a reader guessed is not
    said, only that the answer is shown: a drawing may stand behind it. */
export function addressOf(
  page: string,
  drawing: string,
  at: number,
  set: readonly string[] = [],
): string {
  const address = new URL(page);
  const said = address.searchParams;
  for (const key of [...said.keys()].filter((key) => key.endsWith("_guess"))) {
    said.delete(key);
    said.set(key.replace(/_guess$/, "_shown"), "1");
  }
  said.set(NAME, [`${drawing}.${at}`, ...set].join("_"));
  address.hash = "";
  return address.href;
}

/** The moment of this drawing that an address names, if it names one. */
export function momentIn(page: string, drawing: string): number | null {
  const told = toldOf(page, drawing);
  return told && Number(told[1]);
}

/** What else it says was set in this drawing: words, some with a number at their end. */
export const setIn = (page: string, drawing: string): string[] =>
  toldOf(page, drawing)?.[2].split("_").slice(1) ?? [];

function toldOf(page: string, drawing: string): RegExpExecArray | null {
  const said = new URL(page).searchParams.get(NAME) ?? "";
  const dot = said.lastIndexOf(".");
  return said.slice(0, dot) === drawing ? MOMENT.exec(said.slice(dot + 1)) : null;
}

/** What Streamlit calls a drawing, which is the key that Python gave it. */
export function nameOf(root: Element): string {
  const around = root.getRootNode();
  const from = around instanceof ShadowRoot ? around.host : root;
  const keyed = from.closest('[class*="st-key-"]');
  const found = [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-"));
  return found ? found.slice("st-key-".length) : "";
}
