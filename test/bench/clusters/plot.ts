import type { RealRun } from "./real.ts";
import { figuresOf } from "./report.ts";
import type { SizeRun } from "./sizes.ts";

const width = 720;
const barMax = 420;
const line = 26;

interface Bar {
  readonly text: string;
  readonly value: number;
  readonly shown: string;
}

function bars(title: string, top: number, all: readonly Bar[]): { readonly svg: string; readonly bottom: number } {
  const max = Math.max(1e-9, ...all.map(({ value }) => value));
  const parts = [`<text x="10" y="${top + 16}" font-weight="bold">${title}</text>`];
  all.forEach(({ text, value, shown }, at) => {
    const y = top + line * (at + 1);
    const length = Math.max(1, Math.round((value / max) * barMax));
    parts.push(
      `<text x="190" y="${y + 16}" text-anchor="end">${text}</text>`,
      `<rect x="200" y="${y + 3}" width="${length}" height="16" fill="#4477aa"/>`,
      `<text x="${206 + length}" y="${y + 16}">${shown}</text>`,
    );
  });
  return { svg: parts.join("\n"), bottom: top + line * (all.length + 1) + 14 };
}

/** Bars as SVG text: throughput beside the raw loop, time per target and memory by size. */
export function plot(real: RealRun | null, sizes: readonly SizeRun[]): string {
  const charts: string[] = [];
  let top = 10;
  const add = (title: string, all: readonly Bar[]) => {
    if (all.length === 0) return;
    const { svg, bottom } = bars(title, top, all);
    charts.push(svg);
    top = bottom;
  };
  if (real !== null) {
    const { productPerSecond, rawPerSecond } = figuresOf(real);
    const bar = (text: string, value: number) => ({ text, value, shown: `${Math.round(value)}/s` });
    add("Real kube-apiserver", [bar("served and read back", productPerSecond), bar("raw applies, Go", rawPerSecond)]);
  }
  add(
    "Hand-out by number of targets (sandbox), time per target",
    sizes.map(({ targets, rotation }) => {
      const value = rotation.handOutMs / targets;
      return { text: `${targets}`, value, shown: `${value.toFixed(2)} ms` };
    }),
  );
  add(
    "Memory of the runner at most",
    sizes.map(({ targets, rotation: { rssMaxBytes } }) => {
      const value = rssMaxBytes / 1024 / 1024;
      return { text: `${targets}`, value, shown: `${Math.round(value)} MiB` };
    }),
  );
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="sans-serif" font-size="13"><title>Secrets served per second, and time and memory by number of targets</title>`;
  return `${open}\n<rect width="100%" height="100%" fill="white"/>\n${charts.join("\n")}\n</svg>\n`;
}
