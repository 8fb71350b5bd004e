// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import { Shell, type ShellActs } from "../../src/viewer/shell";

const shell = (): Shell =>
  new Shell(
    new Proxy({} as ShellActs, { get: () => () => undefined }),
    document.createElement("aside"),
    [],
    document.createElement("div"),
  );

const fullscreen = (): Element | null => shell().root.querySelector("[aria-label*='whole screen']");

afterEach(() => {
  Reflect.deleteProperty(document, "fullscreenEnabled");
});

test("the whole screen is offered only where a part of a page may have it", () => {
  expect(fullscreen()).toBeNull();
  Object.defineProperty(document, "fullscreenEnabled", { value: true, configurable: true });
  expect(fullscreen()?.textContent).toBe("fullscreen");
});

test("the help tells the keys that zoom and turn", () => {
  const keys = [...shell().help.querySelectorAll("dt")].map((key) => key.textContent);
  expect(keys).toEqual(expect.arrayContaining(["+, −", "Shift + arrows"]));
});

test("the counter and the slider say which stage is drawn, where the walk waits, and 0 before it", () => {
  const made = shell();
  const count = (...[at, of, walking]: [number, number, boolean]): string => {
    made.showStage(at, of, "a stage", walking);
    const slider = made.root.querySelector<HTMLInputElement>(".reel input")!;
    expect(slider.value).toBe(String(walking || at > 0 ? at + 1 : 0));
    expect(made.root.querySelector(".walk h3")!.textContent).toBe(
      walking ? "a stage" : "The whole model",
    );
    return made.root.querySelector(".count")!.textContent;
  };
  expect(count(0, 28, true)).toBe("1 / 28");
  expect(count(27, 28, true)).toBe("28 / 28");
  expect(count(0, 28, false)).toBe("0 / 28");
  for (const at of [4, 27]) expect(count(at, 28, false)).toBe(`paused at ${at + 1} / 28`);
});

test("what is rarely wanted unfolds, and folds with what it does and with Escape", () => {
  const made = shell();
  const more = made.root.querySelector<HTMLElement>("[aria-label=More]")!;
  const named = (name: string): HTMLElement =>
    made.root.querySelector<HTMLElement>(`.extras [aria-label="${name}"]`)!;
  const isOpen = (): boolean => more.getAttribute("aria-expanded") === "true";
  const acts: [string, boolean][] = [
    ["The camera follows the walk", true],
    ["First stop", false],
    ["Keys and mouse", false],
  ];
  for (const [name, stays] of acts) {
    if (!isOpen()) more.click();
    expect(isOpen()).toBe(true);
    named(name).click();
    expect([name, isOpen()]).toEqual([name, stays]);
  }
  more.click();
  named("First stop").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(isOpen()).toBe(false);
});
