// bench/data-plane/chart.ts: PURE. CPU per unit of work as a bar chart in SVG, one group for each charted row; readable
// on light and on dark pages: it brings its own background, for viewers that know only one of the two.
import { round } from '../figures.js';
import type { Results } from './results.js';
import type { Target, TargetName } from './targets.js';
import { cpuUnit, type Row } from './works.js';

const width = 760;
const nameWidth = 150;
const valueWidth = 130;
const barHeight = 16;
const barStep = 21;
const groupHead = 30;
const groupGap = 14;
const top = 46;

/** Ours in colour, the others in greys: the question is how ours stands among them. */
const style = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .page { fill: #ffffff; }
    .title { font-size: 17px; font-weight: 600; }
    .group { font-weight: 600; }
    .unit { fill: #57606a; font-weight: 400; }
    .linux { fill: #0969da; }
    .node { fill: #8ab8ea; }
    .other { fill: #afb8c1; }
    text.linux { font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; }
      text { fill: #e6edf3; }
      .unit { fill: #9198a1; }
      .linux { fill: #4493f8; }
      .node { fill: #2c5a94; }
      .other { fill: #59636e; }
    }
  `;

interface Bar {
  readonly target: Target;
  readonly value: number;
}

export function chart(rows: readonly Row[], targets: readonly Target[], results: Results): string {
  let y = top;
  const groups: string[] = [];
  for (const row of rows.filter(({ charted }) => charted)) {
    const bars = barsOf(row, targets, results);
    if (bars.length === 0) continue;
    groups.push(group(row, bars, y));
    y += groupHead + bars.length * barStep + groupGap;
  }
  const title = 'CPU of the proxy per unit of work: shorter is better';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img">
  <title>${title}</title>
  <style>${style}</style>
  <rect class="page" width="${width}" height="${y}" rx="6"/>
  <text class="title" x="10" y="26">${title}</text>
${groups.join('')}</svg>
`;
}

function barsOf(row: Row, targets: readonly Target[], results: Results): readonly Bar[] {
  return targets.flatMap((target) => {
    const value = results.values(row.id, target.name, 'cpu')?.median;
    return value === undefined ? [] : [{ target, value }];
  });
}

function group(row: Row, bars: readonly Bar[], y: number): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const unit = cpuUnit(row.work.kind);
  const head = `  <text class="group" x="10" y="${y + 18}">${row.title} <tspan class="unit">(${unit})</tspan></text>\n`;
  const room = width - nameWidth - valueWidth;
  const drawn = bars.map(({ target, value }, index) => {
    const from = y + groupHead + index * barStep;
    const length = Math.max(1, Math.round((value / most) * room));
    const name = target.title.replaceAll('`', '');
    const text = `y="${from + barHeight - 4}"`;
    return `  <text x="${nameWidth - 8}" ${text} text-anchor="end">${name}</text>
  <rect class="${classOf(target.name)}" x="${nameWidth}" y="${from}" width="${length}" height="${barHeight}" rx="2"/>
  <text x="${nameWidth + length + 6}" ${text}>${round(value)}</text>
`;
  });
  return head + drawn.join('');
}

function classOf(name: TargetName): string {
  return name === 'linux' || name === 'node' ? name : 'other';
}
