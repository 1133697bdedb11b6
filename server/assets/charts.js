// Charts as SVG, each with the same figures as a table. Colours come by class, so that they follow light and dark.
import { element, shortly, when } from "./live.js";
import { team as words } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 210;
const MARGIN = { left: 34, right: 6, top: 10, bottom: 26 };
let made = 0;

/** An SVG element; text is text, never markup. */
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(key, String(value));
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A picture with its name and its words for those who cannot see it. */
export function picture(width, height, title, description, ...children) {
  const id = `picture-${made += 1}`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "picture", role: "img", "aria-labelledby": `${id} ${id}-desc` },
    svg("title", { id }, title), svg("desc", { id: `${id}-desc` }, description), ...children);
}

/** The width there is for a picture, in CSS pixels: drawn to measure, so that its letters are as large as all others. */
export const roomIn = (place) => Math.max(240, Math.floor(place.clientWidth || 640));

/** The next number that is easy to read. */
function roof(most) {
  if (most <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= most);
}

const zone = document.querySelector("[data-zone]")?.dataset.zone;
const inZone = (options) => { const format = new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options }); return (moment) => format.format(new Date(moment)); };
const hour = inZone({ hour: "numeric" });
const day = inZone({ weekday: "short", day: "numeric" });
const bucketName = (figures, bucket) => (figures.hours > 24 ? when(bucket.at) : shortly(bucket.at));

/** Answer rate, in a number and a bar. */
export function answerRate(figures) {
  const percent = figures.answer_rate === null ? null : Math.round(figures.answer_rate * 100);
  const decided = figures.answered + figures.failed;
  return element("div", { class: "rate" },
    element("p", { class: "big" }, percent === null ? "–" : `${percent} %`),
    element("div", {}, element("p", {}, words.rate(figures.answered, decided, figures.calls)),
      percent === null ? null : (() => {
        const bar = svg("svg", { viewBox: "0 0 100 8", class: "meter", preserveAspectRatio: "none", "aria-hidden": "true", height: 8 });
        bar.append(svg("rect", { width: 100, height: 8, class: "rest" }), svg("rect", { width: percent, height: 8, class: "answered" }));
        return bar;
      })()));
}

/** Calls in time: answered below, failed above, what goes on in outline. */
export function callsChart(figures, open) {
  const place = document.querySelector("[data-charts]");
  const width = roomIn(place);
  const { buckets } = figures;
  const top = roof(Math.max(...buckets.map((bucket) => bucket.calls)));
  const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const step = inner.width / buckets.length;
  const y = (calls) => MARGIN.top + inner.height * (1 - calls / top);
  const lines = [0, top / 2, top].filter(Number.isInteger).flatMap((calls) => [
    svg("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(calls), y2: y(calls), class: "rule" }),
    svg("text", { x: MARGIN.left - 6, y: y(calls) + 4, class: "label", "text-anchor": "end" }, String(calls))]);
  const bars = buckets.map((bucket, index) => {
    const x = MARGIN.left + index * step + step * 0.12;
    const wide = Math.max(1, step * 0.76);
    const block = (kind, from, calls) => (calls ? svg("rect", { x, width: wide, y: y(from + calls), height: y(from) - y(from + calls), class: kind }) : null);
    const going = bucket.calls - bucket.answered - bucket.failed;
    return svg("g", {}, svg("title", {}, words.bar(bucketName(figures, bucket), bucket.answered, bucket.failed, bucket.calls)),
      block("answered", 0, bucket.answered), block("failed", bucket.answered, bucket.failed), block("going", bucket.answered + bucket.failed, going));
  });
  const room = figures.hours > 24 ? 62 : 58;
  const named = figures.hours > 24 ? dayStarts(buckets) : buckets.map((_, index) => index);
  let free = 0;
  const names = named.map((index) => {
    const x = MARGIN.left + (index + (figures.hours > 24 ? 0 : 0.5)) * step;
    if (x < free || x + room / 2 > width) return null;
    free = x + room;
    return svg("text", { x, y: HEIGHT - 8, class: "label", "text-anchor": figures.hours > 24 ? "start" : "middle" }, (figures.hours > 24 ? day : hour)(buckets[index].at));
  });
  const title = figures.hours > 24 ? words.chartWeek : words.chartDay;
  return element("figure", {}, element("figcaption", { class: "legend" }, element("span", {}, title), key("answered", words.answered), key("failed", words.failed), key("going", words.going)),
    picture(width, HEIGHT, title, words.chartDescription(figures.calls, figures.answered, figures.failed), ...lines, ...bars, ...names),
    figuresTable(figures, open));
}

/** Where days begin: the first bar of each. */
function dayStarts(buckets) {
  return buckets.flatMap((bucket, index) => (index === 0 || day(bucket.at) !== day(buckets[index - 1].at) ? [index] : []));
}

function key(kind, text) {
  const sample = svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" });
  sample.append(svg("rect", { x: 0.5, y: 0.5, width: 11, height: 11, class: kind }));
  return element("span", { class: "key-of" }, sample, text);
}

function figuresTable(figures, open) {
  const head = element("tr", {}, ...words.columns.map((name) => element("th", { scope: "col" }, name)));
  const row = (bucket) => element("tr", {}, element("th", { scope: "row" }, bucketName(figures, bucket)), ...[bucket.calls, bucket.answered, bucket.failed].map((count) => element("td", {}, String(count))));
  return element("details", { open }, element("summary", {}, words.figures),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words.figures },
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...figures.buckets.filter((bucket) => bucket.calls).map(row)))));
}

/** Why calls ended, the most frequent first. */
export function reasonsChart(figures) {
  if (figures.reasons.length === 0) return "";
  const most = Math.max(...figures.reasons.map((reason) => reason.calls));
  const line = (reason) => {
    const bar = svg("svg", { viewBox: "0 0 100 10", class: "meter", preserveAspectRatio: "none", height: 10, "aria-hidden": "true" });
    bar.append(svg("rect", { width: (100 * reason.calls) / most, height: 10, class: reason.end_reason === "hung_up" ? "answered" : "failed" }));
    return element("tr", {}, element("th", { scope: "row" }, reason.sentence || reason.end_reason), element("td", { class: "timer" }, String(reason.calls)), element("td", { class: "bar-cell" }, bar));
  };
  return element("figure", {}, element("figcaption", { class: "legend" }, words.reasons),
    element("table", { class: "reasons" }, element("thead", { class: "unseen" }, element("tr", {}, ...words.reasonColumns.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...figures.reasons.map(line))));
}
