// @vitest-environment happy-dom
import { expect, test } from "vitest";
import contents from "../../src/drawings/contents";
import { cases, opened } from "./cases";

/** A page whose sections begin at these heights. */
function pageOf(tops: Record<string, number>): HTMLElement {
  const main = document.createElement("div");
  main.dataset["testid"] = "stMain";
  for (const [title, top] of Object.entries(tops)) {
    const heading = document.createElement("h2");
    heading.textContent = title;
    heading.getBoundingClientRect = () => ({ top }) as DOMRect;
    heading.scrollIntoView = () => main.setAttribute("data-went", title);
    main.append(heading);
  }
  return main;
}

test("the section in view is marked, and a click goes to one and takes the hand along", () => {
  const main = pageOf({ "1. One": -300, "2. Two": 500 });
  const place = document.querySelector.bind(document);
  document.querySelector = ((what: string) =>
    what.includes("stMain") ? main : place(what)) as typeof document.querySelector;
  const drawing = opened(contents, cases.contents);
  document.body.append(main);
  main.dispatchEvent(new Event("scroll"));
  const marked = (): string[] => drawing.all("[aria-current]").map((line) => line.textContent);
  expect(marked()).toEqual(["1. One"]);
  main.querySelectorAll("h2")[1].getBoundingClientRect = () => ({ top: 90 }) as DOMRect;
  main.dispatchEvent(new Event("scroll"));
  expect(marked()).toEqual(["2. Two"]);
  drawing.all<HTMLButtonElement>("button")[0].click();
  expect(main.dataset["went"]).toBe("1. One");
  expect(document.activeElement?.textContent).toBe("1. One");
  document.querySelector = place;
  main.remove();
});

test("a title takes the number that the page works out from its heading", () => {
  const main = pageOf({ "1. Ten times as loud": 100, "2. Of ten": 500 });
  const titles = ["1. … times as loud", "2. Of …", "3. … more"];
  const data = { ...cases.contents.data, digest: "of other titles", titles };
  const drawing = opened(contents, { ...cases.contents, data });
  document.body.append(main); // an opened drawing stands alone at first
  drawing.load({ ...data, digest: "of the same titles" });
  const said = drawing.all("button").map((line) => line.textContent);
  expect(said).toEqual(["1. Ten times as loud", "2. Of ten", "3. … more"]);
  main.remove();
});
