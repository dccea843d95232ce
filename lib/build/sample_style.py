"""How the page of a sample looks: on a screen of any width, and printed."""

from __future__ import annotations

STYLE = """
:root { --ink: #1c2330; --soft: #515b6b; --line: #dcdfe5; --paper: #fff; --ground: #f4f3ef; --accent: #0b5c73;
  --bar: #9fb4bf; --tint: #e6f0f2; --warn: #fdf3d7; --warn-line: #d9a514; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 2.2rem 1.5rem 3rem; }
h1 { font: 600 2.3rem/1.15 Georgia, "Times New Roman", serif; margin: 0 0 .3rem; letter-spacing: -.01em;
  text-wrap: balance; overflow-wrap: anywhere; }
h2 { font: 600 1.3rem/1.2 Georgia, "Times New Roman", serif; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: .82rem; font-weight: 600; margin: 0; text-transform: uppercase; letter-spacing: .06em;
  color: var(--soft); }
.under { margin: 0 0 1.2rem; color: var(--soft); font-size: 1.05rem; }
.notice { background: var(--warn); border-left: 4px solid var(--warn-line); padding: .7rem 1rem; margin: 0 0 1.2rem;
  border-radius: 0 6px 6px 0; } .notice p { margin: 0; } .notice p + p { margin-top: .3rem; }
.about { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: .5rem 1.4rem; margin: 0; }
.about div { border-top: 1px solid var(--line); padding-top: .3rem; min-width: 0; }
.about div.wide { grid-column: 1 / -1; }
dt { font-size: .74rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; } .about dd { font-size: .9rem; line-height: 1.4; }
.legend { display: grid; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); gap: .6rem 2rem; align-items: start;
  margin: 1.6rem 0 1.8rem; padding: 1rem 1.2rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 10px; font-size: .92rem; }
.legend.plain { grid-template-columns: 1fr; } .legend p { margin: 0 0 .4rem; } .legend p:last-child { margin: 0; }
.strip img { width: 100%; height: 18px; display: block; border-radius: 3px; }
.ticks { display: flex; justify-content: space-between; font-size: .8rem; color: var(--soft); position: relative; }
.ticks .even { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.card { display: grid; grid-template-columns: 15.5rem minmax(0, 1fr); gap: 1.6rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px; padding: 1.3rem; margin: 0 0 1.4rem; }
.portrait { width: 100%; height: auto; display: block; border-radius: 8px; background: #e9e9e6; margin: 0 0 .8rem; }
.label { display: grid; place-items: center; min-height: 9rem; border-radius: 8px; background: var(--tint);
  font: 600 1.6rem/1.2 Georgia, serif; margin: 0 0 .8rem; padding: 1rem; text-align: center; overflow-wrap: anywhere; }
.facts { margin: .5rem 0 0; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .1rem .8rem;
  align-items: baseline; }
.verdict { margin: .9rem 0 0; padding: .7rem .9rem; background: var(--tint); border-radius: 8px; }
.verdict b { color: var(--accent); } .verdict span { display: block; overflow-wrap: anywhere; }
.steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: .7rem 1.4rem;
  align-content: start; }
.step { min-width: 0; display: flex; flex-direction: column; gap: .7rem; max-width: 34rem; }
.step > div { min-width: 0; } .step > div:empty { margin-top: -.7rem; }
.step > div:last-child { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); }
@supports (grid-template-rows: subgrid) {
  .step { display: grid; grid-row: span 6; grid-template-rows: subgrid; grid-template-columns: minmax(0, 1fr); }
}
.map { margin: 0; max-width: 21rem; } .map img { width: 100%; height: auto; display: block; border-radius: 8px; }
figcaption, .small { font-size: .84rem; color: var(--soft); margin: .35rem 0 0; }
.said, .asked { border-radius: 10px; padding: .5rem .75rem; font-size: .9rem; min-width: 0; }
.asked { background: #f1f1ee; border-bottom-left-radius: 2px; color: #333b48; }
.said { background: var(--accent); color: #fff; border-bottom-right-radius: 2px; font-size: 1rem; margin-left: 1.5rem; }
.who { display: block; font-size: .7rem; text-transform: uppercase; letter-spacing: .06em; opacity: .85; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.absent { border: 1px dashed #8a93a1; border-radius: 10px; padding: .5rem .75rem; font-size: .9rem; }
.how { font-size: .84rem; color: var(--soft); margin: 0; overflow-wrap: anywhere; } .how b { color: var(--ink); }
details { font-size: .84rem; } summary { cursor: pointer; color: var(--accent); }
.chart { margin: 0; } .chart > p { margin: 0 0 .25rem; font-size: .84rem; color: var(--soft); }
.chart > div + p { margin-top: .5rem; }
.columns { display: flex; align-items: stretch; gap: 3px; height: 7.5rem; position: relative; }
.columns > div { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; justify-content: flex-end;
  text-align: center; font-size: .74rem; font-variant-numeric: tabular-nums; }
.columns i { display: block; height: calc(var(--p) * 5.2rem); min-height: 1px; background: var(--bar);
  border-radius: 2px 2px 0 0; }
.columns em { font-style: normal; color: var(--soft); font-size: .68rem; }
.columns span { border-top: 1px solid #8a93a1; line-height: 1.5; }
.columns .picked i, .rows .picked i { background: var(--accent); } .columns .picked span { font-weight: 700; }
.mean { position: relative; height: 1.75rem; font-size: .78rem; color: var(--ink); }
.mean span { position: absolute; left: var(--x); transform: translateX(-50%); white-space: nowrap; }
.mean span.first { transform: none; left: 0; } .mean span.last { transform: none; left: auto; right: 0; }
.mean b { position: absolute; left: var(--x); top: -.35rem; transform: translateX(-50%); color: #b3261e;
  font-size: .8rem; line-height: 1; } .mean span { top: .25rem; }
.rows { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: .2rem .5rem; font-size: .82rem;
  align-items: center; font-variant-numeric: tabular-nums; }
.rows > div { display: contents; } .rows i { display: block; height: .8rem; width: calc(var(--p) * 100%);
  min-width: 1px; background: var(--bar); border-radius: 0 2px 2px 0; } .rows em { font-style: normal; }
.rows span { overflow-wrap: anywhere; } .rows .picked span { font-weight: 700; }
.words { display: flex; flex-wrap: wrap; gap: .3rem; list-style: none; padding: 0; margin: .3rem 0 0;
  font-size: .82rem; }
.words li { border: 1px solid var(--line); border-radius: 5px; padding: 0 .4rem; max-width: 100%;
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .92em; overflow-wrap: anywhere; }
footer { font-size: .9rem; color: var(--soft); } footer p { margin: .3rem 0; }
@media screen and (max-width: 760px) {
  .map { max-width: none; }
  main { padding: 1.2rem .9rem 2rem; } h1 { font-size: 1.7rem; }
  .legend, .card { grid-template-columns: minmax(0, 1fr); }
  .card { padding: 1rem; gap: 1.2rem; } .about { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
  .step { max-width: none; } .step + .step { border-top: 1px solid var(--line);
    padding-top: 1.1rem; margin-top: .6rem; }
}
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { size: A4; margin: 12mm; }
  body { background: #fff; font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .card { grid-template-columns: 9rem minmax(0, 1fr); gap: 1rem; padding: .8rem; break-inside: avoid; }
  .about { grid-template-columns: repeat(4, minmax(0, 1fr)); } .facts { font-size: .8rem; gap: 0 .4rem; }
  .facts dt { font-size: .6rem; letter-spacing: .03em; } .card:last-of-type { margin-bottom: .2rem; }
  footer { font-size: .62rem; line-height: 1.3; break-inside: avoid; } footer p { margin: .1rem 0; }
  .steps { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .9rem; }
  .legend, .notice, .step, .chart { break-inside: avoid; } h1 { font-size: 20pt; } .asked { font-size: .78rem; }
  .columns em { font-size: .55rem; }
}
"""
