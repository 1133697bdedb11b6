// Every sentence that scripts say, in one place, by page. Server sentences are in src/web/words.rs, headings in templates.
// A part that is filled in is a function.

export const common = {
  unreachable: "The server cannot be reached; trying again.",
  noReason: "The server gave no reason.",
};

export const console = {};

export const call = {};

export const config = {};

export const team = {};

export const trace = {};

export const links = {};
