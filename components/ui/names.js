// What Streamlit leaves without a name, or gives too many stops of the Tab key, once for all pages.
(() => {
  if (window.whiteBoxNames) return;
  window.whiteBoxNames = true;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const PHONE = matchMedia("(max-width: 768px)");
  const SIDEBAR = '[data-testid="stSidebar"]';
  const TOOLBAR = '[data-testid="stElementToolbar"]';
  const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

  const headings = () => {
    for (const link of all('[data-testid="stHeaderActionElements"] a')) {
      const title = link.closest("h1, h2, h3, h4, h5, h6")?.textContent.trim();
      if (title) set(link, "aria-label", `Link to ${title}`);
    }
  };

  // The picture has the name, and is one thing: its marks would be read as a heap of numbers.
  const charts = () => {
    for (const chart of all('[data-testid="stVegaLiteChart"][aria-label]'))
      for (const picture of all(":scope > :is(svg, canvas)", chart)) {
        set(picture, "role", "img");
        set(picture, "aria-label", chart.ariaLabel);
        set(chart, "role", "group");
        chart.removeAttribute("aria-roledescription");
      }
  };

  const others = () => {
    const title = document.querySelector("h1")?.textContent;
    for (const frame of all('iframe[title^="components."]')) set(frame, "title", title ?? "Figure");
    for (const grid of all('[data-testid="data-grid-canvas"]')) set(grid, "aria-label", "Table");
  };

  // One stop for a toolbar; the arrow keys go on in it.
  const buttons = (toolbar) => all("button", toolbar).filter((b) => b.checkVisibility());
  const toolbars = () => {
    for (const toolbar of all(TOOLBAR)) {
      set(toolbar, "role", "toolbar");
      const here = buttons(toolbar);
      const stop = here.find((button) => button === document.activeElement) ?? here[0];
      for (const button of here) set(button, "tabindex", button === stop ? "0" : "-1");
    }
  };
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const toolbar = step && event.target.closest?.(TOOLBAR);
    if (!toolbar) return;
    const here = buttons(toolbar);
    here.at((here.indexOf(event.target.closest("button")) + step) % here.length)?.focus();
    toolbars();
    event.preventDefault();
  };

  // The link beside Tab's first stop brings the hand here; Tab itself need not stop and say nothing.
  const main = () => {
    for (const box of all('main[tabindex="0"]')) set(box, "tabindex", "-1");
  };

  const whatIsOpen = () => {
    for (const link of all(`${SIDEBAR} a`)) {
      if (link.getAttribute("href") === "") set(link, "href", "./"); // Home, in a new tab too
      if (link.closest(".st-key-wb_here, .st-key-wb_here_title")) set(link, "aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  // A box that holds what is not allowed says so; why stands beside it, in `refused_` + its key.
  const refused = () => {
    const because = new Map();
    for (const said of all('[class*="st-key-refused_"]')) {
      const key = /st-key-refused_(\S+)/.exec(said.className)[1];
      const text = said.querySelector('[role="alert"]') ?? said;
      text.id ||= `refused_${key}`;
      for (const box of all(`.st-key-${key} input`)) because.set(box, text.id);
    }
    for (const box of all("input[aria-invalid][aria-describedby^=refused_]"))
      if (!because.has(box)) {
        box.removeAttribute("aria-invalid");
        box.removeAttribute("aria-describedby");
      }
    for (const [box, id] of because) {
      set(box, "aria-invalid", "true");
      set(box, "aria-describedby", id);
    }
  };

  // On a phone the sidebar lies over the page: it leaves once it has shown the way.
  const leave = (event) => {
    const way = event.target.closest?.(`${SIDEBAR} :is(a, .st-key-contents)`);
    if (way && PHONE.matches) setTimeout(() => document.querySelector(CLOSE)?.click());
  };

  // What is printed has all answers. They come from Python: Control and P waits for them, the
  // browser's menu cannot, but asks for them too.
  const IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]';
  const showAll = () => {
    const button = document.querySelector('[class*="_all_answers"] button');
    const hides = button?.textContent.startsWith("Show");
    if (hides) button.click();
    return hides;
  };
  const whenIdle = (act, calm = 0) =>
    setTimeout(() => {
      const idle = document.querySelector(IDLE) && !document.querySelector('[data-stale="true"]');
      if (idle && calm === 5) act();
      else whenIdle(act, idle ? calm + 1 : 0);
    }, 200);
  const print = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "p" || !showAll()) return;
    event.preventDefault();
    event.stopPropagation();
    whenIdle(() => window.print());
  };
  matchMedia("print").addEventListener("change", ({ matches }) => matches && showAll());

  let asked = 0;
  const look = () => {
    asked = 0;
    for (const each of [headings, charts, others, toolbars, main, whatIsOpen, refused]) each();
  };
  const soon = () => (asked ||= setTimeout(look, 100)); // not each frame: a page that opens has many
  new MutationObserver(soon).observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["class"],
  });
  addEventListener("keydown", move, true);
  addEventListener("keydown", print, true);
  addEventListener("click", leave);
  look();
})();
