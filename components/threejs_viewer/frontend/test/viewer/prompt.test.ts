// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { fillPrompt, markPrompt } from "../../src/viewer/prompt";
import { small } from "./helpers";
import { BEGINNING, chips, columnAt } from "../../src/viewer/state";

const filled = (): { list: HTMLElement; clicked: string[] } => {
  const [list, clicked] = [document.createElement("ol"), [] as string[]];
  fillPrompt(list, chips(BEGINNING, small("7*8=56$")), (at, { token, written }) =>
    clicked.push(`${at} ${token} ${written ? "written" : "typed"}`),
  );
  return { list, clicked };
};

test("every token is a button that does something, and says what", () => {
  const { list, clicked } = filled();
  const buttons = [...list.querySelectorAll("button")];
  expect(buttons).toHaveLength(list.children.length);
  for (const button of buttons) button.click();
  expect(clicked).toEqual([
    "0 7 typed",
    "1 * typed",
    "2 8 typed",
    "3 = typed",
    "4 5 written",
    "5 6 written",
    "6 $ written",
  ]);
  expect([2, 5, 6].map((i) => buttons[i]!.title)).toEqual([
    'See where token 2 "8" comes in',
    'Follow the "6" home',
    'Follow the "$" home, which says that the answer is done',
  ]);
});

test("the token on whose column the reader stands is marked", () => {
  const { list } = filled();
  markPrompt(list, columnAt("embed", 2));
  expect([...list.querySelectorAll(".stand")].map((chip) => chip.textContent)).toEqual(["8"]);
  expect(list.querySelector(".reached")).toBeNull();
});
