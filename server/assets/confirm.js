// A confirmation: the button wakes after half a second, so that a page laid over it cannot steal the click, and works once.
const form = document.querySelector("form[data-confirm]");
const button = form.querySelector("button");
button.disabled = true;
setTimeout(() => { button.disabled = false; button.focus(); }, 500);
form.addEventListener("submit", () => setTimeout(() => { button.disabled = true; }, 0));
