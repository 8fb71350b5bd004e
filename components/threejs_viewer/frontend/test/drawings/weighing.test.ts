// @vitest-environment happy-dom
import { expect, test } from "vitest";
import weighing from "../../src/drawings/weighing";
import { cases, opened, press } from "./cases";

const rows = cases.weighing.data.groups.flatMap((group) => group.rows);

test("each row says its own arms, and its link goes to the page that measured it", () => {
  const { all, one } = opened(weighing, cases.weighing);
  const told = (): unknown[] => [
    one(".said").textContent,
    one(".where").textContent,
    one(".where").getAttribute("href"),
  ];
  const drawn = all<HTMLElement>(".row");
  expect(drawn.map((row) => !row.hidden)).toEqual(rows.map((row) => row.first));
  one(".more").click();
  expect(drawn.filter((row) => !row.hidden).length).toBe(rows.length);
  expect(told()).toEqual([rows[0].said, rows[0].where, rows[0].page || null]);
  drawn[0].focus();
  rows.slice(1).forEach((row) => {
    press(document.activeElement!, "ArrowDown");
    expect(told()).toEqual([row.said, row.where, row.page || null]);
  });
  drawn[0].dispatchEvent(new Event("pointerenter"));
  expect(told()[0]).toBe(rows[0].said);
  expect(drawn.map((row) => row.getAttribute("aria-pressed")).indexOf("true")).toBe(0);
});
