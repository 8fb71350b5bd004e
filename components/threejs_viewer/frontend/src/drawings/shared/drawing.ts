// What every drawing is: a part of the page that Python wrote, filled from the data that it sends.
// A drawing adds how it is built, and where all stands for the room there is.

import { partsOf, type Part } from "./elements";

/** Hands a value to Python. */
export type Send = (name: string, value: unknown) => void;

/** What Python sends. Of the same digest it is the same as before. */
export interface Sent {
  digest: string;
}

export abstract class Drawing<Data extends Sent> {
  send: Send = () => undefined;
  protected readonly part: Part;
  private readonly resized = new ResizeObserver(() => this.place());
  private readonly ends: (() => void)[] = [];

  constructor(
    protected readonly root: HTMLElement,
    protected data: Data,
  ) {
    this.part = partsOf(root);
  }

  open(): void {
    this.begin();
    this.build();
  }

  load(data: Data): void {
    if (data.digest === this.data.digest) return this.recolour();
    const before = this.data;
    this.data = data;
    this.rebuild(before);
  }

  dispose(): void {
    this.resized.disconnect();
    for (const end of this.ends) end();
  }

  /** Once, before anything is built: what listens to the hand. */
  protected begin(): void {}

  /** All that is drawn of the data. */
  protected abstract build(): void;

  /** After other data have come: what a reader has chosen may outlive those before. */
  protected rebuild(_before: Data): void {
    this.build();
  }

  /** Whenever what is watched has another size. */
  protected place(): void {}

  /** What no style sheet colours, whenever the colours may have turned. */
  protected recolour(): void {}

  /** What is to be undone when the drawing leaves the page. */
  protected atEnd(end: () => void): void {
    this.ends.push(end);
  }

  protected all(selector: string): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(selector)];
  }

  protected watch(element: Element): void {
    this.resized.observe(element);
  }

  /** The first element of a class, whose size matters. */
  protected watched<E extends Element = HTMLElement>(name: string): E {
    const element = this.part<E>(name);
    this.watch(element);
    return element;
  }

  /** An element whose colours matter. They turn to dark, or because the book's style sheet came
      after the first drawing; CSS gives what is in it a colour, with a transition. */
  protected coloured(frame: HTMLElement): HTMLElement {
    frame.ontransitionend = () => this.recolour();
    return frame;
  }
}
