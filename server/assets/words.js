// Every sentence that scripts say, in one place, by page. Server sentences are in src/web/words.rs, headings in templates.
// A part that is filled in is a function. Configuration Manager's are in words_config.js and words_crm.js.

export const common = {
  unreachable: "The server cannot be reached; trying again.",
  unreachableNow: "The server cannot be reached.",
  noReason: "The server gave no reason.",
};

/** The two legs of a call and the steps it goes through. */
export const leg = {
  agent: "Your phone",
  customer: "The number",
  notCalled: "was not called",
  states: { idle: "not called yet", calling: "calling …", ringing: "rings", answered: "connected", ended: "ended", failed: "failed" },
  steps: ["Your phone rings", "Calling the number", "Connected", "Ended"],
};

export const actions = {
  kinds: { record: "Record", auto_log: "Auto log", callback: "Callback" },
  log: "log",
  call: (id) => `call ${id}`,
  notTried: "not tried yet",
  course: (attempts, asked) => `tried ${attempts === 1 ? "once" : `${attempts} times`} · asked for ${asked}`,
  next: (at) => ` · next ${at}`,
  parkedAt: (at) => ` · parked ${at}`,
  mayExist: "It may exist: look for it in the CRM before you try again.",
  retry: "Try again",
  absent: "I looked, it is not there: try again",
  giveUp: "Give up",
  edit: "Edit",
  field: "Field",
  value: "Value",
  addField: "Add a field",
  saveAndRetry: "Save and try again",
  address: "Address",
  object: "ObjectType",
  fieldsHint: "Fields and their values. A field without a name is left out.",
  nothingParked: "Nothing is parked.",
  nothingWaits: "Nothing waits.",
};

const times = (attempts) => (attempts === 1 ? "once" : `${attempts} times`);

export const console = {
  status: { available: "available", busy: "busy", wrap_up: "wrap-up", on_break: "on break", working_offline: "working offline", logged_out: "logged out" },
  onCall: " · on a call",
  afterwards: (status, inWrapUp) => `You will be ${status} when this ${inWrapUp ? "wrap-up" : "call"} ends.`,
  title: (call, me) => {
    const now = { ringing_agent: "Your phone rings", ringing_customer: "Rings", connected: "Talking", wrap_up: "Wrap-up" }[call?.state];
    if (call && !me) return now ? `${now} · ${call.number}` : `${call.number} · over`;
    return now ? `${now} · ${call.number}` : console.status[me.status].replace(/^./, (letter) => letter.toUpperCase());
  },
  lost: (at) => `No connection since ${at}: what you see here is from then. Calls go on at the server; this page comes back by itself.`,
  polling: "The server takes no more live windows of yours, so this one looks every few seconds. Close some windows to have it live again.",
  dismiss: "Dismiss",
  // Dialling
  willDial: (number, extension) => (number ? `Will call ${number}${extension ? `, then send the extension ${extension}` : ""}.` : ""),
  notPlaced: "No answer came, so it is not known whether the call was placed. Press Call again: it is not placed twice.",
  telAsked: "Your browser may ask you to allow it. To take it back, open your browser’s settings for protocol handlers.",
  telRefused: "This browser does not let a page do that.",
  // Last calls
  redial: "Redial",
  redialOf: (number) => `Redial ${number}`,
  trace: "Trace",
  traceOf: (number) => `Trace of the call to ${number}`,
  sameClick: "This number was called a moment ago, so this counted as the same click and nothing was dialled. Try again in some seconds.",
  recordFailed: (why) => `The record was not created: ${why}`,
  recordMade: "Record created",
  // Wrap-up
  findCode: "Find a code",
  found: (count, first) => (count ? `${count === 1 ? "1 code" : `${count} codes`}; Enter picks “${first}”.` : "No code has these words."),
  listRule: (multiple, required) => `${multiple ? "any number" : "one"}${required ? ", required" : ""}`,
  picked: "Picked codes, in this order",
  removeCode: (list, code) => `Remove ${list}: ${code}`,
  notes: "Notes",
  notesCount: (bytes, most) => `${bytes.toLocaleString("en")} of ${most.toLocaleString("en")} bytes`,
  notesTooLong: "the notes are too long; shorten them.",
  missing: (lists) => `Before you finish: pick a code of ${lists.map((list) => `“${list}”`).join(" and ")}.`,
  saving: "Saving …",
  saved: "Saved",
  notSaved: (why) => `Not saved: ${why}`,
  keptHere: "Not saved: no connection. It is kept here and sent when the connection is back.",
  tooLate: (number) => `The wrap-up of ${number} was over before this could be saved:`,
  timeLeft: "Time left for wrap-up",
  left: (time) => `${time} left`,
  held: "Time is over; pick the required code.",
  moreTime: "More time",
  finish: "Finish",
  finishKey: "Ctrl Enter",
  // Phones
  phoneFixed: (address) => `At the fixed address ${address}.`,
  phoneAway: (name) => `“${name}” is not registered, so it cannot ring. Start the phone, and check that it logs in as “${name}” at this server.`,
  phoneHere: (name, address, agent, until) => `“${name}” is registered at ${address}${agent ? ` (${agent})` : ""}${until ? ` until ${until}` : ""}.`,
  noPhone: "No phone is set up for you. Ask your administrator.",
  noTestNow: "Your phone can be tested when you are not in a call.",
};

export const call = {
  none: "No call. Click a number in your CRM, or dial one here.",
  cancel: "Cancel",
  hangUp: "Hang up",
  ringing: (time) => `Rings for ${time}`,
  talking: (time) => `Talking for ${time}`,
  lasted: (time) => `Talked for ${time}`,
  dialled: "Dialled as",
  extension: "Extension",
  extensionWaits: (extension) => `${extension}, sent after the answer`,
  extensionResult: (extension, sent) => (sent ? `${extension}, sent` : `${extension} could not be sent: press it on your phone`),
  callerId: "Caller ID",
  queue: "Queue",
  dialPlan: "Dial plan",
  record: "Record",
  recordMade: (id) => `created${id ? ` (${id})` : ""}`,
  recordFailed: (why) => `not created: ${why}`,
  recordWaits: "is being created",
  callback: "Callback",
  callbacks: {
    pending: (attempts) => (attempts ? `not taken yet, tried ${times(attempts)}; it is tried again` : "is being sent"),
    delivered: () => "delivered",
    parked: (attempts) => `not taken, tried ${times(attempts)}; your administrator can send it again`,
  },
  // What to do, by the reason why a call ended.
  advice: {
    agent_no_answer: "Pick your phone up when it rings, then call again.",
    agent_busy: "End the other call on your phone, or switch “do not disturb” off, then call again.",
    agent_rejected: "Your phone declined it: look whether “do not disturb” or a forwarding is on, then call again.",
    agent_unreachable: "Start your phone and see that it is registered; the console shows where. Then call again.",
    customer_busy: "Call again later.",
    customer_no_answer: "Call again later.",
    customer_rejected: "They declined it, or their network did. Call again later if it matters.",
    customer_not_found: "Check the number for a missing or doubled digit.",
    customer_unreachable: "Their phone or network is off at the moment. Call again later.",
    customer_failed: "Call again. If it stays so, tell your administrator; the trace shows what the network answered.",
    media_failed: "Call again. If it stays so, tell your administrator: the phones share no audio codec.",
    leg_lost: "Check the network of your phone, then call again.",
    too_long: "Call again to go on talking.",
    interrupted: "Call again.",
  },
};

export const team = {};

export const trace = {};

export const links = {
  nothing: "Fill in a number, or paste a link.",
  calls: "This link calls",
  template: "This is a template: the CRM fills in the number.",
  refused: "A click on this link would be refused.",
  unwritable: "This cannot be written as a link; mend what is marked in the form.",
  notRead: "The server gave no answer; the form is as you left it.",
  wrong: "Error:",
  note: "Note:",
  placeIn: (parameter) => `The place in ${parameter}`,
  hereEnds: "⟵ here",
  number: "Number",
  extension: "Extension",
  plan: "Dial plan",
  noPlan: "none",
  rule: (number) => `Rule ${number}`,
  steps: { no_match: "does not match", rewritten: "matches", passed: "matches, passed on", refused: "matches, refused" },
  rendered: "ctl_userdata after the call, with sample values",
  pairName: (number) => `Name of pair ${number}`,
  pairValue: (number) => `Value of pair ${number}`,
  removePair: (name) => `Remove pair ${name}`,
  remove: "Remove",
  taken: "The link stands in the form below.",
  copied: "Copied.",
  copyYourself: "The browser did not allow it; the text is selected: copy it with your keyboard.",
  samplePhone: "(650) 292-8880",
  sampleId: "001D000000IqhSL",
  sampleText: (name) => `Sample ${name.split(".").pop()}`,
};
