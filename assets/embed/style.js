// @ts-check
// The figures' style sheet, made without markup: a strict content security policy has no objection to it.

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --paper: #fcfbf8; --raised: #f4f2ec; --ink: #1d2026; --soft: #62676f; --rule: #dfdcd3; --accent: #1f5fa8; --on-accent: #fff;
  --up: #ad4612; --down: #2368b5;
  display: block; max-width: 44rem; margin: 1.5em auto; contain: layout style;
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--ink); text-align: start;
}
:host([hidden]) { display: none; }
:host([data-scheme="dark"]) {
  --paper: #131519; --raised: #1b1e24; --ink: #e9e6df; --soft: #9a9fa8; --rule: #2e323a; --accent: #86b7ee; --on-accent: #0e1116;
  --up: #f09a5c; --down: #7fb2ea;
}
* { box-sizing: border-box; }
figure { margin: 0; }
.still img, ::slotted(img) { display: block; width: 100%; max-width: 28rem; height: auto; margin: 0 auto; image-rendering: pixelated; border-radius: 4px; }
.live .still { display: none; }
.note, figcaption { color: var(--soft); font-size: 13px; }
.error { color: var(--up); margin: 8px 0 0; }
.panel + .panel { margin-top: 22px; padding-top: 20px; border-top: 1px solid var(--rule); }
.panel > .note { margin: 10px 0 0; }
figcaption { display: flex; justify-content: flex-end; margin-top: 4px; }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
canvas { display: block; image-rendering: pixelated; }
canvas.plot { image-rendering: auto; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }

.split { display: grid; grid-template-columns: minmax(120px, 208px) minmax(0, 1fr); gap: 14px 24px; align-items: start; }
.stage { display: grid; gap: 10px; }
.stage canvas { width: 100%; height: auto; border-radius: 4px; }
.rows { display: grid; gap: 4px; }
.row { display: grid; grid-template-columns: 36px minmax(0, 1fr) 36px; gap: 10px; align-items: center; }
.row canvas { width: 36px; height: 36px; border-radius: 3px; }
.row output { font-variant-numeric: tabular-nums; text-align: end; color: var(--soft); font-size: 13px; }
input[type="range"] { width: 100%; margin: 0; height: 28px; accent-color: var(--accent); cursor: pointer; }

button { font: inherit; color: inherit; cursor: pointer; padding: 3px 11px; min-height: 30px; background: var(--raised); border: 1px solid var(--rule); border-radius: 6px; touch-action: manipulation; }
button:hover:not(:disabled) { border-color: var(--soft); }
button:disabled { opacity: 0.45; cursor: default; }
button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin-top: 12px; }
.line > .note { min-width: 5em; }
.line:has(.thumbs) { flex-wrap: nowrap; align-items: start; }
.line:has(.thumbs) > .note { padding-top: 9px; }
.thumbs { display: grid; grid-template-columns: repeat(auto-fill, 40px); gap: 2px; flex: 1; min-width: 0; max-width: 420px; }
.thumbs button { padding: 2px; min-height: 0; border-radius: 5px; background: none; border: 1px solid transparent; }
.thumbs button:hover { border-color: var(--soft); }
.thumbs button[aria-pressed="true"] { border-color: var(--accent); background: var(--accent); }
.thumbs canvas { width: 34px; height: 34px; border-radius: 3px; }

.told { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17em, 100%), 1fr)); gap: 2px 20px; margin-top: 12px; grid-column: 1 / -1; }
.told .note { grid-column: 1 / -1; }
.told label { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: center; gap: 8px; min-height: 30px; }
.told label span { line-height: 1.2; overflow-wrap: anywhere; }
.told [type="checkbox"] { justify-self: start; width: 18px; height: 18px; accent-color: var(--accent); }
.told select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--rule); border-radius: 6px; min-height: 28px; min-width: 0; }

.strip { display: flex; gap: 2px; }
.strip canvas { flex: 1 1 0; min-width: 0; height: auto; align-self: start; opacity: 0.55; }
.strip canvas.near { opacity: 1; outline: 2px solid var(--accent); outline-offset: -1px; }

.nearest { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 6px; }
.nearest canvas { width: 100%; height: auto; border-radius: 4px; }

iframe.lesson { display: block; width: 100%; height: min(90vh, 760px); border: 1px solid var(--rule); border-radius: 6px; }
.finding p, .finding ul { margin: 0 0 8px; }
.finding .claim { font: 18px/1.4 Georgia, "Noto Serif", serif; }
.finding ul { padding: 0; list-style: none; }
.finding .bars li { display: grid; grid-template-columns: minmax(0, 12em) minmax(0, 1fr) 5em; gap: 10px; align-items: center; min-height: 24px; }
.finding .bars li span { overflow-wrap: anywhere; line-height: 1.2; }
.finding .bars li span:last-child { text-align: end; font-variant-numeric: tabular-nums; }
.finding .bars i { display: block; height: 10px; background: var(--raised); border-radius: 2px; }
.finding .bars b { display: block; height: 100%; background: var(--accent); border-radius: 2px; }
.finding .verdict { font-weight: 600; color: var(--up); }
.finding .verdict.held { color: var(--accent); }

.map { grid-template-columns: minmax(0, 1fr) minmax(110px, 160px); }
.map .plot { width: 100%; aspect-ratio: 1; border: 1px solid var(--rule); border-radius: 4px; cursor: crosshair; touch-action: pan-y; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 10px; font-size: 12px; color: var(--soft); }
.legend i { display: inline-block; width: 9px; height: 9px; margin-inline-end: 4px; border-radius: 50%; }

.board { position: relative; cursor: crosshair; touch-action: none; }
.board .grid { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: auto; }
.palette { display: grid; grid-template-columns: repeat(auto-fill, minmax(30px, 1fr)); gap: 3px; max-height: 228px; overflow-y: auto; padding: 2px; }
.palette button { padding: 2px; min-height: 0; border-radius: 4px; }
.palette button[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); }
.palette canvas { width: 100%; aspect-ratio: 1; }
.feature .row { grid-template-columns: 36px minmax(0, 1fr) 3em; }

@media (max-width: 460px) {
  .split { grid-template-columns: minmax(0, 1fr); }
  .stage { grid-template-columns: minmax(0, 160px) minmax(0, 1fr); align-items: end; }
  .line:has(.thumbs) { flex-direction: column; gap: 2px; }
  .thumbs { width: 100%; }
}
`);

export default sheet;
