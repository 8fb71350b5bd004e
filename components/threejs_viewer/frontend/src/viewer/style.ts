// The look of what is not drawn by the picture. Colours come in as variables.

export const STYLE = `
.v3 { --said: 57px; --below: 108px; position: relative; display: grid; color: var(--ink); background: var(--bg);
  font: 15px/1.45 var(--font); grid-template-columns: minmax(0, 1fr);
  grid-template-areas: "stage" "walk" "reel" "views" "panel"; }
.v3 *, .v3 *::before { box-sizing: border-box; }
.v3 button, .v3 select, .v3 input { font: inherit; color: inherit; }
.v3 button, .v3 select, .v3 summary { background: var(--bg); border: 1px solid var(--line); border-radius: 4px; padding: 3px 9px; min-height: 30px; cursor: pointer; }
.v3 :is(button, summary):hover { border-color: var(--accent); }
.v3 :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.v3 button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
.v3 .corner { position: absolute; z-index: 2; inset: 10px 12px auto; display: flex; gap: 6px 20px; justify-content: space-between; align-items: start; pointer-events: none; } .v3 .corner button { pointer-events: auto; } .v3 .prompt::before { content: ""; position: absolute; z-index: -1; inset: -10px -10px -8px -12px; background: var(--bg); mask: linear-gradient(to right, var(--ink) calc(100% - 10px), transparent) intersect, linear-gradient(to top, transparent, var(--ink) 8px); }
.v3 .reads { margin: 0; font-size: 13px; line-height: 1.25; color: var(--soft); } .v3 .reads[hidden] { display: none; } .v3 .reads b { color: var(--answer); }
.v3 .key { grid-area: stage; position: relative; place-self: start; z-index: 1; margin: 52px 1px 0; padding: 0 6px 0 13px; list-style: none; font-size: 13px; line-height: 1.35; color: var(--soft); pointer-events: none; }
.v3:is(.inside, .flying) .key::before { content: ""; position: absolute; z-index: -1; inset: -8px -8px -6px 0; background: var(--bg); mask: linear-gradient(to right, var(--ink) calc(100% - 12px), transparent) intersect, linear-gradient(to top, transparent, var(--ink) 12px); }
.v3 .key li { position: relative; width: fit-content; margin-bottom: 4px; padding-left: 34px; } .v3 .key b { font-weight: 400; color: var(--ink); } .v3 .key li::before { content: ""; position: absolute; left: 0; top: 3px; width: 26px; height: 12px; border: 1px solid var(--line); }
.v3 .key .coloured::before { background: linear-gradient(90deg, var(--negative) 0 33%, var(--bg) 33% 66%, var(--positive) 66%); } .v3 .key .strands::before { background: repeating-linear-gradient(90deg, var(--accent) 0 3px, color-mix(in srgb, var(--accent) 25%, var(--bg)) 3px 5px); } .v3 .key .light::before { background: linear-gradient(90deg, color-mix(in srgb, var(--accent) 75%, var(--negative)), color-mix(in srgb, var(--accent) 75%, var(--positive))); } .v3:not(.flying) .key .light, .v3.flying .key .strands { display: none; }
.v3 .key .grey::before { background: color-mix(in srgb, var(--ink) var(--grey), var(--bg)); }
.v3 .key .faint::before { background: linear-gradient(90deg, color-mix(in srgb, var(--negative) var(--faint), var(--bg)) 0 33%, var(--bg) 33% 66%, color-mix(in srgb, var(--positive) var(--faint), var(--bg)) 66%); }
.v3:is(.inside, .flying) .key span, .v3.inside .reads { display: none; } .v3:has(.split) .key, .v3 .split .reads { display: none; } .v3 .split .corner { top: 32px; }
.v3 .prompt { position: relative; display: flex; flex-wrap: wrap; min-width: 0; gap: 3px; margin: 0; padding: 0; list-style: none; font: 600 18px/1 "Source Code Pro", ui-monospace, monospace; }
.v3 .prompt li { background: var(--bg); min-width: 25px; padding: 6px 5px; text-align: center; border: 1px solid var(--line); border-radius: 5px; }
.v3 .prompt.long { font-size: 13px; } .v3 .prompt.long li { min-width: 17px; padding: 3px; border-radius: 3px; }
.v3 .prompt .now { border-color: var(--accent); }
.v3 .prompt button { min-height: 0; margin: -6px -5px; padding: 6px 8px; border: 0; background: none; font: inherit; }
.v3 .prompt button:hover { box-shadow: inset 0 0 0 1px var(--accent); }
.v3 .prompt .written button { text-decoration: underline; text-decoration-thickness: 2px; text-decoration-color: var(--accent); text-underline-offset: 4px; }
.v3 .prompt.long button { margin: -3px; padding: 3px; }
.v3 .prompt .stand { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.v3 .prompt .reached { background: var(--accent); color: var(--bg); }
.v3 .prompt .later { color: color-mix(in srgb, var(--ink) 38%, var(--bg)); } .v3 .prompt .later button { text-decoration-color: currentColor; }
.v3 .prompt .next { border: 2px solid var(--accent); color: var(--accent); padding: 5px; }
.v3.moves .prompt .next { animation: v3drop .45s ease-out; }
@keyframes v3drop { from { transform: translateY(-22px); opacity: 0; } }
.v3 .views { grid-area: views; display: flex; gap: 6px 20px; flex-wrap: wrap; margin-top: 8px; font-size: 14px; } .v3 .views > span { display: inline-flex; flex-wrap: wrap; gap: 4px; align-items: center; color: var(--soft); } .v3 .views > span[hidden] { display: none; } .v3 .views small { margin-right: 3px; font-size: 13px; }
.v3 .views .sights button { border-radius: 0; margin-left: -5px; } .v3 .views .sights button:first-of-type { border-radius: 5px 0 0 5px; margin-left: 0; } .v3 .views .sights button:last-of-type { border-radius: 0 5px 5px 0; }
.v3 .stage { grid-area: stage; position: relative; height: clamp(470px, var(--room, 600px) - var(--below), 860px); border: 1px solid var(--line); border-radius: 6px 6px 0 0; overflow: hidden; background: var(--bg); }
.v3 .stage:focus-within { border-color: var(--accent); }
.v3 .stage:has(canvas.over:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
.v3 .stage canvas.gl { position: absolute; inset: 0; width: 100%; height: 100%; }
.v3 .stage canvas.over { position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; touch-action: pan-y; outline: none; }
.v3 .stage canvas.over:focus { touch-action: none; }
.v3 .stage canvas.over.dragging { cursor: grabbing; }
.v3.moves .stage canvas { animation: v3come .5s ease-out; } @keyframes v3come { from { opacity: 0; } }
.v3 .panel .map { border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
.v3 .tip { position: absolute; z-index: 3; pointer-events: none; max-width: 300px; padding: 6px 9px; background: var(--raised); border: 1px solid var(--line); border-radius: 5px; font-size: 13px; line-height: 1.35; }
.v3 .tip b { font: 600 15px "Source Code Pro", ui-monospace, monospace; }
.v3 .tip small { display: block; color: var(--soft); }
.v3 .tip .pair, .v3 .panel .pair { font-weight: 600; } .v3 .tip .pair { display: block; }
.v3 .stage.split::after { content: ""; position: absolute; inset: 0 auto 0 50%; border-left: 1px solid var(--line); pointer-events: none; }
.v3 .side { position: absolute; left: 0; top: 0; width: 50%; margin: 0; padding: 3px 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 13px; color: var(--soft); background: var(--bg); pointer-events: none; z-index: 1; }
.v3 .side + .side { left: 50%; } .v3 .side b { color: var(--ink); } .v3 .side code { font: 600 13px "Source Code Pro", ui-monospace, monospace; color: var(--ink); }
.v3 .split:has(.flat)::after { display: none; } .v3 .split .notice { top: 32px; } .v3 .split .flat { top: 26px; }
.v3 .shading { display: inline-flex; } .v3 .shading[hidden] { display: none; } .v3 .shading button:first-child { border-radius: 5px 0 0 5px; } .v3 .shading button:last-child { border-radius: 0 5px 5px 0; margin-left: -1px; }
.v3 .notice { position: absolute; z-index: 3; left: 12px; top: 50px; max-width: min(420px, 75%); margin: 0; padding: 6px 10px; font-size: 13px; background: var(--raised); border: 1px solid var(--accent); border-radius: 5px; }
.v3 .wheel { position: absolute; left: 8px; bottom: 56px; margin: 0; padding: 0 4px; background: var(--bg); border-radius: 3px; font-size: 13px; color: var(--soft); pointer-events: none; } .v3 .wheel .narrow { display: none; }
.v3 .flight { display: flex; gap: 14px; align-items: center; justify-content: space-between; min-height: 100%; }
.v3 .flight[hidden] { display: none; } .v3 .flight button { font: 15px/1.45 var(--font); }
.v3.flying :is(.wheel, .upcoming, .walk > h3, .walk > p) { display: none; } .v3:not(.moves) .again { display: none; } @media (min-width: 601px) { .v3.flying .two { visibility: hidden; } }
.v3 .treasures { grid-area: stage; position: relative; z-index: 2; min-width: 0; pointer-events: none; } .v3 .treasures > * { pointer-events: auto; }
.v3 .two, .v3 .ranking, .v3 .banner, .v3 .upcoming { position: absolute; z-index: 2; left: 12px; font-size: 13px; }
.v3 .split .upcoming { display: none; } .v3 .two { bottom: 12px; display: flex; flex-wrap: wrap; gap: 6px; } .v3 .two button { min-height: 38px; padding: 4px 11px; font-size: 16px; font-weight: 600; border-color: var(--accent); }
.v3 .ranking, .v3 .banner, .v3 .upcoming { padding: 6px 12px; background: var(--bg); border: 1px solid var(--accent); border-radius: 6px; }
.v3 .ranking, .v3 .banner { top: 50px; width: min(390px, 100% - 24px); overflow-wrap: anywhere; } .v3:has(.split) .ranking { top: 70px; } .v3 .ranking:not([hidden]) + .banner { display: none; }
.v3 .ranking { max-height: calc(100% - 112px); overflow: auto; } .v3 .ranking ol, .v3 .upcoming ol { margin: 0; padding: 0; list-style: none; } .v3 .ranking p, .v3 .banner p { margin: 2px 0 6px; }
.v3 .ranking li button { display: grid; grid-template-columns: 44px minmax(106px, 1fr) auto minmax(68px, auto); gap: 6px; align-items: center; width: 100%; min-height: 26px; padding: 1px 4px; border-color: transparent; background: none; text-align: left; }
.v3 .ranking .bar, .v3 .upcoming .bar { height: 9px; background: var(--raised); } .v3 .ranking .bar i, .v3 .upcoming .bar i { display: block; height: 100%; background: var(--positive); } .v3 .upcoming .bar i { background: var(--soft); } .v3 .upcoming li:first-child .bar i { background: var(--answer); }
.v3 .ranking b, .v3 .upcoming b { font: 600 13px/14px "Source Code Pro", ui-monospace, monospace; } .v3 .ranking small, .v3 .upcoming small { font-size: 13px; line-height: 14px; color: var(--soft); text-align: right; } .v3 .ranking .changed { color: var(--accent); font-weight: 600; }
.v3 .banner { top: auto; bottom: 62px; width: min(280px, 100% - 24px); } .v3 .banner .change { font: 600 26px/1.2 "Source Code Pro", ui-monospace, monospace; } .v3 .change small { font-weight: 400; color: var(--soft); } .v3 .banner button, .v3 .upcoming p button { min-height: 28px; padding: 0 9px; margin-right: 6px; }
.v3 .upcoming { left: auto; right: 12px; bottom: 12px; width: 206px; padding: 3px 9px; border-color: var(--line); } .v3 .upcoming > button { min-height: 24px; padding: 0; border: 0; background: none; font-weight: 600; } .v3 .upcoming > button::before { content: "▸ "; } .v3 .upcoming.open > button::before { content: "▾ "; }
.v3 .upcoming:not(.open) li:nth-child(n + 4), .v3 .upcoming:not(.open) div { display: none; } .v3 .upcoming li { display: grid; grid-template-columns: 14px 1fr 58px; gap: 6px; align-items: center; line-height: 14px; }
.v3 .upcoming label { display: flex; gap: 6px; } .v3 .upcoming input { flex: 1; min-width: 0; accent-color: var(--accent); } .v3 .upcoming p { margin: 3px 0 0; } .v3 .stage .flat { padding-bottom: 90px; }
@media (max-width: 480px) { .v3 .upcoming:not(.open) ol { display: none; } .v3 .upcoming { bottom: 3px; max-height: calc(100% - 6px); overflow: auto; } .v3 .upcoming:not(.open) { width: auto; border: 0; padding: 0 6px; } .v3 .upcoming.open { z-index: 3; } }
.v3 .help { position: absolute; inset: 0; z-index: 4; overflow: auto; padding: 16px 20px; background: var(--bg); font-size: 14px; }
.v3 .help h3 { margin-top: 0; }
.v3 .help dl { display: grid; grid-template-columns: auto 1fr; gap: 5px 14px; margin: 0; }
.v3 .help dt { font-weight: 600; } .v3 .help dd { margin: 0; }
.v3 .walk { grid-area: walk; height: var(--said); overflow: auto; padding: 6px 12px; border: 1px solid var(--line); border-top: 0; border-radius: 0 0 6px 6px; font: 16px/1.35 "Source Serif", "Source Serif 4", Georgia, serif; }
.v3 .reel { grid-area: reel; position: relative; display: flex; flex-wrap: wrap; gap: 6px; align-items: end; padding-top: 8px; }
.v3 .reel .play { border-color: var(--accent); background: var(--accent); color: var(--bg); font-weight: 600; } .v3 .reel > [aria-expanded] { font-weight: 600; }
.v3 .extras { display: none; position: absolute; z-index: 5; inset: calc(100% + 4px) 0 auto auto; width: min(400px, 100%); flex-wrap: wrap; gap: 6px; padding: 8px; font-size: 14px; background: var(--bg); border: 1px solid var(--line); border-radius: 4px; box-shadow: 0 4px 14px color-mix(in srgb, var(--ink) 18%, transparent); }
.v3 [aria-expanded=true] + .extras { display: flex; } .v3 .extras label { color: var(--soft); } .v3 .extras .switch[aria-pressed] { color: var(--ink); border-color: var(--line); font-weight: 400; } .v3 .extras .switch::before { content: "☐ "; } .v3 .extras .switch[aria-pressed=true]::before { content: "☑ "; color: var(--accent); } .v3:fullscreen .extras { inset: auto 0 calc(100% + 4px) auto; }
.v3 .track { flex: 1 1 150px; min-width: 0; } .v3 .reel input[type=range] { display: block; width: 100%; margin: 0; height: 22px; accent-color: var(--accent); }
.v3 .ticks { position: relative; height: 14px; margin: 0 8px; font-size: 13px; line-height: 14px; color: var(--soft); } .v3 .ticks span { position: absolute; left: calc(100% * var(--at)); transform: translateX(-50%); white-space: nowrap; } .v3 .ticks span::after { content: ""; position: absolute; left: 50%; top: 15px; height: 4px; border-left: 1px solid var(--soft); }
.v3 .reel .count { color: var(--soft); font-size: 13px; line-height: 30px; min-width: 44px; text-align: right; font-variant-numeric: tabular-nums; }
.v3 .walk h3::first-letter { text-transform: uppercase; }
.v3 .walk :is(h3, p) { display: inline; margin: 0; font: inherit; } .v3 .walk h3 { display: inline-block; margin-right: .3em; font-weight: 600; } .v3 .walk h3::after { content: "."; }
.v3 .walk .word { display: inline; padding: 0; font: inherit; min-height: 0; border: 0; border-radius: 2px; background: none; text-decoration: underline; text-decoration-color: var(--accent); text-decoration-thickness: 2px; text-underline-offset: 3px; }
.v3 .walk .word.on { background: var(--accent); color: var(--bg); }
.v3 .panel { grid-area: panel; display: grid; grid-template-columns: minmax(0, 1fr) 392px; gap: 24px; margin-top: 14px; font-size: 14px; }
.v3 .beside { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 18px; align-content: start; align-items: start; } .v3 .beside > canvas { grid-row: 1 / 9; } .v3 .beside > :not(canvas) { grid-column: 2; } .v3 .panel .beside > section { border: 0; padding: 0; }
.v3 .panel section { padding-bottom: 10px; margin-bottom: 10px; border-bottom: 1px solid var(--line); }
.v3 .panel h3 { margin: 0 0 4px; font: 600 14px/1.3 "Source Code Pro", ui-monospace, monospace; overflow-wrap: anywhere; }
.v3 .panel h4 { margin: 10px 0 4px; font-size: 14px; }
.v3 .panel p { margin: 2px 0 6px; } .v3 .hint, .v3 .note, .v3 .general, .v3 .source { color: var(--soft); } .v3 .note { font-size: 12px; }
.v3 .value output { font: 600 22px "Source Code Pro", ui-monospace, monospace; }
.v3 .warn { color: var(--accent); font-weight: 600; }
.v3 .terms { margin: 4px 0; padding: 0; list-style: none; font: 12.5px/1.6 "Source Code Pro", ui-monospace, monospace; columns: 1; }
.v3 .terms b { display: inline-block; min-width: 6.5em; text-align: right; margin-right: .8em; } .v3 .terms li { overflow-wrap: anywhere; }
.v3 .numpy { margin: 4px 0; padding: 6px 8px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border-radius: 4px; font: 12px/1.4 "Source Code Pro", ui-monospace, monospace; }
.v3 .loads { margin-bottom: -4px; color: var(--soft); font-size: 11px; }
.v3 .break { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; margin-top: 6px; } .v3 .break button { min-height: 26px; padding: 1px 7px; font-size: 13px; }
.v3 .scale { height: 12px; border: 1px solid var(--line); border-radius: 3px; background: linear-gradient(90deg, var(--negative), var(--bg), var(--positive)); }
.v3 .ends, .v3 .keys { display: flex; justify-content: space-between; font-size: 12px; color: var(--soft); } .v3 .keys { justify-content: start; flex-wrap: wrap; gap: 2px 16px; margin-top: 4px; }
.v3 .keys span::before { content: ""; display: inline-block; width: 22px; height: 11px; margin-right: 5px; vertical-align: -1px; border: 1px solid var(--line); }
.v3 .keys .masked::before { background: repeating-linear-gradient(-45deg, var(--line) 0 2px, transparent 2px 5px); }
.v3 .keys .broken::before { background: repeating-linear-gradient(-45deg, var(--accent) 0 2px, transparent 2px 5px); }
.v3 .keys .alone::before { background: repeating-linear-gradient(45deg, var(--soft) 0 2px, transparent 2px 5px); }
.v3 .cells:empty { display: none; }
.v3 .cells table { width: 100%; border-collapse: collapse; table-layout: fixed; font: 11.5px/1.7 "Source Code Pro", ui-monospace, monospace; }
.v3 .cells th { font-weight: 400; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: right; padding-right: 4px; }
.v3 .cells td { border: 1px solid var(--line); text-align: right; padding-right: 3px; cursor: pointer; }
.v3 .cells td[aria-selected=true] { outline: 2px solid var(--accent); outline-offset: -1px; }
.v3 .cells td span { display: block; line-height: 1.35; } .v3 .cells td span:last-child:not(:first-child) { font-weight: 600; }
.v3 .finder summary { display: block; width: fit-content; margin-bottom: 6px; line-height: 22px; } .v3 .finder summary::before { content: ""; display: inline-block; width: 6px; height: 6px; margin: 0 9px 2px 2px; border: solid; border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); } .v3 .finder[open] summary::before { transform: rotate(45deg); margin-bottom: 3px; }
.v3:not(:fullscreen) .resting .beside { position: relative; } .v3:not(:fullscreen) .resting .finder summary { position: absolute; right: 0; top: -40px; margin: 0; font-size: 14px; } .v3:not(:fullscreen) .resting .about:not(:has(button)) { padding-right: 120px; } .v3 .finder input { width: 100%; padding: 5px 8px; background: var(--raised); border: 1px solid var(--line); border-radius: 5px; }
.v3 .tree { margin-top: 6px; } .v3 .tree small { color: var(--soft); font-size: 12px; }
.v3 .tree [role=treeitem] { padding: 3px 6px; border-radius: 4px; cursor: pointer; } .v3 .tree [role=treeitem]:hover { background: var(--raised); }
.v3 .tree .group { font-weight: 600; } .v3 .tree .group::before { content: "▸ "; } .v3 .tree .group[aria-expanded=true]::before { content: "▾ "; }
.v3 .tree .leaf { margin-left: 16px; font: 13px/1.4 "Source Code Pro", ui-monospace, monospace; } .v3 .tree .differs { color: var(--accent); } .v3 .tree .weight { color: var(--soft); }
.v3 .tree .sought::after { content: " ↵"; color: var(--accent); font-weight: 600; }
.v3 .tree [aria-selected=true] { background: var(--raised); box-shadow: inset 3px 0 var(--accent); }
.v3 .home { scroll-margin: 70px 0 12px; }
.v3 .home .head { display: flex; justify-content: space-between; align-items: center; } .v3 .home .head button { min-height: 26px; padding: 0 9px; }
.v3 .home .head h3 { font-family: var(--font); }
.v3 .home nav { display: flex; flex-wrap: wrap; gap: 4px; margin: 4px 0 8px; } .v3 .home nav button { font-size: 12px; min-height: 26px; padding: 1px 7px; text-align: left; } .v3 .home nav button + button::before { content: "← "; }
.v3 .home nav [aria-current] { border-color: var(--accent); font-weight: 600; }
.v3 .home ol { margin: 4px 0; padding: 0; list-style: none; }
.v3 .home li button { display: grid; grid-template-columns: 54px 1fr auto 40px; gap: 7px; align-items: center; width: 100%; min-height: 26px; padding: 1px 4px; border-color: transparent; background: none; text-align: left; font-size: 13px; }
.v3 .home .bar { position: relative; height: 12px; border-left: 1px solid transparent; background: linear-gradient(var(--line), var(--line)) center / 1px 100% no-repeat; } .v3 .home .bar i { position: absolute; top: 1px; bottom: 1px; }
.v3 .home b { font: 600 12.5px "Source Code Pro", ui-monospace, monospace; } .v3 .home small { color: var(--soft); text-align: right; }
.v3 .home .arrived { font: 600 17px/1.35 "Source Serif", "Source Serif 4", Georgia, serif; outline: none; }
.v3 .flat { position: absolute; inset: 0; overflow: auto; padding: 10px 12px; } .v3 .flat h3 { margin: 8px 0 4px; }
.v3 .flat .maps { display: flex; flex-wrap: wrap; gap: 12px; align-items: start; } .v3 .flat figure { margin: 0; padding: 3px; border: 1px solid transparent; border-radius: 4px; }
.v3 .flat canvas { image-rendering: pixelated; border: 1px solid var(--line); cursor: crosshair; display: inline-block; vertical-align: top; } .v3 .flat canvas + canvas { margin-left: 6px; } .v3 .flat figcaption { font: 12px/1.4 "Source Code Pro", ui-monospace, monospace; color: var(--soft); }
.v3 .flat .lit { border-color: var(--accent); } .v3 .flat .chosen { border-color: var(--accent); background: var(--raised); }
.v3 .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.v3 .resting .about { border: 0; margin: 0; padding: 0; } .v3 .resting .about > :is(.formula, .general, .warn, .source) { display: none; } .v3 .resting .cells:empty { margin: 0; }
.v3:not(:fullscreen) .resting .beside:not(:has([open])) > .legend:not(:has(.alone)) { display: none; }
.v3:not(:fullscreen) .resting .beside:not(:has([open])) > canvas { position: absolute; bottom: 0; left: 0; visibility: hidden; pointer-events: none; }
@media (min-width: 821px) {
  .v3:has(.resting):not(:fullscreen) { grid-template-columns: auto minmax(0, 1fr); grid-template-areas: "stage stage" "walk walk" "reel reel" "views about" "panel panel" "cells cells"; column-gap: 16px; }
  .v3:not(:fullscreen) :is(.resting, .resting > div:first-child) { display: contents; }
  .v3:not(:fullscreen) .resting .about { grid-area: about; display: flex; gap: 2px 12px; align-items: center; justify-content: space-between; min-width: 0; height: 40px; margin-top: 5px; padding-right: 114px; overflow: hidden; font-size: 14px; } .v3:has(.split):not(:fullscreen) .resting .hint { display: none; } .v3:not(:fullscreen) .resting .finder summary { top: -35px; } .v3:not(:fullscreen) .resting .cells { grid-area: cells; font-size: 14px; }
  .v3:not(:fullscreen) .resting .about > * { margin: 0; } .v3:not(:fullscreen) .resting .about > button { flex: none; } .v3:not(:fullscreen) .resting .about .hint { font-size: 13px; line-height: 1.3; } .v3:not(:fullscreen) .resting output { font-size: 16px; }
  .v3:not(:fullscreen) .resting .beside { grid-area: panel; grid-template: "finder map" auto "finder legend" 1fr / minmax(0, 1fr) 300px; font-size: 14px; } .v3:not(:fullscreen) .resting .beside:has([open]) { margin-top: 8px; } .v3:not(:fullscreen) .resting .beside:has([open]) summary { top: -43px; }
  .v3:not(:fullscreen) .resting .beside > .finder { grid-area: finder; } .v3:not(:fullscreen) .resting .beside > .legend { grid-area: legend; } .v3:not(:fullscreen) .resting .beside > canvas { grid-area: map; }
}
@media (max-width: 820px) {
  .v3 { --said: 138px; --below: 220px; } .v3 .panel { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  .v3 .stage { height: clamp(330px, var(--room, 560px) - var(--below), 560px); }
  .v3 .key { max-width: none; } .v3 .key li { display: inline; padding: 0 8px 0 0; } .v3 .key li::before { position: static; display: inline-block; width: 16px; height: 10px; margin-right: 4px; } .v3 .key span { display: none; }
  .v3 .reads { max-width: 128px; text-align: right; } .v3 .reads span { display: none; } .v3 .two { right: 12px; } .v3 .two button { min-height: 36px; padding: 2px 9px; font-size: 14px; } .v3 .track { flex-basis: calc(100% - 130px); order: 1; } .v3 .reel .count { order: 2; line-height: 22px; } .v3 .reel > [aria-expanded] { margin-left: auto; }
}
@media (max-width: 600px) { .v3 .panel .map, .v3 .resting .hint { display: none; } .v3 .reads { max-width: 104px; font-size: 12px; } .v3 .corner { inset: 0 0 auto; flex-wrap: wrap; column-gap: 4px; padding: 10px 12px 12px; background: linear-gradient(var(--bg) 80%, transparent); } .v3 .prompt::before { content: none; } .v3 .split .corner { padding-top: 0; } .v3 .beside > :not(canvas) { grid-column: 1 / 3; } .v3 .walk { font-size: 14.5px; border-top: 1px solid var(--line); border-radius: 6px; }
  .v3 { --said: 91px; --below: 245px; grid-template-areas: "stage" "acts" "key" "walk" "reel" "views" "panel"; } .v3 .stage { border-radius: 6px; }
  .v3 .treasures { grid-area: acts; display: flex; flex-direction: column; padding-top: 6px; } .v3 .treasures .two { order: -1; } .v3 .treasures > * { position: static; width: auto; max-height: none; margin-bottom: 6px; } .v3 .treasures .ranking { max-height: 264px; } .v3 .two { flex-wrap: nowrap; gap: 5px; } .v3 .two button { flex: 1 1 auto; padding: 2px 5px; }
  .v3 .key { grid-area: key; margin: 0; padding: 0; place-self: center; margin-bottom: 3px; font-size: 12px; white-space: nowrap; } .v3 .key li { padding: 0 7px 0 0; } .v3 .key li::before { width: 12px; margin-right: 3px; } .v3 .key li:last-child { padding: 0; } .v3:is(.inside, .flying) .key::before { content: none; } .v3 .wheel { bottom: 4px; font-size: 12px; } .v3 .wheel span { display: none; } .v3 .wheel .narrow { display: inline; }
  .v3:has(.home:not([hidden])) { grid-template-areas: "stage" "home" "walk" "acts" "key" "reel" "views" "about" "cells" "panel"; } .v3:has(.home:not([hidden])) :is(.panel, .panel > div:first-child) { display: contents; }
  .v3:has(.home:not([hidden])) .about { margin-top: 14px; } .v3 .home { grid-area: home; margin-top: 8px; } .v3 .about { grid-area: about; } .v3 .cells { grid-area: cells; } .v3:has(.home:not([hidden])) .beside { grid-area: panel; } }
.v3:fullscreen { overflow: auto; padding: 12px; gap: 0 14px; grid-template: minmax(50vh, 1fr) auto auto auto / minmax(0, 1fr) 340px; grid-template-areas: "stage panel" "walk panel" "reel panel" "views panel"; }
.v3:fullscreen .stage { height: auto; } .v3:fullscreen .panel { grid-template-columns: minmax(0, 1fr); align-content: start; overflow: hidden auto; min-height: 0; margin: 0; }
@media (max-width: 820px) { .v3:fullscreen { grid-template: minmax(50vh, 1fr) auto auto auto auto / minmax(0, 1fr); grid-template-areas: "stage" "walk" "reel" "views" "panel"; } }
`;
