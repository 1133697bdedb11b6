// Every sentence that scripts say, in one place, by page. Server sentences are in src/web/words.rs, headings in templates.
// A part that is filled in is a function. Configuration Manager's are in words_config.js and words_crm.js.

export const common = {
  unreachable: "The server cannot be reached; trying again.",
  unreachableNow: "The server cannot be reached.",
  noReason: "The server gave no reason.",
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

export const console = {};

export const call = {};

export const team = {};

export const trace = {};

export const links = {};
