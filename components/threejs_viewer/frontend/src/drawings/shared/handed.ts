// What a reader takes along: a text for the clipboard, or to select where that is refused.

import { say, type Part } from "./elements";

/** `part` finds the line that says what became of it, and the box of the text. */
export async function handText(part: Part, text: string): Promise<void> {
  const box = part<HTMLTextAreaElement>("copied");
  const taken = await takenBy(text);
  box.hidden = taken;
  box.value = text;
  say(part("handed"), taken ? "Copied." : "Your browser does not copy: take the text below.");
  if (taken) return;
  box.focus();
  box.select();
}

/** Whether the clipboard takes a text. */
async function takenBy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // refused, or there is none on a page that is not secure
  }
}
