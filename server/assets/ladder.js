// The pictures of a trace: how long each stage took, and the messages between Ringbridge and both phones.
import { duration, timeOfDay } from "./live.js";
import { trace as words } from "./words.js";
import { picture, svg } from "./charts.js";

const ROW = 38;
const HEAD = 40;

/** The arrows of a ladder, with their moments counted from the click. */
export function arrows(messages, _from, offset) {
  return messages.map((message) => ({ ...message, offset: offset(message.at) }));
}

/** Three lifelines: the agent's phone, Ringbridge, the other phone; an arrow for each message. */
export function ladder(list, width) {
  const times = 74;
  const lanes = { agent: times + 60, server: times + (width - times) / 2, customer: width - 60 };
  const height = HEAD + list.length * ROW + 14;
  const lane = (x, name) => [svg("line", { x1: x, x2: x, y1: HEAD - 8, y2: height - 4, class: "lifeline" }), svg("text", { x, y: 18, class: "lane", "text-anchor": "middle" }, name)];
  const rows = list.map((message, index) => {
    const y = HEAD + index * ROW + 24;
    const ends = [lanes.server, message.leg === "agent" ? lanes.agent : lanes.customer];
    const [from, to] = message.dir === "out" ? ends : ends.reverse();
    const ahead = Math.sign(to - from);
    const kind = /^[3-6]\d\d /.test(message.what) ? "refusal" : /^[12]\d\d /.test(message.what) ? "answer" : "request";
    return svg("g", { class: `arrow ${kind}` },
      svg("text", { x: 0, y: y + 4, class: "label" }, message.offset),
      svg("line", { x1: from + ahead * 2, x2: to - ahead * 8, y1: y, y2: y }),
      svg("polygon", { points: `${to - ahead},${y} ${to - ahead * 10},${y - 5} ${to - ahead * 10},${y + 5}` }),
      svg("text", { x: (from + to) / 2, y: y - 6, "text-anchor": "middle" }, message.what + (message.sdp ? ` + ${words.sound}` : "")));
  });
  return picture(width, height, words.ladder, words.ladderDescription(list.length),
    ...lane(lanes.agent, words.lanes.agent), ...lane(lanes.server, words.lanes.server), ...lane(lanes.customer, words.lanes.customer), ...rows);
}

/** The stages one after the other, as long as they took; each with its name and time below. */
export function stageBar({ stages, now, width }) {
  if (stages.length === 0) return [];
  const moment = (text) => Date.parse(text ?? now ?? stages.at(-1).from);
  const begin = moment(stages[0].from);
  const all = Math.max(1, moment(stages.at(-1).to) - begin);
  // A stage of a moment stays visible, and the others give it the room.
  const least = 6;
  const lengths = stages.map((stage) => Math.max(least, (width * (moment(stage.to) - moment(stage.from))) / all));
  const shrink = width / lengths.reduce((sum, length) => sum + length, 0);
  let x = 0;
  const blocks = stages.map((stage, index) => {
    const length = lengths[index] * shrink;
    const text = `${words.stages[stage.stage]}: ${duration((moment(stage.to) - moment(stage.from)) / 1000)}`;
    const block = svg("g", {}, svg("title", {}, text), svg("rect", { x, y: 0, width: Math.max(1, length - 2), height: 16, rx: 3, class: `stage ${stage.stage}` }));
    x += length;
    return block;
  });
  const bar = picture(width, 16, words.stageTitle, stages.map((stage) => `${words.stages[stage.stage]} ${timeOfDay(stage.from)}`).join(", "), ...blocks);
  const list = document.createElement("ul");
  list.className = "stage-names";
  for (const stage of stages) {
    const sample = svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" });
    sample.append(svg("rect", { width: 12, height: 12, rx: 3, class: `stage ${stage.stage}` }));
    const item = document.createElement("li");
    const seconds = (moment(stage.to) - moment(stage.from)) / 1000;
    item.append(sample, ` ${words.stages[stage.stage]} `, Object.assign(document.createElement("span"), { className: "quiet timer", textContent: stage.to ? (seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds)) : words.goesOn }));
    list.append(item);
  }
  return [bar, list];
}
