// The sections of a page, for the sidebar: the one in view is marked, a click goes to one.

import { make } from "../shared/dom";
import "./contents.css";
import { Drawing, type Sent } from "./shared/drawing";
import { mounted } from "./shared/mount";

const MAIN = '[data-testid="stMain"]';
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
  }

  protected build(): void {
    this.lines = this.data.titles.map((title) => {
      const line = make("button", { type: "button" }, title);
      line.onclick = () => this.heading(title)?.scrollIntoView({ block: "start" });
      return line;
    });
    const items = this.lines.map((line) => make("li", {}, line));
    this.root.querySelector("ol")!.replaceChildren(...items);
    this.show();
  }

  /** Sections are drawn one after another: a heading is looked for when it is needed. */
  private heading(title: string): Element | undefined {
    const all = [...document.querySelectorAll(`${MAIN} h2`)];
    return all.find((heading) => heading.textContent?.trim() === title);
  }

  private show(): void {
    const begun = this.data.titles.map((title) => {
      const top = this.heading(title)?.getBoundingClientRect().top;
      return top !== undefined && top < NEAR;
    });
    const here = begun.lastIndexOf(true);
    this.lines.forEach((line, i) => {
      if (i === here) line.setAttribute("aria-current", "location");
      else line.removeAttribute("aria-current");
    });
  }
}

export default mounted(Contents);
