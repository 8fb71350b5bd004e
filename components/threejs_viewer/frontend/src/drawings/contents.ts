// The sections of a page, for the sidebar: the one in view is marked, a click goes to one.

import { make } from "../shared/dom";
import "./contents.css";
import { Drawing, type Sent } from "./shared/drawing";
import { mounted } from "./shared/mount";

const MAIN = '[data-testid="stMain"]';
const HEADER = '[data-testid="stHeader"]';
const UNKNOWN = "…"; // a number that the page works out, and says in its heading
const NEAR = 160; // pixels below the top of the window where a section has begun

interface Data extends Sent {
  titles: string[];
}

class Contents extends Drawing<Data> {
  private lines: HTMLButtonElement[] = [];

  protected override begin(): void {
    const main = document.querySelector(MAIN);
    const mark = (): void => this.show();
    main?.addEventListener("scroll", mark, { passive: true });
    this.atEnd(() => main?.removeEventListener("scroll", mark));
    if (!main) return;
    let asked = 0;
    const drawn = new MutationObserver(() => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(mark); // sections come one after another
    });
    drawn.observe(main, { childList: true, subtree: true });
    this.atEnd(() => drawn.disconnect());
  }

  protected build(): void {
    this.lines = this.data.titles.map((title, i) => {
      const line = make("button", { type: "button" }, title);
      line.onclick = () => this.goTo(i);
      return line;
    });
    const items = this.lines.map((line) => make("li", {}, line));
    this.root.querySelector("ol")!.replaceChildren(...items);
    this.show();
  }

  /** The hand goes where the eye goes: the next Tab is the first stop of the section. */
  private goTo(i: number): void {
    const heading = this.headings()[i];
    if (!heading) return;
    heading.style.scrollMarginTop = `${document.querySelector(HEADER)?.clientHeight ?? 0}px`;
    heading.tabIndex = -1;
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  }

  /** Of each title, as far as the page has drawn it. */
  private headings(): (HTMLElement | undefined)[] {
    const all = [...document.querySelectorAll<HTMLElement>(`${MAIN} h2`)];
    return this.data.titles.map((title) => all.find((heading) => says(heading, title)));
  }

  private show(): void {
    const headings = this.headings();
    const here = headings.findLastIndex(
      (heading) => heading && heading.getBoundingClientRect().top < NEAR,
    );
    this.lines.forEach((line, i) => {
      const said = headings[i]?.textContent?.trim() ?? this.data.titles[i];
      if (line.textContent !== said) line.textContent = said;
      if (i === here) line.setAttribute("aria-current", "location");
      else line.removeAttribute("aria-current");
    });
  }
}

/** Does a heading say this title, whatever number it has where the title knows none? */
function says(heading: Element, title: string): boolean {
  const said = heading.textContent?.trim() ?? "";
  const parts = title.split(UNKNOWN);
  if (parts.length === 1) return said === title;
  return said.startsWith(parts[0]) && said.endsWith(parts.at(-1)!);
}

export default mounted(Contents);
