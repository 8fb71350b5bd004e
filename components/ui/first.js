// Runs before Streamlit's scripts, and until the page stands. The head of the page, which came with
// it, makes room for the one that Streamlit draws; and what stands below something that has no size
// yet is not shown before that has it, in the page and in the sidebar, so that nothing a reader sees
// moves.
(() => {
  const root = document.documentElement;
  const first = document.getElementById("wb-first");
  const alone = new URLSearchParams(location.search).has("figure");
  root.classList.toggle("wb-alone", alone);

  const part = (name) => `[data-testid="${name}"]`;
  const UNSIZED = [
    part("stSkeleton"), // of what Streamlit still fetches
    `${part("stVegaLiteChart")}:not(.vega-embed)`,
    `${part("stBidiComponentIsolated")}:not([data-drawn])`,
    `${part("stCustomComponentV1")}[height="0"]`,
  ].join();
  const EMPTY = '[class*="st-key-comes_"]:has(> :only-child)'; // what the run will yet draw here
  const WAITS = "data-wb-waits";
  const PATIENCE = 15000; // milliseconds after the page's run, for what may never be drawn
  const ACTS = ["wheel", "touchmove", "pointerdown", "keydown"]; // who acts sees what there is
  let timer = 0;
  let [asked, late] = [0, 0];

  /** Not in a fold that is closed. */
  const shown = (e) => (e.closest(part("stElementContainer")) ?? e).clientWidth;
  const firstIn = (whole, what) => whole && [...whole.querySelectorAll(what)].find(shown);

  const look = () => {
    const main = document.querySelector(part("stMain"));
    const sidebar = document.querySelector(part("stSidebar"));
    if (!sidebar !== root.classList.contains("wb-no-sidebar")) root.classList.toggle("wb-no-sidebar", !sidebar);
    const ran = !!document.querySelector('[data-test-script-state="notRunning"]');
    const beside = firstIn(sidebar, UNSIZED);
    if (sidebar) hold(sidebar, beside);
    if (!main) return;
    const unsized = firstIn(main, ran ? UNSIZED : `${UNSIZED},${EMPTY}`);
    hold(main, unsized);
    const title = main.querySelector("h1");
    if (first.isConnected && title?.checkVisibility({ visibilityProperty: true })) first.remove();
    if (!(title || alone) || !ran) return;
    timer ||= setTimeout(stand, PATIENCE);
    if (!beside && (!unsized || unsized.getBoundingClientRect().top > innerHeight)) stand();
  };

  /** Hides what comes after an element, and shows what was hidden and does not. */
  const hold = (whole, element) => {
    const after = new Set();
    for (let e = element; e && e !== whole; e = e.parentElement)
      for (let next = e.nextElementSibling; next; next = next.nextElementSibling) after.add(next);
    for (const e of whole.querySelectorAll(`[${WAITS}]`)) if (!after.has(e)) e.removeAttribute(WAITS);
    for (const e of after) e.setAttribute(WAITS, "");
  };

  const stand = () => {
    clearTimeout(timer);
    cancelAnimationFrame(asked);
    clearTimeout(late);
    watch.disconnect();
    for (const act of ACTS) removeEventListener(act, stand);
    first.remove();
    hold(document.body);
    root.classList.add("wb-stands");
  };

  // Once a frame, before it is drawn, however much has changed: each look makes the browser lay out.
  // A page that is not seen has no frames, so a clock asks as well.
  const soon = () => {
    cancelAnimationFrame(asked);
    clearTimeout(late);
    asked = 0;
    look();
  };
  const watch = new MutationObserver(() => {
    if (asked) return;
    asked = requestAnimationFrame(soon);
    late = setTimeout(soon, 250);
  });
  const attributeFilter = ["class", "data-drawn", "height", "data-test-script-state"];
  watch.observe(root, { childList: true, subtree: true, attributeFilter });
  for (const act of ACTS) addEventListener(act, stand, { passive: true });
})();
