// Saves what stands on the page above the button as SVG: charts of Vega, and drawings in shadow
// roots.

import "./save.css";
import { Drawing, type Sent } from "./shared/drawing";
import { say } from "./shared/elements";
import { mounted } from "./shared/mount";
import { contentOf, download, pictureOf } from "./shared/picture";

const CHART = '[data-testid="stVegaLiteChart"]';
const DRAWING = '[data-testid="stBidiComponentIsolated"]';
const PLOTLY = '[data-testid="stPlotlyChart"]';
const PLOTLY_SAVES = '.modebar-btn[data-title^="Download plot"]'; // plotly draws its own file
const HEADING = '[data-testid="stMarkdown"] :is(h2, h3)';

interface Data extends Sent {
  /** What the files' names begin with. */
  name: string;
}

class Save extends Drawing<Data> {
  protected build(): void {
    this.root.querySelector("button")!.onclick = () => this.save();
  }

  private save(): void {
    const figures = this.figures();
    const turned = figures.filter((figure) => figure.matches(PLOTLY));
    const flat = figures.filter((figure) => !figure.matches(PLOTLY));
    const files = flat.map(pictureOf);
    files.forEach((file, n) =>
      download(`${this.data.name}-${n}.svg`, new Blob([file], { type: "image/svg+xml" })),
    );
    for (const figure of turned) figure.querySelector<HTMLElement>(PLOTLY_SAVES)?.click();
    const n = figures.length;
    const saved = n === 1 ? "1 file saved" : `${n} files saved`;
    say(this.part("told"), n ? saved : "Nothing is drawn here yet");
  }

  /** In the order of the page, from the last boundary before this button on. */
  private figures(): Element[] {
    const { host } = this.root.getRootNode() as ShadowRoot;
    const all = [...document.querySelectorAll([CHART, PLOTLY, DRAWING, HEADING].join())];
    const before = all.slice(0, all.indexOf(host));
    const begin = before.findLastIndex(
      (e) => e.matches(HEADING) || e.shadowRoot?.querySelector(".save"),
    );
    return before
      .slice(begin + 1)
      .filter((e) => e.checkVisibility() && contentOf(e).querySelector("svg, canvas"));
  }
}

export default mounted(Save);
